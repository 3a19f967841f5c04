import { type Stats, statSync } from 'node:fs';

/** The same, of what was last written before that moment (epoch milliseconds); null: nothing is there, or it is newer. */
export const markOfOlder = (path: string, than: number): string | null => {
  const mark = markOf(path);
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? than;
  return written < than ? mark : null;
};

/** Which folder it is, whatever is done in it. The number alone is given again, by ext4 to the very next folder that is made. */
export const folderMark = ({ dev, ino, birthtimeMs }: Stats): string => [dev, ino, birthtimeMs].join('/');

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
