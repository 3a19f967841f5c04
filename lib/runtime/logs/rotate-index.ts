import { cutOut, type IndexHeader } from './arrival-format.ts';
import {
  type ArrivalIndex,
  freshHeader,
  isIndexOf,
  lastPlaceIn,
  markDropping,
  readIndex,
  removeIndex,
  writeIndex,
} from './arrival-index.ts';
import type { Dropped } from './drop-front.ts';
import { plainFileAt } from './file-facts.ts';

/**
 * The arrival index during a rotation. Who reads the log in another process learns from its header that offsets are about to
 * change, and what they changed to; so it is marked before the cut and rewritten after it.
 */

type Range = { readonly start: number; readonly end: number };

/** The index of the live file, made if there is none. Null: there can be none. */
const ensureIndex = (path: string): ArrivalIndex | null => {
  const stats = plainFileAt(path);
  if (stats === null) return null;
  const index = readIndex(path);
  if (index !== null && isIndexOf(index.header, stats)) return index;
  const header = freshHeader(path, stats, { known: stats.size, after: lastPlaceIn(index) });
  const fresh: ArrivalIndex = { header, arrivals: [] };
  return writeIndex(path, fresh) ? fresh : null;
};

/** The copy of the piece gets the part of the index that is about it. */
export const indexCopy = (path: string, copy: string, { start, end }: Range): void => {
  const index = ensureIndex(path);
  const stats = plainFileAt(copy);
  if (index === null || stats === null) return;
  const { header, arrivals } = index;
  const base = header.base + start;
  writeIndex(copy, {
    header: {
      base,
      front: base,
      from: Math.min(Math.max(header.from, base), header.base + end),
      inode: stats.ino,
      born: stats.birthtimeMs,
      dropping: 0,
    },
    arrivals: cutOut(arrivals, base, header.base + end),
  });
};

/** To be called before the cut. An index that cannot be marked must not be believed after it. */
export const beginDrop = (path: string, { end }: Range): void => {
  const index = ensureIndex(path);
  if (index !== null && !markDropping(path, index.header, end)) removeIndex(path);
};

const afterDrop = (header: IndexHeader, end: number, how: 'collapsed' | 'punched'): IndexHeader => {
  const front = header.base + end;
  return { ...header, base: how === 'collapsed' ? front : header.base, front, from: Math.max(header.from, front), dropping: 0 };
};

/** To be called after the cut, whatever came of it. */
export const endDrop = (path: string, { end }: Range, dropped: Dropped): void => {
  const index = readIndex(path);
  if (index === null) return;
  const { header, arrivals } = index;
  if (!dropped.ok) {
    if (!markDropping(path, header, 0)) removeIndex(path);
    return;
  }
  const next = afterDrop(header, end, dropped.how);
  if (!writeIndex(path, { header: next, arrivals: arrivals.filter(({ place }) => place > next.front) })) removeIndex(path);
};

/** Bytes that an interrupted rotation was taking out of the front; 0: none was interrupted. */
export const interruptedDrop = (path: string): number => {
  const stats = plainFileAt(path);
  const index = stats === null ? null : readIndex(path);
  return stats !== null && index !== null && isIndexOf(index.header, stats) ? index.header.dropping : 0;
};

/** Nobody can say what became of the cut: what is there now is of an unknown time. */
export const forgetArrivals = (path: string): void => {
  const stats = plainFileAt(path);
  const index = readIndex(path);
  if (stats === null || index === null) return;
  const after = lastPlaceIn(index) + index.header.dropping;
  if (!writeIndex(path, { header: freshHeader(path, stats, { known: stats.size, after }), arrivals: [] })) removeIndex(path);
};
