import { closeSync, constants, fstatSync, openSync, readSync, renameSync, rmSync, type Stats, writeSync } from 'node:fs';
import {
  type Arrival,
  decodeArrivals,
  decodeHeader,
  encodeArrival,
  encodeHeader,
  headerSize,
  type IndexHeader,
} from './arrival-format.ts';
import { dataStart, mayHaveHole, openForReading, plainFileAt } from './file-facts.ts';

/** The arrival index of a log file. An index is a help: whatever is wrong with it, the log is written, rotated and read all the same. */

export type ArrivalIndex = { readonly header: IndexHeader; readonly arrivals: readonly Arrival[] };

export const indexPathOf = (log: string): string => `${log}.times`;

/** `born` where the system knows it: else it gives the time of the last change instead, which says nothing. */
export const isIndexOf = ({ inode, born }: IndexHeader, stats: Stats): boolean =>
  inode === stats.ino && (born === stats.birthtimeMs || stats.birthtimeMs === stats.ctimeMs);

/** Throws nothing: an error of the system is a help that is not there. */
const orElse = <Result>(fallback: Result, act: () => Result): Result => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return fallback;
  }
};

const readAll = (fd: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
};

const readWith = (log: string, read: (fd: number) => Buffer | null): Buffer | null => {
  const fd = openForReading(indexPathOf(log));
  if (fd === null) return null;
  try {
    return orElse(null, () => read(fd));
  } finally {
    closeSync(fd);
  }
};

/** Null: there is none, or it is damaged. Whoever follows a log asks twice for each piece of it, so that it takes three calls of the system. */
export const readIndexHeader = (log: string): IndexHeader | null => {
  // What is no plain file cannot be read, or is no index by what is in it.
  const bytes = readWith(log, (fd) => readAll(fd, headerSize));
  return bytes === null ? null : decodeHeader(bytes);
};

export const readIndex = (log: string): ArrivalIndex | null => {
  const bytes = readWith(log, (fd) => {
    const stats = fstatSync(fd);
    return stats.isFile() ? readAll(fd, stats.size) : null;
  });
  const header = bytes === null ? null : decodeHeader(bytes);
  return bytes === null || header === null ? null : { header, arrivals: decodeArrivals(bytes.subarray(headerSize)) };
};

const writeFlags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

const writeAll = (fd: number, bytes: Buffer): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
};

/** For a new file; what somebody who was killed left under the name is removed. */
const openNew = (path: string): number => {
  try {
    return openSync(path, writeFlags, 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    rmSync(path, { force: true });
    return openSync(path, writeFlags, 0o600);
  }
};

/** Puts an index in the place of the one that is there, in one step, and leaves it open for adding to it; null: it could not be written. */
export const createIndex = (log: string, { header, arrivals }: ArrivalIndex): number | null =>
  orElse(null, () => {
    const next = `${indexPathOf(log)}.new`;
    const fd = openNew(next);
    try {
      writeAll(fd, Buffer.concat([encodeHeader(header), ...arrivals.map(encodeArrival)]));
      renameSync(next, indexPathOf(log));
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  });

/** False: it could not be written. */
export const writeIndex = (log: string, index: ArrivalIndex): boolean => {
  const fd = createIndex(log, index);
  if (fd !== null) closeSync(fd);
  return fd !== null;
};

/** For adding to it; null: it cannot be opened now. */
export const openIndexForWriting = (log: string): number | null =>
  orElse(null, () => {
    const fd = openSync(indexPathOf(log), constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    return null;
  });

/** Says, before bytes are taken out of the front of the log, that its offsets are about to change (0: that they stay). */
export const markDropping = (log: string, header: IndexHeader, dropping: number): boolean => {
  const fd = openIndexForWriting(log);
  if (fd === null) return false;
  try {
    return orElse(false, () => writeSync(fd, encodeHeader({ ...header, dropping }), 0, headerSize, 0) === headerSize);
  } finally {
    closeSync(fd);
  }
};

export const removeIndex = (log: string): void => {
  orElse(undefined, () => rmSync(indexPathOf(log), { force: true }));
};

/** The index goes where its log goes. One that does not come along leaves nothing behind that looks like it. */
export const moveIndex = (from: string, to: string): void => {
  const moved = orElse(false, () => {
    renameSync(indexPathOf(from), indexPathOf(to));
    return true;
  });
  if (!moved) removeIndex(to);
};

export type FreshIndex = {
  /** Bytes of the file of which nobody knows when they came. */
  readonly known: number;
  /** A place that lies behind everything that was recorded before. */
  readonly after: number;
};

/** Behind everything that an index, of whichever file, knows of. */
export const lastPlaceIn = (index: ArrivalIndex | null): number =>
  index === null ? 0 : (index.arrivals.at(-1)?.place ?? index.header.from);

/** Where a file begins that has no index yet. */
const freshBase = (log: string, after: number): number => Math.max(after, behindKept(log));

/** Place of the first byte of the live file, which may not be there yet. */
export const baseOf = (log: string, stats: Stats | null): number => {
  const header = stats === null ? null : readIndexHeader(log);
  return header !== null && stats !== null && isIndexOf(header, stats)
    ? header.base
    : freshBase(log, lastPlaceIn(readIndex(log)));
};

/** For a file that has no index yet. */
export const freshHeader = (log: string, stats: Stats, { known, after }: FreshIndex): IndexHeader => {
  const base = freshBase(log, after);
  return {
    base,
    front: base + contentStart(log, stats),
    from: base + known,
    inode: stats.ino,
    born: stats.birthtimeMs,
    dropping: 0,
  };
};

const contentStart = (log: string, stats: Stats): number => {
  const fd = mayHaveHole(stats) ? openForReading(log) : null;
  if (fd === null) return 0;
  try {
    return orElse(0, () => dataStart(fd, fstatSync(fd)));
  } finally {
    closeSync(fd);
  }
};

/** Places go on counting behind the youngest kept file. */
const behindKept = (log: string): number => {
  const kept = `${log}.1`;
  const stats = plainFileAt(kept);
  const header = stats === null ? null : readIndexHeader(kept);
  return header === null || stats === null ? 0 : header.base + stats.size;
};
