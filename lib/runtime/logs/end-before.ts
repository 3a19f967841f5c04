import type { LogEnd } from '../../domain/process.ts';
import { isIndexOf, readIndex } from './arrival-index.ts';
import { plainFileAt } from './file-facts.ts';
import { endOf } from './rotate.ts';

/**
 * Where a log ended at a moment (epoch milliseconds), by what was written down of its growth; of a log of which nothing was, all
 * that is there now counts as earlier.
 */
export const endBefore = (path: string, moment: number): LogEnd => {
  const now = endOf(path);
  const stats = plainFileAt(path);
  if (stats === null) return now;
  // Where the system knows no time of making, it gives the time of the last change instead, which says nothing. It is finer than ours.
  if (stats.birthtimeMs !== stats.ctimeMs && Math.floor(stats.birthtimeMs) >= moment) return { ...now, offset: 0 };
  const index = readIndex(path);
  if (index === null || !isIndexOf(index.header, stats)) return now;
  const { base, from } = index.header;
  const place = index.arrivals.findLast(({ at }) => at < moment)?.place ?? from;
  return { offset: place - base, base };
};
