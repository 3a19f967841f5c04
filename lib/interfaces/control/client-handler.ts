import type { Socket } from 'node:net';
import type { StackControl } from '../control.ts';
import { hangUpOn, type Limits, letGo, orAfter, type Talk, untilClosed } from './client-limits.ts';
import { createLineCutter } from './lines.ts';
import {
  type Call,
  type ErrorCode,
  isForEveryVersion,
  longestRequest,
  parseRequest,
  type Request,
  type Response,
  tellVersions,
} from './protocol.ts';

/** Requests of one client at a time. */
const mostAtOnce = 64;

export type FrameOptions = {
  readonly socket: Socket;
  readonly control: StackControl;
  /** Of this muster. */
  readonly version: string;
  readonly limits: Limits;
  /** One clause about a client that was let go of. */
  readonly onProblem: (problem: string) => void;
};

/** One client that speaks in frames: reads its requests, lets the control answer them, and keeps it within its limits. */
export const handleFrames = (options: FrameOptions): Talk => {
  const { socket, control, version, limits, onProblem } = options;
  const streams = new Map<number, AbortController>();
  const open = new Map<number, Promise<void>>();
  let isOver = false;
  let awaitsEnd = false;

  const write = (response: Response): void => {
    if (socket.writable) socket.write(`${JSON.stringify(response)}\n`);
  };

  /** What it has not read yet is bounded; an answer may be of any size, so the look comes before it. */
  const send = (response: Response): void => {
    if (isOver) return;
    if (awaitsEnd || socket.writableLength <= limits.unread) {
      write(response);
      return;
    }
    onProblem(
      `a client of the control socket does not read what it asked for; it was let go of, with ${socket.writableLength} bytes unread`,
    );
    refuse('limit', 'you did not read what you asked for; what came after this was dropped');
  };

  const endStreams = (): void => {
    for (const stream of streams.values()) stream.abort();
    streams.clear();
  };

  const refuse = (code: ErrorCode, message: string): void => {
    if (isOver) return;
    isOver = true;
    endStreams();
    write({ id: null, error: { code, message } });
    letGo(socket, limits.farewell);
  };

  const follow = async (id: number, fromStart: boolean): Promise<void> => {
    const stream = new AbortController();
    streams.set(id, stream);
    for await (const event of control.events(stream.signal, { fromStart })) {
      // It is kept for its result; what it may miss is how that came about.
      if (awaitsEnd && socket.writableLength > limits.unread) break;
      send({ id, event });
    }
    streams.delete(id);
    send({ id, end: true });
  };

  const reply = async ({ id, v, call }: Request): Promise<void> => {
    if (v !== version && !isForEveryVersion(call)) {
      send({ id, error: { code: 'version', message: tellVersions(version, v), version } });
      return;
    }
    if (call.method === 'events') await follow(id, call.fromStart);
    else send({ id, result: await carryOut(call) });
  };

  const carryOut = async (call: Exclude<Call, { method: 'events' }>): Promise<unknown> => {
    switch (call.method) {
      case 'hello':
        return { version, pid: process.pid };
      case 'snapshot':
        return control.snapshot();
      case 'start':
        return control.start(call.names);
      case 'stop':
        return control.stop(call.names, call.choice);
      case 'restart':
        return control.restart(call.names);
      case 'down':
        awaitsEnd = true;
        return control.down();
      case 'hurry':
        await control.hurry(call.level);
        return null;
      case 'why':
        return control.why(call.name);
      case 'apply':
        return control.apply(call.request);
      case 'preview':
        return control.preview(call.request);
      case 'boot':
        return control.boot();
      case 'agree':
        await control.agree(call.holders);
        return null;
      case 'usage':
        return control.usage();
      case 'dashboard':
        return control.dashboard(call.request);
      case 'cancel':
        streams.get(call.stream)?.abort();
        return null;
    }
  };

  const onLine = (line: string): void => {
    if (isOver) return;
    const parsed = parseRequest(line);
    if (!parsed.ok) {
      if (parsed.id === null) refuse(parsed.error.code, parsed.error.message);
      else send(parsed);
      return;
    }
    const { id } = parsed.request;
    if (open.has(id)) send({ id, error: { code: 'bad-request', message: `request ${id} is not answered yet` } });
    else if (open.size >= mostAtOnce)
      send({ id, error: { code: 'busy', message: `${mostAtOnce} requests are not answered yet` } });
    else open.set(id, answer(parsed.request));
  };

  const answer = async (request: Request): Promise<void> => {
    try {
      await reply(request);
    } catch (error) {
      // A bug of ours: whoever asked is told, and the stack goes on.
      const message = error instanceof Error ? error.message : String(error);
      onProblem(`the control socket could not answer "${request.call.method}": ${message}`);
      send({ id: request.id, error: { code: 'internal', message } });
    } finally {
      open.delete(request.id);
    }
  };

  const cutter = createLineCutter(longestRequest, onLine);
  socket.on('data', (bytes) => {
    if (!isOver && !cutter.add(bytes)) refuse('limit', `a request is longer than ${longestRequest} bytes`);
  });
  socket.once('close', () => {
    isOver = true;
    endStreams();
  });

  return {
    refuse,
    finish: async () => {
      endStreams();
      await orAfter(Promise.allSettled([...open.values()]), limits.farewell);
      if (socket.destroyed) return;
      if (awaitsEnd) {
        socket.unref();
        return;
      }
      isOver = true;
      const closed = untilClosed(socket, limits.farewell);
      letGo(socket, limits.farewell);
      await closed;
    },
    hangUp: () => hangUpOn(socket, limits),
  };
};
