import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, ticksNow } from './describe.ts';
import { readMarker } from './marker.ts';
import { readStart, readStat } from './stat.ts';
import { joined, type KnownMarker, type ProcessRow, type ProcessTable, type Snapshot } from './table.ts';

/** How long a scan may keep the event loop, in milliseconds: with thousands of processes it takes many turns. */
const slice = 4;

/** Under a storm of forks a list is never complete; whoever kills looks again anyway. */
const mostRounds = 10;

export const listPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => name.charCodeAt(0) <= 57)
    .map(Number)
    .filter((pid) => Number.isSafeInteger(pid));

/**
 * Lists until a list has nothing new: a process that forks and ends while it is read would otherwise hand its child past us.
 */
const goThrough = async (read: (pid: number) => ProcessRow | null): Promise<Snapshot> => {
  const rows = new Map<number, ProcessRow>();
  const seen = new Set<number>();
  let since = performance.now();
  for (let round = 0; round < mostRounds; round += 1) {
    const fresh = listPids().filter((pid) => !seen.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      seen.add(pid);
      const row = read(pid);
      if (row !== null) rows.set(pid, row);
      if (performance.now() - since > slice) {
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
        since = performance.now();
      }
    }
  }
  return rows;
};

const noneIsOurs: KnownMarker = () => null;

/** What it is first, and then its marker: if the number was given anew in between, that is of a process that has ended. */
const readRow = (pid: number, spawned: KnownMarker): ProcessRow | null => {
  const stat = readStat(pid);
  return stat === null ? null : { ...stat, marker: spawned(pid, stat.start) ?? readMarker(pid) };
};

const scan = (spawned: KnownMarker = noneIsOurs): Promise<Snapshot> => goThrough((pid) => readRow(pid, spawned));

/** Few have a marker, and of all others nothing else need be read: half the time. */
const scanMarked = (): Promise<Snapshot> =>
  goThrough((pid) => {
    if (readMarker(pid) === null) return null;
    const row = readRow(pid, noneIsOurs);
    return row === null || row.marker === null ? null : row;
  });

/** Boot and pid namespace: in another container the same number names another process. */
const readBootId = (): string => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  return `${boot}/${space}`;
};

/** Linux: everything is read from /proc, without a helper program. */
export const openProcTable = (): ProcessTable => ({
  bootId: readBootId(),
  isCheap: true,
  read: readStat,
  startOf: readStart,
  readMarker,
  scan: joined(scan),
  scanMarked: joined(scanMarked),
  describe,
  now: ticksNow,
  send: (pid, signal) => {
    process.kill(pid, signal);
  },
});
