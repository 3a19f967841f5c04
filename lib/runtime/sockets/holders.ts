import type { PortHolder } from '../../domain/process.ts';
import { userName } from '../processes/describe.ts';
import { listPids } from '../processes/proc-table.ts';
import type { ProcessTable } from '../processes/table.ts';
import type { Processes } from '../processes.ts';
import type { Listener } from './listen-table.ts';
import { findAmong } from './socket-owners.ts';

/** Scans of descriptors give the event loop a turn this often, in milliseconds: a check of readiness beside them takes several turns. */
const slice = 1;

/** What is known of those who hold a port. */
export type Owners = { readonly table: ProcessTable; readonly processes: Pick<Processes, 'markerOf'> };

/**
 * Who holds each of these ports: one holder for each process that listens there, whether at one address or at several, the oldest
 * first; without one that we may see, the user alone.
 */
export const findHoldersOf = async (owned: Owners, listeners: readonly Listener[]): Promise<readonly PortHolder[]> => {
  if (listeners.length === 0) return [];
  const inodes = new Set(listeners.map(({ inode }) => inode));
  const owners = new Map<string, Set<number>>();
  let since = performance.now();
  for (const pid of listPids()) {
    for (const [inode] of findAmong(pid, inodes)) owners.set(inode, (owners.get(inode) ?? new Set()).add(pid));
    if (performance.now() - since > slice) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      since = performance.now();
    }
  }
  return listeners.flatMap((listener) => toHolders(owned, listener, [...(owners.get(listener.inode) ?? [])])).filter(isFirst);
};

const isFirst = ({ port, process: known }: PortHolder, index: number, all: readonly PortHolder[]): boolean =>
  known === null || all.findIndex((other) => other.port === port && other.process?.pid === known.pid) === index;

export const toHolders = ({ table, processes }: Owners, listener: Listener, pids: readonly number[]): readonly PortHolder[] => {
  const stats = pids.map((pid) => table.read(pid)).filter((stat) => stat !== null);
  const holders = stats
    .sort((a, b) => a.start - b.start || a.pid - b.pid)
    .map((stat): PortHolder => {
      const { command, uid, user, since } = table.describe(stat);
      const identity = { pid: stat.pid, startTime: String(stat.start), bootId: table.bootId };
      const { port, address } = listener;
      return { port, address: address.text, process: identity, uid, user, command, since, marker: processes.markerOf(stat) };
    });
  return holders.length > 0 ? holders : [toInvisible(listener)];
};

const toInvisible = ({ port, address, uid }: Listener): PortHolder => ({
  port,
  address: address.text,
  process: null,
  uid,
  user: userName(uid),
  command: null,
  since: null,
  marker: null,
});
