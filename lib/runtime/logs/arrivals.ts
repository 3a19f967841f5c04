import { closeSync, fstatSync, type Stats, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { encodeArrival, headerSize, recordSize, thinOut } from './arrival-format.ts';
import { createIndex, freshHeader, isIndexOf, lastPlaceIn, openIndexForWriting, readIndex, writeIndex } from './arrival-index.ts';
import { plainFileAt } from './file-facts.ts';
import { addReader } from './poller.ts';
import type { Reader, ReadOutcome } from './reader.ts';

/**
 * Writes down when a log grows, without reading it: each growth is one record of 16 bytes in the index beside the log. The
 * poller drives it like a reader, and a rotation holds it like one. All that it knows for longer than a moment is in the index,
 * so that a supervisor that takes over goes on with it.
 */

export type RecordArrivalsOptions = {
  readonly path: string;
  /** The log is longer than it was, or another file; as it is now. */
  readonly onGrowth: (stats: Stats) => void;
};

/** Bytes of an index above which it is thinned out; each kept file has one of its own. */
const longestIndex = 1_048_576;
/** After the index could not be written: a full disk is not asked again at every line. */
const tryAgainAfter = 5000;

let lastStamp = 0;

/** Epoch milliseconds, never the same twice, so that lines of two logs keep the order in which they were seen. */
const stamp = (): number => {
  const now = systemClock.wall();
  lastStamp = now === Math.floor(lastStamp) ? lastStamp + 0.001 : now;
  return lastStamp;
};

/** The index while it is open. `size`: of the log, as far as it is recorded. `end`: where the next record goes. */
type Open = { readonly base: number; readonly fd: number; size: number; end: number };

/** The log as it was at the last look. */
type Seen = Pick<Stats, 'ino' | 'birthtimeMs' | 'size' | 'mtimeMs'>;

// A removed file's number is soon used again.
const isSameFile = (a: Seen, b: Stats): boolean =>
  a.ino === b.ino && (a.birthtimeMs === b.birthtimeMs || b.birthtimeMs === b.ctimeMs);

const openIndex = (path: string, base: number, size: number): Open | null => {
  const fd = openIndexForWriting(path);
  if (fd === null) return null;
  const records = Math.max(0, Math.floor((fstatSync(fd).size - headerSize) / recordSize));
  return { base, fd, size, end: headerSize + records * recordSize };
};

/** The index of the log as it is now: the one that is there, or a new one that begins at `size`. */
const beginIndex = (path: string, stats: Stats, size: number): Open | null => {
  const index = readIndex(path);
  const last = lastPlaceIn(index);
  if (index !== null && isIndexOf(index.header, stats)) {
    // Interrupted in the middle of a rotation: whoever keeps the log settles that first.
    if (index.header.dropping > 0) return null;
    if (last - index.header.base <= stats.size) return openIndex(path, index.header.base, last - index.header.base);
  }
  const header = freshHeader(path, stats, { known: size, after: last });
  const fd = createIndex(path, { header, arrivals: [] });
  return fd === null ? null : { base: header.base, fd, size, end: headerSize };
};

/** Records the arrivals of a log until the returned function is called. */
export const recordArrivals = ({ path: given, onGrowth }: RecordArrivalsOptions): (() => void) => {
  const path = resolve(given);
  let seen: Seen | null = plainFileAt(path);
  let index: Open | null = null;
  /** Everything that was seen is in the index. */
  let isRecorded = false;
  let held = false;
  let notBefore = 0;

  const release = (): void => {
    if (index !== null) closeSync(index.fd);
    index = null;
  };

  const note = (open: Open, size: number, when: { readonly at: number; readonly isExact: boolean }): void => {
    writeSync(open.fd, encodeArrival({ place: open.base + size, ...when }), 0, recordSize, open.end);
    open.size = size;
    open.end += recordSize;
  };

  const thinOutIndex = (): void => {
    release();
    const whole = readIndex(path);
    if (whole !== null) writeIndex(path, { header: whole.header, arrivals: thinOut(whole.arrivals) });
  };

  const record = (stats: Stats, before: Seen | null, old: number): void => {
    isRecorded = false;
    index ??= beginIndex(path, stats, old);
    if (index === null) return;
    // What came while nobody looked (muster was killed) is dated by the last of it.
    if (index.size < old) note(index, old, { at: before?.mtimeMs ?? stats.mtimeMs, isExact: false });
    if (index.size < stats.size) note(index, stats.size, { at: stamp(), isExact: true });
    isRecorded = true;
    if (index.end > longestIndex) thinOutIndex();
  };

  const look = (): ReadOutcome => {
    const stats = plainFileAt(path);
    if (stats === null) return 'idle';
    const before = seen;
    const isSame = before !== null && isSameFile(before, stats) && before.size <= stats.size;
    // Of another file, or one that was emptied since the last look, all is new.
    const old = isSame ? before.size : 0;
    seen = stats;
    if (!isSame) release();
    if (isSame && stats.size === old && isRecorded) return 'idle';
    onGrowth(stats);
    if (notBefore > systemClock.now() || (stats.size === 0 && isSame)) return 'idle';
    try {
      record(stats, before, old);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      release();
    }
    if (!isRecorded) notBefore = systemClock.now() + tryAgainAfter;
    return stats.size === old ? 'idle' : 'grew';
  };

  const reader: Reader = {
    path,
    readChunk: () => (held ? 'idle' : look()),
    position: () => seen?.size ?? 0,
    isCurrent: () => true,
    open: () => undefined,
    isOpen: () => index !== null,
    release,
    hold: () => {
      held = true;
    },
    // The rotation has rewritten the index.
    resume: (dropped) => {
      held = false;
      release();
      if (seen !== null)
        seen = { ino: seen.ino, birthtimeMs: seen.birthtimeMs, mtimeMs: seen.mtimeMs, size: Math.max(0, seen.size - dropped) };
    },
    isHeld: () => held,
    close: release,
  };
  const remove = addReader(reader);
  return () => {
    remove();
    release();
  };
};
