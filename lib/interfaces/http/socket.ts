import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createHandler } from './handler.ts';
import type { RouteContext } from './route.ts';
import { refuseClient } from './send.ts';
import { type HttpLimits, toServerOptions, usualLimits } from './server.ts';

export type SocketHttpOptions = {
  readonly context: RouteContext;
  /** One clause. */
  readonly onProblem: (problem: string) => void;
  readonly limits?: Partial<HttpLimits>;
};

export type SocketHttp = {
  /** From here on it is HTTP that this client says and hears, one request. */
  take(socket: Socket): void;
  endStreams(): void;
};

/**
 * What programs write as Host when there is only a path. The rules about Host and Origin hold here, too: somebody may have put a
 * port of their own before the socket, and then any page could be on the other side.
 */
const hosts: ReadonlySet<string> = new Set(['localhost']);

/** The same routes as at a port, for clients that the control socket has let in. The page is not among them: no browser comes here. */
export const serveOnSocket = ({ context, onProblem, limits: given }: SocketHttpOptions): SocketHttp => {
  const limits = { ...usualLimits, ...given };
  const handler = createHandler({ context, files: new Map(), hosts: () => hosts, isOwner: true, limits, onProblem });
  const server = createServer(toServerOptions(limits));
  // Node's clock for slow clients runs only in a server that listens; with one request each, one of ours is enough.
  server.maxRequestsPerSocket = 1;
  server.on('clientError', refuseClient);
  const timers = new Map<Socket, NodeJS.Timeout>();

  const stop = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  const expect = (socket: Socket, within: number): void => {
    stop(socket);
    const late: NodeJS.ErrnoException = Object.assign(new Error('it is late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    timers.set(socket, setTimeout(() => refuseClient(late, socket), within).unref());
  };

  server.on('request', (request, response) => {
    // What is asked for without a body is all there.
    if (request.method === 'GET' || request.method === 'HEAD') stop(request.socket);
    else expect(request.socket, limits.requestTime);
    request.once('end', () => stop(request.socket));
    handler.handle(request, response);
  });
  return {
    take: (socket) => {
      expect(socket, limits.headerTime);
      socket.once('close', () => stop(socket));
      server.emit('connection', socket);
    },
    endStreams: handler.endStreams,
  };
};
