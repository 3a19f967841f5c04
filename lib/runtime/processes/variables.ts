import { readProc } from './read-proc.ts';

/**
 * The environment that a process was started with, by name. Empty where it cannot be seen: it is gone, belongs to somebody else, or
 * the system has no /proc.
 */
export const readVariables = (pid: number): ReadonlyMap<string, string> => {
  const entries = readProc(`/proc/${pid}/environ`, { isOnePiece: true })?.toString('utf8').split('\0') ?? [];
  return new Map(
    entries.flatMap((entry): readonly (readonly [string, string])[] => {
      const at = entry.indexOf('=');
      return at <= 0 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
};
