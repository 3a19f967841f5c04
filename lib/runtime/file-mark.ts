import { statSync } from 'node:fs';

/** Differs after a file was made anew, written, or touched; null: nothing is there that we can see. */
export const markOf = (path: string): string | null => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join('/');
  } catch {
    // Whatever the reason, nobody can use it yet.
    return null;
  }
};
