import type { Guard } from './guard.ts';
import type { ProcessRow, ProcessTable } from './table.ts';
import type { Membership } from './tree.ts';

export type SignalTools = {
  readonly table: ProcessTable;
  readonly guard: () => Guard;
  /** A child of ours that was not waited for, dead or alive: its number cannot be anybody else's. */
  readonly isHeld: (pid: number, startTime: string) => boolean;
};

/** A suspended process acts on nothing but these before it is continued. */
const needsNoContinue: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGCONT', 'SIGSTOP']);

/**
 * Sends to every member, and returns those that got it. Each is looked at again directly before: a number that was given to
 * another process since the list was made gets nothing. A group that is wholly ours gets it at once, so that a child born
 * between the list and now gets it too. Call it from `setImmediate`: by then every child that was waited for is known to be so.
 */
export const sendToMembers = (
  { table, guard, isHeld }: SignalTools,
  { rows, groups }: Membership,
  signal: NodeJS.Signals,
): readonly ProcessRow[] => {
  const reached = new Set<ProcessRow>();
  const isSame = (row: ProcessRow): boolean => {
    if (guard().isProtected(row.pid)) return false;
    // Who leads a session can neither leave its group nor give it to others.
    if (row.group === row.pid && isHeld(row.pid, String(row.start))) return true;
    const now = table.read(row.pid);
    return now !== null && now.start === row.start && now.group === row.group;
  };
  const send = (target: number): boolean => {
    const isSent = trySend(table, target, signal);
    if (isSent && !needsNoContinue.has(signal)) trySend(table, target, 'SIGCONT');
    return isSent;
  };
  for (const group of groups) {
    if (guard().isProtectedGroup(group)) continue;
    const mates = rows.filter((row) => row.group === group);
    if (mates.some(isSame) && send(-group)) for (const row of mates) reached.add(row);
  }
  for (const row of rows) {
    if (!reached.has(row) && isSame(row) && send(row.pid)) reached.add(row);
  }
  return [...reached];
};

/** False: nobody there any more, or not ours to signal. Who lives on is found by the next look at the tree. */
const trySend = (table: ProcessTable, target: number, signal: NodeJS.Signals): boolean => {
  try {
    table.send(target, signal);
    return true;
  } catch {
    return false;
  }
};
