import { constants, lstatSync, openSync, readSync, type Stats } from 'node:fs';

/** Logs are plain files: a FIFO in their place would block the reader, and a link could lead anywhere. */
export const readFlags: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The facts of a plain file; null when there is none at that path, whatever the reason: to a reader it is the same. */
export const plainFileAt = (path: string): Stats | null => {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats : null;
  } catch {
    // EACCES, ELOOP …: nothing can be read there now; the next look tells again.
    return null;
  }
};

/** A descriptor for reading, or null when the file cannot be opened now (gone, EACCES, EMFILE): the next look tries again. */
export const openForReading = (path: string): number | null => {
  try {
    return openSync(path, readFlags);
  } catch {
    return null;
  }
};

const block = 4096;
const scanSize = 1 << 20;

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

const readAt = (fd: number, offset: number, length: number): Uint8Array => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
};

// The disk blocks that are missing are all at the front, because a log is only ever appended to.
const guessFromBlocks = (fd: number, { size, blocks }: Stats): number | null => {
  const guess = Math.ceil(size / block) * block - blocks * 512;
  if (guess <= 0 || guess >= size || guess % block !== 0) return null;
  return isZero(readAt(fd, guess - block, block)) && !isZero(readAt(fd, guess, block)) ? guess : null;
};

const scanForData = (fd: number, size: number): number => {
  for (let offset = 0; offset < size; offset += scanSize) {
    const bytes = readAt(fd, offset, scanSize);
    const first = bytes.findIndex((byte) => byte !== 0);
    if (first !== -1) return offset + first - ((offset + first) % block);
  }
  return size;
};

/** False: every byte of the file is on the disk. */
export const mayHaveHole = (stats: Stats): boolean => stats.blocks * 512 < stats.size && stats.size >= block;

/**
 * Where the content of a log begins: behind the hole that a rotation left on file systems that can only punch the front out
 * (tmpfs, btrfs). 0 for every other file.
 */
export const dataStart = (fd: number, stats: Stats): number => {
  if (!mayHaveHole(stats)) return 0;
  const head = readAt(fd, 0, block);
  return isZero(head) ? (guessFromBlocks(fd, stats) ?? scanForData(fd, stats.size)) : 0;
};

/** Bytes of content: what a rotation would keep. The size alone counts the hole of earlier rotations too. */
export const liveSize = (stats: Stats): number => (stats.blocks > 0 ? Math.min(stats.size, stats.blocks * 512) : stats.size);
