import { closeSync, fstatSync, readSync, type Stats } from 'node:fs';
import type { LogEnd } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import { systemClock } from '../clock.ts';
import type { IndexHeader } from './arrival-format.ts';
import { readIndexHeader } from './arrival-index.ts';
import { dataStart, openForReading, plainFileAt } from './file-facts.ts';
import { openKeptFile, openKeptFrom } from './log-parts.ts';

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
  readonly from: number | 'end' | LogEnd;
  /** False: it is no log, and nobody ever takes anything out of its front. */
  readonly isRotated?: boolean;
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

/** A rotation that is under way takes milliseconds; after this long its supervisor was killed in the middle of it. */
const longestCut: Ms = 2000;
/** Looks for bytes that a rotation moved, before they count as removed. */
const looksForMoved = 5;

/** What of the log lies in a kept file by now and was not read yet. */
type Moved = { readonly fd: number; offset: number; readonly end: number };

export const createReader = ({ path, from, isRotated = true, onBytes, onRestart }: ReaderOptions): Reader => {
  const first = plainFileAt(path);
  let name: FileName | null = first === null ? null : nameOf(first);
  let fd: number | null = null;
  let isMissing = first === null;
  let held = false;
  // The last bytes that were read: by them a reader finds its place again when another process rotated a log without an index.
  let tail: Uint8Array = new Uint8Array(0);
  let moved: Moved | null = null;
  let missed = 0;
  let cutSince: Ms | null = null;

  /** The index of the file at the path, which says what its offsets mean by now. */
  const headerNow = (): IndexHeader | null => {
    const header = isRotated ? readIndexHeader(path) : null;
    return header !== null && header.inode === name?.inode ? header : null;
  };

  /** Of the file's first byte, when `position` was true; null: nobody keeps account of it. */
  let base: number | null = null;
  let position = 0;
  if (typeof from === 'object') ({ base, offset: position } = from);
  else {
    const header = headerNow();
    base = header?.base ?? null;
    position = from === 'end' ? (first?.size ?? 0) : from;
    // What is before that was punched out.
    if (header !== null) position = Math.max(position, header.front - header.base);
  }

  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };

  const closeMoved = (): void => {
    if (moved !== null) closeSync(moved.fd);
    moved = null;
  };

  const open = (): number | null => {
    if (fd !== null) return fd;
    fd = openForReading(path);
    if (fd !== null && base === null) position = Math.max(position, dataStart(fd, fstatSync(fd)));
    return fd;
  };

  const deliver = (length: number): ReadOutcome => {
    tail = Uint8Array.from(chunk.subarray(Math.max(0, length - tailSize), length));
    onBytes(chunk.subarray(0, length));
    return length === chunkSize ? 'more' : 'grew';
  };

  const readFrom = (source: number): ReadOutcome => {
    const before = base === null ? null : headerNow();
    const length = readSync(source, chunk, 0, chunkSize, position);
    if (length === 0) return 'idle';
    const after = base === null ? null : headerNow();
    // A cut came in between: what was read may be of another place.
    if (before?.base !== after?.base || before?.front !== after?.front || before?.dropping !== after?.dropping) return 'more';
    position += length;
    return deliver(length);
  };

  const readMoved = ({ fd: source, offset, end }: Moved): ReadOutcome => {
    const length = readSync(source, chunk, 0, Math.min(chunkSize, end - offset), offset);
    if (length === 0) {
      closeMoved();
      return 'more';
    }
    position += length;
    moved = { fd: source, offset: offset + length, end };
    deliver(length);
    return 'more';
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
    base = headerNow()?.base ?? null;
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

  /** Where the bytes from `base + position` on are that were cut off from the live file. False: not to be found yet. */
  const goAfter = (front: number): boolean => {
    const place = (base ?? 0) + position;
    const kept = openKeptFrom(path, place, new Set());
    const keptBase = kept?.index?.header.base ?? Number.POSITIVE_INFINITY;
    const begin = Math.min(front, keptBase + (kept?.begin ?? 0));
    missed += 1;
    if (begin > place && missed < looksForMoved) {
      if (kept !== null) closeSync(kept.fd);
      return false;
    }
    missed = 0;
    if (begin > place) {
      // Removed before it could be read: what follows is not a continuation.
      onRestart();
      position += begin - place;
    }
    if (kept === null) return true;
    if (begin < front)
      moved = { fd: kept.fd, offset: Math.max(place, begin) - keptBase, end: Math.min(kept.end, front - keptBase) };
    else closeSync(kept.fd);
    return true;
  };

  /** Follows what rotations in other processes did to the file. False: it cannot be read in this moment. */
  const followCuts = (): boolean => {
    const header = headerNow();
    if (header === null) return true;
    base ??= header.base;
    if (header.dropping > 0) {
      cutSince ??= systemClock.now();
      return systemClock.now() - cutSince > longestCut;
    }
    cutSince = null;
    if (header.front > base + position) return goAfter(header.front);
    position -= header.base - base;
    base = header.base;
    return true;
  };

  /** It was renamed: what was not read of it is there still, under another name. */
  const openRenamed = (): void => {
    fd ??= name === null ? null : (openKeptFile(path, name.inode)?.fd ?? null);
  };

  const readNext = (): ReadOutcome => {
    if (moved !== null) return readMoved(moved);
    const stats = plainFileAt(path);
    isMissing = stats === null;
    // Removed while its writer goes on: the open descriptor still leads to what is written.
    if (stats === null) return fd === null ? 'idle' : readFrom(fd);
    if (name === null) {
      name = nameOf(stats);
      position = Math.min(position, stats.size);
    } else if (!isSameFile(name, stats)) {
      openRenamed();
      if (fd !== null && readFrom(fd) !== 'idle') return 'more';
      restart(stats);
    }
    if (stats.size === position) return 'idle';
    if (!followCuts()) return 'more';
    if (moved !== null) return 'more';
    // Its front may have been taken out since it was looked at.
    const size = plainFileAt(path)?.size ?? 0;
    if (stats.size < position && base === null) findPlaceAgain(stats);
    else if (size < position) restart(stats);
    if (size <= position) return 'idle';
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
      if (base !== null) base += dropped;
    },
    isHeld: () => held,
    close: () => {
      close();
      closeMoved();
    },
  };
};
