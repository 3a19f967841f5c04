import type { ProcessIdentity } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import { glanceAtProcText } from './read-proc.ts';
import { millisecondsPerTick, toStatFields } from './stat.ts';

/** One that has started more than this before it was ready is not followed further: each costs three reads of 10 to 20 µs. */
const mostProcesses = 32;

/**
 * User and system time of a process, of its descendants, and of what they have waited for, in milliseconds; null: it is not there
 * (any more), or this system has no `/proc`. A descendant that is in nobody's list of children (its parent has ended) is missing.
 */
export const readCpuTime = ({ pid, startTime }: ProcessIdentity): Ms | null => {
  const leader = readOne(pid);
  if (leader === null || leader.start !== startTime) return null;
  let total = leader.used;
  const pids = readChildren(pid);
  for (let at = 0; at < pids.length && at < mostProcesses; at += 1) {
    const child = pids[at] ?? 0;
    const read = readOne(child);
    if (read === null) continue;
    total += read.used;
    pids.push(...readChildren(child));
  }
  return Math.round(total);
};

const readOne = (pid: number): { readonly start: string; readonly used: Ms } | null => {
  const fields = toStatFields(glanceAtProcText(`/proc/${pid}/stat`) ?? '');
  if (fields === null) return null;
  const ticks = (from: number): number => Number(fields[from]) + Number(fields[from + 1]);
  // Ticks are rounded down twice, which is much of a short start; the first thread, which does most of it, is counted to the nanosecond.
  const exact = Number(/^\d+/.exec(glanceAtProcText(`/proc/${pid}/schedstat`) ?? '')?.[0] ?? 0) / 1e6;
  const used = Math.max(ticks(11) * millisecondsPerTick, exact) + ticks(13) * millisecondsPerTick;
  return Number.isFinite(used) ? { start: fields[19] ?? '', used } : null;
};

/** Those that its first thread has started: a kernel built without this list tells none. */
const readChildren = (pid: number): number[] => {
  const list = glanceAtProcText(`/proc/${pid}/task/${pid}/children`)?.trim() ?? '';
  return list === '' ? [] : list.split(' ').map(Number);
};
