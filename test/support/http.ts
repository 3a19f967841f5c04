import { connect } from 'node:net';
import type { Stack } from '../../lib/domain/service.ts';
import type { Mask } from '../../lib/interfaces/cli/attach/mask.ts';
import { judgeAddress } from '../../lib/interfaces/http/bind.ts';
import type { StaticFiles } from '../../lib/interfaces/http/handler.ts';
import { type HttpLimits, type HttpServer, openHttp } from '../../lib/interfaces/http/server.ts';
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

export type HttpRig = SessionRig & {
  readonly server: HttpServer;
  readonly sources: HttpSources;
  readonly problems: readonly string[];
  /** A token that is good. */
  readonly token: string;
  /** With the token, as a program of the user asks. */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<HttpAnswer>;
  readonly get: <Data = Record<string, unknown>>(path: string) => Promise<Data>;
};

const page: StaticFiles = new Map([
  ['/', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html><title>muster</title>') }],
  ['/app.js', { type: 'text/javascript; charset=utf-8', bytes: Buffer.from('') }],
]);

const cleanUps: (() => Promise<void>)[] = [];

export type HttpRigOptions = {
  readonly scripts?: Readonly<Record<string, readonly Script[]>>;
  readonly limits?: Partial<HttpLimits>;
  readonly mask?: Mask;
  readonly sources?: Partial<HttpSources>;
};

/** The server over a make-believe stack. Closed after the test. */
export const serveHttp = async (stack: Stack, options: HttpRigOptions = {}): Promise<HttpRig> => {
  const rig = aSession(stack, options.scripts ?? {});
  const problems: string[] = [];
  const sources: HttpSources = {
    control: rig.control,
    stack: () => rig.session.stack,
    graph: () => rig.session.graph,
    history: rig.session.history,
    mask: () => options.mask ?? ((text) => text),
    project: 'test',
    machine: 'linux-x64-2',
    findHolders: async () => [],
    findMarked: async () => [],
    version: '0.0.0',
    wall: rig.session.wall,
    ...options.sources,
  };
  const bind = judgeAddress('127.0.0.1', false);
  if (!bind.ok) throw new Error(bind.reason);
  const opened = await openHttp({
    sources,
    bind,
    port: 0,
    files: page,
    onProblem: (problem) => problems.push(problem),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  if (!opened.ok) throw new Error(opened.reason);
  const { server } = opened;
  cleanUps.push(server.close);
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> => {
    const response = await fetch(`${server.origin}${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
  let token = '';
  token = (JSON.parse((await ask('POST', '/api/v1/session', { code: server.issueCode() })).body) as { token: string }).token;
  return {
    ...rig,
    server,
    sources,
    problems,
    token,
    ask,
    get: async <Data>(path: string) => {
      const { status, body } = await ask('GET', path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
      return JSON.parse(body) as Data;
    },
  };
};

/** Says exactly these bytes over a socket, and gives what comes back until the other side, or `isEnough`, ends it. */
export const sayRaw = (
  port: number,
  bytes: string | Buffer,
  isEnough: (text: string) => boolean = isComplete,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
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

/** Reads server-sent events as the page does: by fetch, with the token in a header. */
export const readEvents = async function* (response: Response): AsyncGenerator<SseEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
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
