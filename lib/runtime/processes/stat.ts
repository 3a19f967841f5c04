import { readProcText } from './read-proc.ts';

/** What `/proc/PID/stat` says of a process that is alive. */
export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Ticks from the boot of the machine to its start, a hundredth of a second each. Never changes, also not by exec. */
  readonly start: number;
};

/** The largest pid that Linux can be told to give. */
const largestPid = 4_194_304;

/** Numbers below 2 mean everybody or init; a number no system gives out comes from a damaged record. */
export const isPlausiblePid = (pid: number): boolean => Number.isSafeInteger(pid) && pid > 1 && pid <= largestPid;

/** Linux counts in these for programs, whatever the kernel was built with. */
export const millisecondsPerTick = 10;

/**
 * The fields of a line of `/proc/PID/stat` from the state on, which is the first: proc(5) counts it as the third. The command name before
 * it is in brackets and may hold anything, brackets and spaces too: only the last one closes it. Null: it is no such line.
 */
export const toStatFields = (text: string): readonly string[] | null => {
  const end = text.lastIndexOf(')');
  return end < 0 ? null : text.slice(end + 2).split(' ');
};

/** Null: no such process, or no `/proc`. A zombie has them, too. */
export const readStatFields = (pid: number): readonly string[] | null =>
  toStatFields(readProcText(`/proc/${pid}/stat`, { isOnePiece: true }) ?? '');

type StatLine = ProcessStat & { readonly isAlive: boolean };

const parseLine = (text: string): StatLine | null => {
  const fields = toStatFields(text);
  if (fields === null) return null;
  const [state, parent, group] = fields;
  const threads = Number(fields[17]);
  const start = Number(fields[19]);
  const pid = Number.parseInt(text, 10);
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(pid)) return null;
  // A program whose first thread has ended is shown as a zombie while its other threads work on.
  const isDead = state === 'X' || state === 'x' || (state === 'Z' && threads <= 1);
  return { pid, parent: Number(parent), group: Number(group), start, isAlive: !isDead };
};

/** Null for a dead process: a zombie still answers to signal 0, but it is as dead as one that was waited for. */
export const parseStat = (text: string): ProcessStat | null => {
  const line = parseLine(text);
  if (line?.isAlive !== true) return null;
  const { pid, parent, group, start } = line;
  return { pid, parent, group, start };
};

const readLine = (pid: number): string | null =>
  Number.isSafeInteger(pid) && pid > 0 ? readProcText(`/proc/${pid}/stat`, { isOnePiece: true }) : null;

/** Null: no such process is alive, or we may not see it. Throws where nothing can be looked at just now. */
export const readStat = (pid: number): ProcessStat | null => parseStat(readLine(pid) ?? '');

/** Also of a child that has ended already but was not waited for. */
export const readStart = (pid: number): number | null => parseLine(readLine(pid) ?? '')?.start ?? null;
