import { closeSync, fstatSync } from 'node:fs';
import type { IndexHeader } from './arrival-format.ts';
import { type ArrivalIndex, isIndexOf } from './arrival-index.ts';
import { dataStart, openForReading } from './file-facts.ts';

/** One file of a log, open: what is in it stays there to be read, wherever a rotation moves it or whether it is removed. */
export type LogPart = {
  readonly fd: number;
  readonly inode: number;
  /** Offset of its first byte that counts. */
  readonly begin: number;
  /** Offset behind its last byte, as it was when it was opened: a service in a flood must not be read for ever. */
  readonly end: number;
  /** Of its last change, epoch milliseconds. */
  readonly writtenAt: number;
  /** Null: it has no index. */
  readonly index: ArrivalIndex | null;
};

/** With the index about the file that was opened, whatever its name is by now. */
export const openPart = (path: string, findIndexOf: (inode: number) => ArrivalIndex | null): LogPart | null => {
  const fd = openForReading(path);
  if (fd === null) return null;
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    return null;
  }
  const found = findIndexOf(stats.ino);
  const index = found !== null && isIndexOf(found.header, stats) ? found : null;
  const begin = index === null ? dataStart(fd, stats) : Math.max(0, index.header.front - index.header.base);
  return { fd, inode: stats.ino, begin, end: stats.size, writtenAt: stats.mtimeMs, index };
};

/** What offsets in a log mean is the same by both. */
export const isSameHeader = (a: IndexHeader | null, b: IndexHeader | null): boolean =>
  a?.base === b?.base && a?.front === b?.front && a?.inode === b?.inode && a?.dropping === b?.dropping;
