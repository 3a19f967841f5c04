import { createServer, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bind } from './bind.ts';
import { createHandler, type StaticFiles } from './handler.ts';
import type { RouteContext } from './route.ts';
import { farewell, refuseClient } from './send.ts';

/** Milliseconds and bytes; tests make them smaller. */
export type HttpLimits = {
  readonly connections: number;
  readonly headerTime: number;
  readonly requestTime: number;
  readonly headerSize: number;
  readonly bodySize: number;
  /** Of a client that does not read its events. */
  readonly unread: number;
  /** Of one that does not take what there was before. */
  readonly patience: number;
  readonly heartbeat: number;
};

export const usualLimits: HttpLimits = {
  connections: 64,
  headerTime: 5_000,
  requestTime: 30_000,
  headerSize: 16 * 1024,
  bodySize: 1024 * 1024,
  unread: 1024 * 1024,
  patience: 30_000,
  heartbeat: 10_000,
};

export type HttpOptions = {
  readonly context: RouteContext;
  readonly bind: Extract<Bind, { readonly ok: true }>;
  /** 0: any free one. */
  readonly port: number;
  readonly files: StaticFiles;
  /** One clause: a bug in one route, which the stack survives. */
  readonly onProblem: (problem: string) => void;
  readonly limits?: Partial<HttpLimits>;
};

export type HttpServer = {
  readonly port: number;
  /** `http://127.0.0.1:4400` */
  readonly origin: string;
  /** A code that can be swapped for a token, once, within a minute. */
  issueCode(): string;
  /** After the events have ended, so that those who hear them hear the last one. */
  close(): Promise<void>;
};

export type OpenedHttp = { readonly ok: true; readonly server: HttpServer } | { readonly ok: false; readonly reason: string };

/** Serves the API and the page, inside the supervisor, for as long as that lives. */
export const openHttp = async (options: HttpOptions): Promise<OpenedHttp> => {
  const limits = { ...usualLimits, ...options.limits };
  const { context, files, onProblem, bind } = options;
  let hosts: ReadonlySet<string> = new Set();
  const handler = createHandler({ context, files, hosts: () => hosts, limits, onProblem });
  const server = createServer(toServerOptions(limits), handler.handle);
  server.maxConnections = limits.connections;
  server.on('clientError', refuseClient);

  const problem = await listen(server, options.port, bind.address);
  if (problem !== null) return { ok: false, reason: problem };
  // From now on it may break without the stack breaking.
  server.on('error', (error) => onProblem(`the dashboard: ${error.message}`));
  const { port } = server.address() as AddressInfo;
  const named = bind.hosts(port);
  hosts = new Set(named);
  return {
    ok: true,
    server: {
      port,
      origin: `http://${named[0] ?? ''}`,
      issueCode: context.sessions.issueCode,
      close: async () => {
        handler.endStreams();
        await closeServer(server);
      },
    },
  };
};

export const toServerOptions = (limits: HttpLimits): ServerOptions => ({
  maxHeaderSize: limits.headerSize,
  headersTimeout: limits.headerTime,
  requestTimeout: limits.requestTime,
  connectionsCheckingInterval: Math.min(1_000, limits.headerTime),
  keepAliveTimeout: 5_000,
  // Ours says it in JSON, like everything else.
  requireHostHeader: false,
  insecureHTTPParser: false,
});

/** Null: it listens. */
const listen = (server: Server, port: number, host: string): Promise<string | null> =>
  new Promise((resolve) => {
    const onError = ({ code, message }: NodeJS.ErrnoException): void =>
      resolve(
        code === 'EADDRINUSE' ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port} (${code ?? message})`,
      );
    server.once('error', onError);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', onError);
      resolve(null);
    });
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), farewell);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
    server.closeIdleConnections();
  });
