import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';

export type PrivateSocketOptions = {
  /** In a folder that is its user's alone. */
  readonly path: string;
  readonly createServer: () => Server;
  /** One clause. */
  readonly onProblem: (problem: string) => void;
};

export type PrivateListener = { close(): Promise<void> };

/** How often it is looked whether the socket is still there: somebody who deletes it must not make the stack unreachable. */
const lookEvery = 500;

/**
 * Listens on a socket with mode 0600, and makes it anew when somebody deletes it. What an earlier supervisor left in its place
 * is replaced: whoever calls holds the project's lock. It is made under another name and renamed, so that at no moment there is
 * one that is open to others, or none; and because a server that is closed removes whatever has the name that it was made under.
 */
export const listenPrivately = async ({ path, createServer, onProblem }: PrivateSocketOptions): Promise<PrivateListener> => {
  let current: { readonly server: Server; readonly inode: bigint } | null = null;
  let told: string | null = null;
  let isClosed = false;
  let isMaking = false;

  const tell = (problem: string): void => {
    if (problem !== told) onProblem(problem);
    told = problem;
  };

  const make = async (): Promise<void> => {
    isMaking = true;
    const draft = join(dirname(path), `c.${process.pid}`);
    const server = createServer();
    try {
      // The folder may have gone with the socket.
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(draft, { force: true });
      await listen(server, draft);
      chmodSync(draft, 0o600);
      const inode = readInode(draft);
      if (isClosed || inode === null) throw new Error('it was taken away');
      renameSync(draft, path);
      current?.server.close();
      current = { server, inode };
      server.unref();
      server.on('error', (error) => tell(`the control socket has a problem: ${error.message}`));
      told = null;
    } catch (error) {
      server.close();
      if (!isClosed)
        tell(`this stack cannot be controlled from elsewhere, its socket ${path} cannot be made (${toReason(error)})`);
    } finally {
      isMaking = false;
    }
  };

  const look = (): void => {
    const present = readInode(path);
    if (present === null && !isMaking) void make();
    // Only its own lock's owner puts something here: that would be another supervisor, whose socket is not ours to take.
    else if (present !== null && current !== null && present !== current.inode)
      tell(`${path} was replaced by somebody else; remove it`);
  };

  await make();
  const timer = setInterval(look, lookEvery);
  timer.unref();

  return {
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      if (current === null) return;
      if (readInode(path) === current.inode) rmSync(path, { force: true });
      // Its clients are not waited for.
      current.server.close();
    },
  };
};

/** The name is bound before this returns, while the mask holds: until then nobody could have connected. */
const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o077);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });

/** Null: there is nothing of that name, as far as we can see. */
const readInode = (path: string): bigint | null => {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
  } catch {
    // A folder on the way was closed or replaced: making the socket says what is wrong with it.
    return null;
  }
};

const toReason = (error: unknown): string =>
  error instanceof Error ? (('code' in error ? String(error.code) : null) ?? error.message) : String(error);
