import type { Marker } from '../../domain/process.ts';
import type { RecordedProcess } from '../../domain/recorded.ts';
import type { ProcessRow, ProcessTable, Snapshot } from './table.ts';

/**
 * The table, in which what a service was recorded as stands for a marker that its environment does not have any more: redis, nginx
 * and PostgreSQL write their title over it, and `env -i` empties it. It has to be the very process (number, start, boot) that leads
 * its group, as what is spawned does.
 */
export const withRecorded = (table: ProcessTable, recorded: () => readonly RecordedProcess[]): ProcessTable => {
  const recognise = ({ identity, marker }: RecordedProcess): ProcessRow | null => {
    const { pid, startTime, bootId } = identity;
    const stat = bootId === table.bootId ? table.read(pid) : null;
    if (stat === null || String(stat.start) !== startTime || stat.group !== pid) return null;
    return table.readMarker(pid) === null ? { ...stat, marker } : null;
  };
  const readMarker = (pid: number): Marker | null => {
    const own = table.readMarker(pid);
    if (own !== null) return own;
    const known = recorded().find(({ identity }) => identity.pid === pid);
    return known === undefined ? null : (recognise(known)?.marker ?? null);
  };
  // Several that look at one list share what is made of it, too.
  const complete = new WeakMap<Snapshot, Snapshot>();
  const withThem = (rows: Snapshot): Snapshot => {
    const existing = complete.get(rows);
    if (existing !== undefined) return existing;
    const bare = recorded().filter(({ identity }) => (rows.get(identity.pid)?.marker ?? null) === null);
    const found = bare.flatMap((each) => recognise(each) ?? []);
    const result = found.length === 0 ? rows : new Map([...rows, ...found.map((row) => [row.pid, row] as const)]);
    complete.set(rows, result);
    return result;
  };
  return {
    ...table,
    readMarker,
    scan: async (spawned) => withThem(await table.scan(spawned)),
    scanMarked: async () => withThem(await table.scanMarked()),
  };
};
