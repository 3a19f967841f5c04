import { isPlausiblePid } from './stat.ts';
import type { ProcessTable } from './table.ts';

/** What no signal of ours may ever reach, whatever a record or a marker says: init, ourselves, our parents, our own group. */
export type Guard = {
  isProtected(pid: number): boolean;
  isProtectedGroup(group: number): boolean;
};

/** Deeper chains of parents do not occur; the limit only ends a loop that a reused pid could close. */
const deepest = 100;

const lookUp = (table: ProcessTable): Guard => {
  const protectedPids = new Set<number>([process.pid]);
  const own = table.read(process.pid);
  let parent = own?.parent ?? process.ppid;
  for (let depth = 0; parent > 1 && depth < deepest && !protectedPids.has(parent); depth += 1) {
    protectedPids.add(parent);
    parent = table.read(parent)?.parent ?? 0;
  }
  const ownGroup = own?.group ?? process.pid;
  return {
    isProtected: (pid) => !isPlausiblePid(pid) || protectedPids.has(pid),
    isProtectedGroup: (group) => !isPlausiblePid(group) || group === ownGroup,
  };
};

/** Our parents change only when one of them ends; a thousand services that stop at once need not look them up one by one. */
const validFor = 100;

/** The guard of now, looked up at most every 100 ms. */
export const createGuard = (table: ProcessTable): (() => Guard) => {
  let guard = lookUp(table);
  let since = performance.now();
  return () => {
    if (performance.now() - since > validFor) {
      guard = lookUp(table);
      since = performance.now();
    }
    return guard;
  };
};
