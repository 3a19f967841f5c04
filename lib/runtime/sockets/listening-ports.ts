import { readFileSync } from 'node:fs';
import { readListeners } from './listen-table.ts';

/** Milliseconds after which the tables are read in any case: one socket that was closed as another was opened changes no count. */
const oldest = 20;

/**
 * Every port that is listened on, on any address. The end of the listeners in a table is found only by walking the kernel's whole hash
 * of connections, which takes a millisecond; but the kernel counts its sockets, and while the count is the same there is no new
 * one: that is read in some ten microseconds.
 */
export const createListeningPorts = (): (() => ReadonlySet<number>) => {
  let ports: ReadonlySet<number> = new Set();
  let count: string | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    const newCount = readCount();
    if (newCount !== null && newCount === count && now - readAt < oldest) return ports;
    // Counted before it is read: what is opened in between is in the count of the next look, and that differs.
    count = newCount;
    readAt = now;
    ports = readPorts();
    return ports;
  };
};

const readPorts = (): ReadonlySet<number> => {
  const ports = new Set<number>();
  for (const family of [4, 6] as const) for (const { port } of readListeners(family)) ports.add(port);
  return ports;
};

/** Null: this kernel does not tell. */
const readCount = (): string | null => {
  try {
    const [four] = /^TCP: inuse \d+/m.exec(readFileSync('/proc/net/sockstat', 'latin1')) ?? [];
    return four === undefined ? null : `${four} ${readCount6()}`;
  } catch {
    return null;
  }
};

const readCount6 = (): string => {
  try {
    return /^TCP6: inuse \d+/m.exec(readFileSync('/proc/net/sockstat6', 'latin1'))?.[0] ?? '';
  } catch {
    // A machine without IPv6.
    return '';
  }
};
