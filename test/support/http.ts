import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../lib/domain/service.ts';
import type { Mask } from '../../lib/interfaces/control/mask.ts';
import { serveControl } from '../../lib/interfaces/control/server.ts';
import type { StackControl } from '../../lib/interfaces/control.ts';
import { judgeAddress } from '../../lib/interfaces/http/bind.ts';
import { createEventHub } from '../../lib/interfaces/http/event-hub.ts';
import type { StaticFiles } from '../../lib/interfaces/http/handler.ts';
import type { RouteContext } from '../../lib/interfaces/http/route.ts';
import { type HttpLimits, openHttp } from '../../lib/interfaces/http/server.ts';
import { createSessions } from '../../lib/interfaces/http/sessions.ts';
import { serveOnSocket } from '../../lib/interfaces/http/socket.ts';
import type { HttpSources } from '../../lib/interfaces/http/sources.ts';
import { afterEveryTest } from './after-each.ts';
import type { Script } from './fake-runtime.ts';
import { aSession, type SessionRig } from './sessions.ts';

export type HttpAnswer = {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** The loopback port, or the control socket. */
export type DoorKind = 'port' | 'socket';

export type HttpRig = SessionRig & {
  readonly sources: HttpSources;
  readonly problems: readonly string[];
  readonly at: Address;
  /** As a client writes it. */
  readonly host: string;
  readonly issueCode: () => string;
  /** One that is good. */
  readonly token: string;
  /** As a program of the user asks: with the token, where one is needed. */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Headers) => Promise<HttpAnswer>;
  readonly get: <Data = Record<string, unknown>>(path: string) => Promise<Data>;
  /** An answer that goes on, until `signal` aborts. */
  readonly stream: (path: string, signal: AbortSignal, headers?: Headers) => Promise<IncomingMessage>;
  /** As its supervisor does at its end. Done after each test. */
  readonly close: () => Promise<void>;
};

/** A port of 127.0.0.1, or the path of a socket. */
export type Address = number | string;

type Headers = Readonly<Record<string, string>>;

