import { createServer, type Socket } from 'node:net';
import { socketPath } from '../../runtime/runtime-dir.ts';
import type { StackControl } from '../control.ts';
import { readVersion } from '../version.ts';
import { type Limits, usualLimits } from './client-limits.ts';
import { type Client, greetClient } from './greet.ts';
import { listenPrivately, type PrivateListener } from './private-socket.ts';
import { socketName } from './protocol.ts';

export type ServeOptions = {
  /** The project's runtime folder, from `runtimeDir`. Whoever serves in it holds the project's lock. */
  readonly folder: string;
  readonly control: StackControl;
  /** One clause: the stack runs on all the same. */
  readonly onProblem: (problem: string) => void;
  readonly version?: string;
  readonly limits?: Partial<Limits>;
  /** Goes on with a client that speaks HTTP, which is loaded for the first of them; absent: it is not spoken here. */
  readonly takeHttp?: (socket: Socket) => Promise<void>;
};

export type ControlServer = {
  /**
   * Takes the socket away, and lets everybody have the answers to what they asked for. Whoever asked for the end of the
   * stack is told its result, and is kept until `hangUp`, so that they know when it is over.
   */
  close(): Promise<void>;
  /** After `close`, when the lock is free for the next supervisor. Resolves when the process may end: everybody has what was said. */
  hangUp(): Promise<void>;
};

/** A silent client has to give way to another one after this long, when all places are taken. */
const briefSilence = 250;

/** Lets others of the same user control the stack through a socket in the runtime folder. Never rejects. */
export const serveControl = async (options: ServeOptions): Promise<ControlServer> => {
  const { folder, control, onProblem, takeHttp = null, version = readVersion() } = options;
  const limits = { ...usualLimits, ...options.limits };
  const clients = new Set<Client>();

  const welcome = (socket: Socket): void => {
    const client = greetClient({ socket, control, version, limits, onProblem, takeHttp, onGone: () => clients.delete(client) });
    clients.add(client);
    if (clients.size <= limits.clients) return;
    const [silent] = [...clients].filter(({ hasSpoken, since }) => !hasSpoken() && performance.now() - since >= briefSilence);
    const leaving = silent ?? client;
    clients.delete(leaving);
    leaving.refuse('busy', `${limits.clients} clients are connected already`);
  };

  const path = socketPath(folder, socketName);
  if (!path.ok) onProblem(`this stack cannot be controlled from elsewhere: ${path.reason}`);
  const listener: PrivateListener | null = path.ok
    ? await listenPrivately({ path: path.path, createServer: () => createServer(welcome), onProblem })
    : null;

  return {
    close: async () => {
      await listener?.close();
      await Promise.all([...clients].map((each) => each.finish()));
    },
    hangUp: async () => {
      await Promise.all([...clients].map((each) => each.hangUp()));
    },
  };
};
