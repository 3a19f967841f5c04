import { createServer } from 'node:net';

/** What a bind on exactly this address says. `taken`: EADDRINUSE. Other errors (no such address, a port that needs rights) are the service's to tell. */
export type BindResult =
  | { readonly kind: 'free'; readonly port: number }
  | { readonly kind: 'taken' }
  | { readonly kind: 'error'; readonly code: string };

// Two tries of one port at a time would find each other there.
const queues = new Map<number, Promise<unknown>>();

/** Port 0 asks the system for any free one. The socket is closed again before this resolves. */
export const tryBind = (port: number, host: string): Promise<BindResult> => {
  if (port === 0) return bindOnce(port, host);
  const result = (queues.get(port) ?? Promise.resolve()).then(() => bindOnce(port, host));
  const settled = result.finally(() => {
    if (queues.get(port) === settled) queues.delete(port);
  });
  queues.set(port, settled);
  return result;
};

const bindOnce = (port: number, host: string): Promise<BindResult> =>
  new Promise((resolve) => {
    const server = createServer((connection) => {
      connection.destroy();
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? { kind: 'taken' } : { kind: 'error', code: error.code ?? 'UNKNOWN' });
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      // Closed in this very call; what comes later is only the news of it.
      server.close();
      resolve({ kind: 'free', port: bound });
    });
  });