const page: StaticFiles = new Map([
  ['/', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html><title>muster</title>') }],
  ['/app.js', { type: 'text/javascript; charset=utf-8', bytes: Buffer.from('') }],
]);

const cleanUps: (() => Promise<void>)[] = [];

export type HttpRigOptions = {
  readonly over?: DoorKind;
  readonly scripts?: Readonly<Record<string, readonly Script[]>>;
  readonly limits?: Partial<HttpLimits>;
  readonly mask?: Mask;
  readonly sources?: Partial<HttpSources>;
  readonly control?: (own: StackControl) => StackControl;
};

/** The server over a make-believe stack. Closed after the test. */
export const serveHttp = async (stack: Stack, options: HttpRigOptions = {}): Promise<HttpRig> => {
  const { over = 'port', limits = {} } = options;
  const rig = aSession(stack, options.scripts ?? {});
  const problems: string[] = [];
  const sources: HttpSources = {
    control: options.control?.(rig.control) ?? rig.control,
    stack: () => rig.session.stack,
    graph: () => rig.session.graph,
    history: rig.session.history,
    outcome: rig.session.outcome,
    mask: () => options.mask ?? ((text) => text),
    project: 'test',
    machine: 'linux-x64-2',
    findHolders: async () => [],
    findMarked: async () => [],
    variables: () => ({}),
    version: '0.0.0',
    wall: rig.session.wall,
    ...options.sources,
  };
  const hub = createEventHub(sources.control);
  const context: RouteContext = { sources, hub, sessions: createSessions(() => performance.now()) };
  const onProblem = (problem: string): void => void problems.push(problem);
  const open = { port: openPort, socket: openSocket }[over];
  const { at, host, close } = await open({ context, limits, onProblem });
  const whole = async (): Promise<void> => {
    await hub.close();
    await close();
  };
  cleanUps.push(whole);
  const { token } = redeem(context);
  const headersOf = (method: string, headers: Headers): Headers => ({
    host,
    ...(over === 'port' ? { authorization: `Bearer ${token}` } : {}),
    ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    ...headers,
  });
  const ask: HttpRig['ask'] = async (method, path, body, headers = {}) => {
    const response = await sendRequest(at, { method, path, headers: headersOf(method, headers) }, body);
    let text = '';
    for await (const piece of response.setEncoding('utf8')) text += piece;
    return { status: response.statusCode ?? 0, headers: response.headers as Headers, body: text };
  };
  return {
    ...rig,
    sources,
    problems,
    at,
    host,
    issueCode: context.sessions.issueCode,
    token,
    ask,
    get: async <Data>(path: string) => {
      const { status, body } = await ask('GET', path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
      return JSON.parse(body) as Data;
    },
    stream: (path, signal, headers = {}) => sendRequest(at, { path, signal, headers: headersOf('GET', headers) }),
    close: whole,
  };
};

type Open = (options: {
  readonly context: RouteContext;
  readonly limits: Partial<HttpLimits>;
  readonly onProblem: (problem: string) => void;
}) => Promise<{ readonly at: Address; readonly host: string; readonly close: () => Promise<void> }>;

const openPort: Open = async (options) => {
  const bind = judgeAddress('127.0.0.1', false);
  if (!bind.ok) throw new Error(bind.reason);
  const opened = await openHttp({ ...options, bind, port: 0, files: page });
  if (!opened.ok) throw new Error(opened.reason);
  const { port, close } = opened.server;
  return { at: port, host: `127.0.0.1:${port}`, close };
};

const openSocket: Open = async ({ context, limits, onProblem }) => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-control-'));
  const http = serveOnSocket({ context, limits, onProblem });
  const server = await serveControl({
    folder,
    control: context.sources.control,
    onProblem,
    limits: { farewell: 200, ...(limits.headerTime === undefined ? {} : { firstByte: limits.headerTime }) },
    takeHttp: async (socket) => http.take(socket),
  });
  return {
    at: join(folder, 'control.sock'),
    host: 'localhost',
    close: async () => {
      http.endStreams();
      await server.close();
      await server.hangUp();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const redeem = ({ sessions }: RouteContext): { readonly token: string } => {
  const redeemed = sessions.redeem(sessions.issueCode());
  if (!redeemed.ok) throw new Error(redeemed.why);
  return redeemed;
};

const sendRequest = (at: Address, options: RequestOptions, body?: unknown): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const where = typeof at === 'number' ? { host: '127.0.0.1', port: at } : { socketPath: at };
    request({ ...where, ...options, agent: false }, resolve)
      .once('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });

export const connectTo = (at: Address): Socket => (typeof at === 'number' ? connect(at, '127.0.0.1') : connect(at));

/** Says exactly these bytes over a socket, and gives what comes back until the other side, or `isEnough`, ends it. */
export const sayRaw = (
  at: Address,
  bytes: string | Buffer,
  isEnough: (text: string) => boolean = isComplete,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connectTo(at).once('connect', () => socket.write(bytes));
    socket.setTimeout(10_000, () => {
      socket.destroy();
      reject(new Error(`no answer to ${JSON.stringify(String(bytes).slice(0, 200))}; so far ${JSON.stringify(text)}`));
    });
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      if (isEnough(text)) socket.destroy();
    });
    // Reset after the answer, or instead of one: what counts is what came.
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(parseAnswer(text)));
  });

const isComplete = (text: string): boolean => {
  const { status, headers, body } = parseAnswer(text);
  if (status === 0 || !text.includes('\r\n\r\n')) return false;
  const length = headers['content-length'];
  return length === undefined ? headers['content-type']?.startsWith('text/event-stream') === true : body.length >= Number(length);
};

const parseAnswer = (text: string): HttpAnswer => {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  };
};

export type SseEvent = { readonly id: string | null; readonly event: string; readonly data: unknown };

/** Server-sent events, one after the other. */
export const readEvents = async function* (response: IncomingMessage): AsyncGenerator<SseEvent> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line): [string, string] => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 2)]),
      );
      if (!fields.has('event')) continue;
      yield { id: fields.get('id') ?? null, event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? 'null') };
    }
  }
};

const closeHttpServers = async (): Promise<void> => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
};

afterEveryTest(closeHttpServers);
