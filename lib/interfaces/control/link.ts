import { connect, type Socket } from 'node:net';
import type { ControlEvent, StackControl } from '../control.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { createLineCutter } from './lines.ts';
import type { ErrorCode, Method, ProtocolError } from './protocol.ts';

/** The supervisor vanished before it answered. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The supervisor answered with an error. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: ErrorCode;
  readonly version: string | null;
  constructor({ code, message, version }: ProtocolError) {
    super(message);
    this.code = code;
    this.version = version ?? null;
  }
}

/** Requests and answers over one connection. */
export type Link = {
  request(method: Method, params?: Readonly<Record<string, unknown>>): Promise<unknown>;
  readonly events: StackControl['events'];
  /** Resolves when the other side has hung up, or after `limit` milliseconds. */
  closed(limit: number): Promise<void>;
  close(): void;
};

export type OpenedLink = { readonly ok: true; readonly link: Link } | { readonly ok: false; readonly code: string };

type Pending = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

/** What may come in; all that is used of it is checked. */
type Incoming = {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: ProtocolError;
  readonly event?: ControlEvent;
  readonly end?: boolean;
};

export const openLink = (path: string, version: string): Promise<OpenedLink> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const onError = (error: NodeJS.ErrnoException): void => resolve({ ok: false, code: error.code ?? error.message });
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve({ ok: true, link: createLink(socket, version) });
    });
  });

const createLink = (socket: Socket, version: string): Link => {
  const pending = new Map<number, Pending>();
  const streams = new Map<number, EventQueue>();
  let lastId = 0;
  /** What it said before it hung up. */
  let farewell: ProtocolError | null = null;

  const send = (method: Method, params: Readonly<Record<string, unknown>>): number => {
    lastId += 1;
    if (socket.writable) socket.write(`${JSON.stringify({ id: lastId, v: version, method, params })}\n`);
    return lastId;
  };

  const request = (method: Method, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) reject(toLoss(farewell));
      else pending.set(send(method, params), { resolve, reject });
    });

  const receive = ({ id, result, error, event, end }: Incoming): void => {
    if (id === null || id === undefined) {
      farewell = error ?? null;
      return;
    }
    const stream = streams.get(id);
    if (stream !== undefined) {
      if (event !== undefined) stream.push(event);
      if (end === true || error !== undefined) {
        streams.delete(id);
        stream.end();
      }
      return;
    }
    const asked = pending.get(id);
    pending.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new RequestRefused(error));
  };

  const cutter = createLineCutter(Number.POSITIVE_INFINITY, (line) => receive(JSON.parse(line) as Incoming));
  socket.on('data', (bytes) => {
    try {
      cutter.add(bytes);
    } catch (error) {
      // Nobody who speaks our language is on the other side.
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  // 'close' follows, and says it to everybody who waits.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { reject } of pending.values()) reject(toLoss(farewell));
      pending.clear();
      const left = [...streams.values()];
      streams.clear();
      for (const stream of left) {
        if (farewell !== null) stream.push({ type: 'noticed', text: farewell.message, at: Date.now() });
        stream.end();
      }
      resolve();
    });
  });

  const events: Link['events'] = (signal, options = {}) => {
    const cancel = (): void => queue.end();
    const queue = createEventQueue(() => {
      signal.removeEventListener('abort', cancel);
      if (streams.delete(id)) send('cancel', { stream: id });
    });
    const id = send('events', options);
    streams.set(id, queue);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted || socket.destroyed) queue.end();
    return queue.events;
  };

  return {
    request,
    events,
    closed: async (limit) => {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([closed, patience]);
      clearTimeout(timer);
    },
    close: () => socket.destroy(),
  };
};

const toLoss = (farewell: ProtocolError | null): Error =>
  farewell === null ? new ConnectionLost('the supervisor is gone') : new RequestRefused(farewell);
