import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Arrival } from './arrival-format.ts';
import { createLineSplitter, type LineSplitter } from './line-splitter.ts';
import type { LogCursor, LogPiece } from './log-cursor.ts';
import { findIndex } from './log-names.ts';
import type { LogPart } from './log-part.ts';

/** Lines that were complete in the same moment. */
export type TimedLines = {
  readonly texts: readonly string[];
  /** When they came, epoch milliseconds with fractions; null: nobody recorded it. */
  readonly at: number | null;
  /** By which they are put in order with lines of others: when they came, else when the file was last written. Never descends. */
  readonly order: number;
};

/** Bytes of one arrival. */
type Segment = { readonly bytes: Uint8Array; readonly at: number | null; readonly order: number; readonly end: number };

/** When bytes of a log came, for one that goes through it from front to end. */
const createTimes = (path: string): ((piece: LogPiece) => Generator<Segment>) => {
  let of: LogPart | null = null;
  let arrivals: readonly Arrival[] = [];
  let isReread = false;
  let next = 0;

  /** The first arrival that covers the byte behind `place`. */
  const find = (part: LogPart, place: number): Arrival | null => {
    if (of !== part) [of, arrivals, next, isReread] = [part, part.index?.arrivals ?? [], 0, false];
    for (;;) {
      for (; next < arrivals.length; next += 1) {
        const arrival = arrivals[next];
        if (arrival !== undefined && arrival.place > place) return arrival;
      }
      if (isReread) return null;
      // What was written while the file was opened is in the index a moment later.
      isReread = true;
      arrivals = findIndex(path, part.inode)?.arrivals ?? [];
      next = 0;
    }
  };

  return function* segmentsOf({ part, offset, bytes }) {
    const header = part.index?.header ?? null;
    if (header === null) {
      yield { bytes, at: null, order: part.writtenAt, end: offset + bytes.length };
      return;
    }
    for (let done = 0; done < bytes.length; ) {
      const place = header.base + offset + done;
      const arrival = find(part, place);
      const isBefore = place < header.from;
      const until = Math.min(isBefore ? header.from : (arrival?.place ?? Number.POSITIVE_INFINITY), place + bytes.length - done);
      const isKnown = !isBefore && arrival?.isExact === true;
      yield {
        bytes: bytes.subarray(done, done + until - place),
        at: isKnown ? arrival.at : null,
        order: arrival?.at ?? part.writtenAt,
        end: until - header.base,
      };
      done += until - place;
    }
  };
};

const chunkSize = 131_072;
/** Chunks after which everything else in the process has its turn. */
const chunksAtOnce = 8;
const newline = 0x0a;

export type LineReading = {
  /** The batches, oldest first. */
  readonly lines: AsyncGenerator<TimedLines>;
  /**
   * Offset in the live file, as it was when it was opened, behind the last line that has ended; negative: in what was cut off
   * before. Null: unknown.
   */
  lineStart(): number | null;
  /** What came of a line that has not ended. */
  rest(): TimedLines | null;
};

const toLiveOffset = (part: LogPart, live: LogPart | null, offset: number): number | null => {
  if (part === live) return offset;
  if (part.index === null || live === null || live.index === null) return null;
  return part.index.header.base + offset - live.index.header.base;
};

type Cutter = {
  /** The lines that have ended by the end of this piece, in order. */
  cut(piece: LogPiece): Generator<TimedLines>;
  readonly lineStart: LineReading['lineStart'];
  readonly rest: LineReading['rest'];
};

const createCutter = (path: string, live: LogPart | null): Cutter => {
  const splitter: LineSplitter = createLineSplitter();
  const segmentsOf = createTimes(path);
  let lineStart: number | null = null;
  let order = Number.NEGATIVE_INFINITY;
  let at: number | null = null;
  return {
    cut: function* (piece) {
      for (const segment of segmentsOf(piece)) {
        order = Math.max(order, segment.order);
        at = segment.at;
        const last = segment.bytes.lastIndexOf(newline);
        if (last !== -1) lineStart = toLiveOffset(piece.part, live, segment.end - segment.bytes.length + last + 1);
        const texts = splitter.push(segment.bytes);
        if (texts.length > 0) yield { texts, at, order };
      }
    },
    lineStart: () => lineStart,
    rest: () => {
      const text = splitter.flush();
      return text === null ? null : { texts: [text], at, order };
    },
  };
};

/** Cuts what a cursor reads into lines with their times. */
export const readLines = (path: string, cursor: LogCursor, live: LogPart | null): LineReading => {
  const { cut, lineStart, rest } = createCutter(path, live);
  const read = async function* (): AsyncGenerator<TimedLines> {
    let chunks = 0;
    for (let piece = await cursor.next(chunkSize); piece !== null; piece = await cursor.next(chunkSize)) {
      chunks += 1;
      if (chunks % chunksAtOnce === 0) await nextTurn();
      yield* cut(piece);
    }
  };
  return { lines: read(), lineStart, rest };
};

/** Cuts one piece into lines with their times, with what is left at its end. */
export const cutLines = (path: string, piece: LogPiece): readonly TimedLines[] => {
  const { cut, rest } = createCutter(path, piece.part);
  const lines = [...cut(piece)];
  const last = rest();
  return last === null ? lines : [...lines, last];
};

/** Without the first lines of what is more than the last `count`. */
export const keepLastLines = (batches: readonly TimedLines[], count: number): TimedLines[] => {
  let surplus = Math.max(0, batches.reduce((sum, { texts }) => sum + texts.length, 0) - count);
  const kept: TimedLines[] = [];
  for (const batch of batches) {
    const texts = surplus === 0 ? batch.texts : batch.texts.slice(surplus);
    surplus = Math.max(0, surplus - batch.texts.length);
    if (texts.length > 0) kept.push({ ...batch, texts });
  }
  return kept;
};
