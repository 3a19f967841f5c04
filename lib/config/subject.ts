import type { Path } from '../domain/issue.ts';

/** `"cwd"`; of a list, `an item of "notify"`. */
export const toSubject = (path: Path): string => {
  const key = String(path.at(-1) ?? '');
  return /^\d+$/.test(key) ? `an item of "${String(path.at(-2) ?? '')}"` : `"${key}"`;
};
