import { type Stats, statSync } from 'node:fs';

/** What is at a path, as far as this user can see: what lies behind a closed folder is not there for us, as for a shell. */
export const statIfVisible = (path: string): Stats | null => {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // EACCES, ENOTDIR, ELOOP, ENAMETOOLONG: in each case nothing that could be used.
    return null;
  }
};
