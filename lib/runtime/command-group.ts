import type { ChildProcess } from 'node:child_process';
import { readStatFields } from './processes/stat.ts';

/** The process group of a probe's command, by the identity of its leader. */
export type Leader = { readonly child: ChildProcess; readonly pid: number | null; readonly startTime: string | null };

/** Start ticks, and null where nobody has this number; undefined: nothing can be looked at just now. */
const readStart = (pid: number): string | null | undefined => {
  try {
    return readStatFields(pid)?.[19] ?? null;
  } catch {
    return undefined;
  }
};

export const rememberLeader = (child: ChildProcess): Leader => {
  const pid = child.pid ?? null;
  return { child, pid, startTime: pid === null ? null : (readStart(pid) ?? null) };
};

/**
 * True when the group with the leader's number is still the one that was started. As long as the leader was not reaped, its
 * number cannot be given away. Afterwards the number is only kept from others by living members; a new process that got it
 * would be seen under it with another start time.
 */
const isStillOurs = ({ child, pid, startTime }: Leader): boolean => {
  if (pid === null) return false;
  if (child.exitCode === null && child.signalCode === null) return true;
  const now = readStart(pid);
  return startTime !== null && (now === null || now === startTime);
};

/** SIGKILL to the command and every process it left in its group. On Windows only the command itself is ended. */
export const killGroup = (leader: Leader): void => {
  if (leader.pid === null || leader.pid <= 1 || !isStillOurs(leader)) return;
  if (process.platform === 'win32') {
    leader.child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: nobody is left, as it should be. EPERM: somebody changed user, and cannot be ended by us.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
};
