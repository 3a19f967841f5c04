import { closeSync, fstatSync, readSync, type Stats } from 'node:fs';
import { dataStart, openForReading, plainFileAt } from './file-facts.ts';

/** `more`: a full chunk came, ask again soon. `grew`: something came, that was all. `idle`: nothing new. */
export type ReadOutcome = 'more' | 'grew' | 'idle';

/** One growing file and how far it was read. Reads synchronously: its bytes were just written and are in memory. */
export type Reader = {
  readonly path: string;
  /** Delivers at most one chunk. */
  readChunk(): ReadOutcome;
  position(): number;
  /** False while it still reads a file that is no longer the one at its path. */
  isCurrent(): boolean;
  /** Keeps the file open from now on, so that nothing of it is lost when it is renamed or removed. */
  open(): void;
  isOpen(): boolean;
  /** Gives its descriptor back; the next read opens the file again. */
  release(): void;
  /** While held nothing is read: the offsets are about to change under it. */
  hold(): void;
  /** Ends a hold; `dropped` bytes are gone from the front of the file. */
  resume(dropped: number): void;
  isHeld(): boolean;
  close(): void;
};

export type ReaderOptions = {
  readonly path: string;
  readonly from: number | 'end';
  /** The bytes are only valid during the call. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The file was replaced or truncated: what follows is not a continuation. */
  readonly onRestart: () => void;
};

const chunkSize = 131_072;
// One for all readers: it is used and let go within a turn, and a thousand followers must not hold a thousand buffers.
const chunk = Buffer.allocUnsafeSlow(chunkSize);
const tailSize = 64;

/** Names the file at a path; a removed file's number is soon used again, so the time of its making belongs to it. */
type FileName = { readonly inode: number; readonly born: number };

const nameOf = (stats: Stats): FileName => ({ inode: stats.ino, born: stats.birthtimeMs });

// Where the system knows no time of making, it gives the time of the last change instead, which says nothing.
const isSameFile = (name: FileName, stats: Stats): boolean =>
  name.inode === stats.ino && (name.born === stats.birthtimeMs || stats.birthtimeMs === stats.ctimeMs);

export const createReader = ({ path, from, onBytes, onRestart }: ReaderOptions): Reader => {
  const first = plainFileAt(path);
  let name: FileName | null = first === null ? null : nameOf(first);
  let position = from === 'end' ? (first?.size ?? 0) : from;
  let fd: number | null = null;
  let isMissing = first === null;
  let held = false;
  // The last bytes that were read: by them a reader finds its place again when another process rotated the file.
  let tail: Uint8Array = new Uint8Array(0);

  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };

  const open = (): number | null => {
    if (fd !== null) return fd;
    fd = openForReading(path);
    if (fd !== null) position = Math.max(position, dataStart(fd, fstatSync(fd)));
    return fd;
  };

  const readFrom = (source: number): ReadOutcome => {
    const length = readSync(source, chunk, 0, chunkSize, position);
    if (length === 0) return 'idle';
    position += length;
    tail = Uint8Array.from(chunk.subarray(Math.max(0, length - tailSize), length));
    onBytes(chunk.subarray(0, length));
    return length === chunkSize ? 'more' : 'grew';
  };

  const endsWithTail = (source: number, end: number): boolean => {
    const length = Math.min(tail.length, end);
    const bytes = Buffer.alloc(length);
    readSync(source, bytes, 0, length, end - length);
    return bytes.equals(tail.subarray(tail.length - length));
  };

  const restart = (stats: Stats): void => {
    close();
    name = nameOf(stats);
    position = 0;
    tail = new Uint8Array(0);
    onRestart();
  };

  // Shorter than what was read: either its front was moved to a kept file by a rotation elsewhere, or it was truncated.
  const findPlaceAgain = (stats: Stats): void => {
    const source = open();
    for (const kept of [`${path}.rotating`, `${path}.1`]) {
      const place = position - (plainFileAt(kept)?.size ?? 0);
      if (source !== null && place >= 0 && place < position && place <= stats.size && endsWithTail(source, place)) {
        position = place;
        return;
      }
    }
    restart(stats);
  };

  const readNext = (): ReadOutcome => {
    const stats = plainFileAt(path);
    isMissing = stats === null;
    // Removed while its writer goes on: the open descriptor still leads to what is written.
    if (stats === null) return fd === null ? 'idle' : readFrom(fd);
    if (name === null) {
      name = nameOf(stats);
      position = Math.min(position, stats.size);
    } else if (!isSameFile(name, stats)) {
      if (fd !== null && readFrom(fd) !== 'idle') return 'more';
      restart(stats);
    } else if (stats.size < position) {
      findPlaceAgain(stats);
    }
    if (stats.size <= position) return 'idle';
    const source = open();
    return source === null ? 'idle' : readFrom(source);
  };

  return {
    path,
    readChunk: () => {
      if (held) return 'idle';
      try {
        return readNext();
      } catch (error) {
        // EIO, ESTALE: the descriptor is of no use any more; the next look opens the file again.
        close();
        if (!(error instanceof Error && 'syscall' in error)) throw error;
        return 'idle';
      }
    },
    position: () => position,
    isCurrent: () => {
      const stats = plainFileAt(path);
      return stats === null || name === null || isSameFile(name, stats);
    },
    open: () => {
      open();
    },
    isOpen: () => fd !== null,
    release: () => {
      if (!isMissing) close();
    },
    hold: () => {
      held = true;
    },
    resume: (dropped) => {
      held = false;
      position = Math.max(0, position - dropped);
    },
    isHeld: () => held,
    close,
  };
};
