import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceSnapshot } from '../../lib/domain/snapshot.ts';
import { readPage } from '../../lib/interfaces/http/page.ts';
import { afterEveryTest } from './after-each.ts';
import { aServiceSnapshot } from './snapshots.ts';

type Answers = Readonly<Record<string, unknown>>;

export type ServedPage = {
  /** With a code: the page is let in. */
  readonly url: string;
  /** An event to whoever listens. */
  readonly tell: (type: string, data: unknown) => void;
  /** Lines of logs to whoever follows them. */
  readonly print: (lines: object) => void;
  /** Other answers from now on, by path below `/api/v1/`. */
  readonly answer: (answers: Answers) => void;
  /** What was posted, oldest first: `services/api/stop`. */
  readonly posted: readonly string[];
  /** As a supervisor that is killed: every connection is cut, and there is no other one. Done after each test. */
  readonly die: () => Promise<void>;
};

const cleanUps: (() => Promise<void>)[] = [];
afterEveryTest(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const aStackAnswer = (services: readonly ServiceSnapshot[], more: object = {}): object => ({
  name: 'shop',
  environment: 'development',
  root: '/shop',
  file: '/shop/services.yaml',
  version: '0.0.0',
  pid: 1,
  elapsed: 60_000,
  booting: false,
  settled: true,
  verdict: 'up',
  services,
  ...more,
});

const usual = (stack: object, services: readonly ServiceSnapshot[]): Answers => ({
  session: { token: 'token' },
  stack,
  graph: {
    services: services.map(({ name, label, type, optional }) => ({ name, label, type, optional, depth: 0, dependents: [] })),
    edges: [],
  },
  usage: { services: [] },
  boot: { booting: false, run: null, startedAt: null, elapsed: 0, outcome: null, services: [] },
  plan: { total: null, critical: [], services: [] },
  ports: { ports: [] },
  orphans: { orphans: [] },
});

/** The page as it is built, over a make-believe supervisor: for what would take hundreds of processes, or a failure at will. */
export const servePage = async (services: readonly ServiceSnapshot[], more: object = {}): Promise<ServedPage> => {
  const page = readPage();
  if (!page.ok) throw new Error(page.reason);
  const stack = aStackAnswer(services, more);
  let answers = usual(stack, services);
  const posted: string[] = [];
  const streams = { events: new Set<ServerResponse>(), 'logs/stream': new Set<ServerResponse>() };
  const send = (response: ServerResponse, type: string, data: unknown): void =>
    void response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  const follow = (path: keyof typeof streams, response: ServerResponse): void => {
    streams[path].add(response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => streams[path].delete(response));
    if (path === 'events') send(response, 'stack', answers['stack']);
    else send(response, 'live', {});
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = page.files.get(pathname);
    if (file !== undefined) {
      response.setHeader('content-type', file.type).end(file.bytes);
      return;
    }
    const path = pathname.replace('/api/v1/', '');
    if (path === 'events' || path === 'logs/stream') {
      follow(path, response);
      return;
    }
    if (request.method === 'POST' && path !== 'session') posted.push(path);
    const known = path in answers || request.method === 'POST';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? (answers[path] ?? {}) : { error: { code: 'not-found', message: 'no', hint: null } }));
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const die = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  cleanUps.push(die);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/#t=code`,
    tell: (type, data) => {
      for (const response of streams.events) send(response, type, data);
    },
    print: (lines) => {
      for (const response of streams['logs/stream']) send(response, 'lines', lines);
    },
    answer: (others) => {
      answers = { ...answers, ...others };
    },
    posted,
    die,
  };
};

/** So many that are ready, with names like `service-7`. */
export const manyServices = (count: number, state: ServiceSnapshot['state'] = 'ready', name = 'service'): ServiceSnapshot[] =>
  Array.from({ length: count }, (_, index) => aServiceSnapshot(`${name}-${index + 1}`, state));
