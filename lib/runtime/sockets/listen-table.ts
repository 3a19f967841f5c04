import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Address, parseHexAddress } from './addresses.ts';

/** One line of `/proc/net/tcp` or `tcp6` in state LISTEN. Clients, and connections in TIME_WAIT, are other states. */
export type Listener = {
  readonly address: Address;
  readonly port: number;
  readonly uid: number;
  /** Number of the socket, as in the link `/proc/PID/fd/N -> socket:[inode]`. */
  readonly inode: string;
};

const listenState = '0A';

/** Null: the line is no socket (the heading). `other`: a socket that does not listen. */
export const parseListenLine = (line: string): Listener | 'other' | null => {
  const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
  const [hex, port] = (local ?? '').split(':');
  if (hex === undefined || port === undefined || inode === undefined || !/^[0-9A-F]+$/.test(hex)) return null;
  if (state !== listenState) return 'other';
  return { address: parseHexAddress(hex), port: Number.parseInt(port, 16), uid: Number(uid), inode };
};

const tables = { 4: '/proc/net/tcp', 6: '/proc/net/tcp6' } as const;

const record = 150;
const chunk = Buffer.allocUnsafe(4096);
/** How many listeners there were when the end of them was last seen. */
const counted = { 4: 0, 6: 0 };

/** A page while there are that many left; then one record at a time: to fill more, the kernel walks the whole hash of connections, which takes milliseconds. */
const nextLength = (left: number): number => (left * record > 2 * chunk.length ? chunk.length : record);

/**
 * The listeners of one family, one line at a time. The kernel lists them before all connections, so whoever stops at the
 * first match pays for a few lines only; the end of the listeners is found at the first connection.
 */
export function* readListeners(family: 4 | 6): Generator<Listener> {
  const fd = openTable(family);
  if (fd === null) return;
  try {
    let rest = '';
    for (let seen = 0; ; ) {
      const count = readSync(fd, chunk, 0, nextLength(counted[family] - seen), null);
      if (count === 0) {
        counted[family] = seen;
        return;
      }
      const lines = (rest + chunk.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const listener = parseListenLine(line);
        if (listener === 'other') {
          counted[family] = seen;
          return;
        }
        if (listener === null) continue;
        seen += 1;
        counted[family] = Math.max(counted[family], seen);
        yield listener;
      }
    }
  } finally {
    closeSync(fd);
  }
}

const openTable = (family: 4 | 6): number | null => {
  try {
    return openSync(tables[family], 'r');
  } catch {
    // A machine without IPv6 has no such table.
    return null;
  }
};

/** All listeners of both families, read at one go. */
export const readAllListeners = (): readonly Listener[] =>
  ([4, 6] as const)
    .flatMap((family) => readTable(family).split('\n'))
    .map(parseListenLine)
    .filter((line): line is Listener => line !== null && line !== 'other');

const readTable = (family: 4 | 6): string => {
  try {
    return readFileSync(tables[family], 'latin1');
  } catch {
    return '';
  }
};
