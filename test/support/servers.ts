import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Servers on free ports that answer as the worst services do. Each counts its connections and takes all of them down with it. */
export type TestServer = {
  readonly port: number;
  /** Connections that came in so far. */
  total(): number;
  /** The most that the clients had open at once. */
  mostAtOnce(): number;
  /** Resolves when the first connection has come. */
  connected(): Promise<void>;
  /** Resolves when no connection is open. */
  allClosed(): Promise<void>;
  close(): Promise<void>;
};

export type ServerKeeper = {
  /** Gives it back. */
  keep(server: TestServer): TestServer;
  closeAll(): Promise<void>;
};

/** What a test has started, so that none of it is left behind it. */
export const createServerKeeper = (): ServerKeeper => {
  const servers: TestServer[] = [];
  return {
    keep: (server) => {
      servers.push(server);
      return server;
    },
    closeAll: async () => {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
};

type Where = { readonly host?: string; readonly port?: number };

const countConnections = async (server: Server, { host = '127.0.0.1', port = 0 }: Where): Promise<TestServer> => {
  const open = new Set<Socket>();
  const waiting = new Set<() => void>();
  let total = 0;
  let onFirst: () => void = () => {};
  const first = new Promise<void>((settle) => {
    onFirst = settle;
  });
  let most = 1;
  const countOpen = (): void => {
    most = Math.max(most, [...open].filter(({ readableEnded }) => !readableEnded).length);
  };
  server.on('connection', (socket: Socket) => {
    total += 1;
    onFirst();
    open.add(socket);
    // Where this process was held up, the ends of those before are heard only after all beginnings.
    setImmediate(() => setImmediate(countOpen));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0) for (const settle of waiting) settle();
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    total: () => total,
    connected: () => first,
    mostAtOnce: () => most,
    allClosed: () => (open.size === 0 ? Promise.resolve() : new Promise((settle) => waiting.add(settle))),
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** A server of raw bytes: what `talk` does with each connection. */
export const startRaw = (talk: (socket: Socket) => void, where: Where = {}): Promise<TestServer> => {
  const server = createServer((socket) => {
    // Without reading, the end of the other side is never seen.
    socket.resume();
    talk(socket);
  });
  return countConnections(server, where);
};

/** An HTTP server. */
export const startHttp = (answer: http.RequestListener, where: Where = {}): Promise<TestServer> =>
  countConnections(http.createServer(answer), where);

const whileOpen = (socket: Socket, every: number, act: () => void): void => {
  const timer = setInterval(act, every);
  socket.once('close', () => clearInterval(timer));
};

const okHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';

/** Ways of answering an HTTP request, by what a check has to bear. */
export const misbehaviours = {
  acceptsAndIsSilent: (socket: Socket): void => {
    socket.resume();
  },
  dripsHeaders: (socket: Socket): void => {
    socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
    whileOpen(socket, 20, () => socket.write('x'));
  },
  dripsBody: (socket: Socket): void => {
    socket.write(`${okHead}\r\n`);
    whileOpen(socket, 20, () => socket.write('x'));
  },
  endlessBody: (socket: Socket): void => {
    socket.write(`${okHead}\r\n`);
    const block = 'x'.repeat(65_536);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', pour);
    pour();
  },
  neverCloses: (socket: Socket): void => {
    socket.write(`${okHead}Content-Length: 100000\r\n\r\nhealthy`);
  },
  hugeHeaders: (socket: Socket): void => {
    socket.write(`${okHead}X-Huge: ${'h'.repeat(1_000_000)}\r\n\r\n`);
  },
  oldProtocol: (socket: Socket): void => {
    socket.end('<html>hello from 1991</html>');
  },
  resets: (socket: Socket): void => {
    socket.once('data', () => socket.resetAndDestroy());
  },
  closesAtOnce: (socket: Socket): void => {
    socket.end();
  },
} as const;
