import { median, robustDeviation } from '../util/quantile.ts';
import type { Ms } from './service.ts';

/** Whether the last boots differ from those before. */
export type Trend =
  | { readonly direction: 'unknown' }
  | {
      readonly direction: 'slower' | 'faster' | 'steady';
      /** Medians, before and now. */
      readonly before: Ms;
      readonly now: Ms;
    };

const lately = 5;
const longAgo = 25;
const fewest = 5;

/** Below this no one notices, whatever the share is. */
const noticeable: Ms = 20;
const share = 0.1;

/**
 * Compares the median of the last five boots with that of up to 25 before them. Two slow boots of five move neither; a change
 * must be noticeable, a tenth of the whole, and beyond what the boots differ by anyway.
 */
export const toTrend = (oldestFirst: readonly Ms[]): Trend => {
  const recent = oldestFirst.slice(-lately);
  const earlier = oldestFirst.slice(-lately - longAgo, -lately);
  const [before, now, deviation] = [median(earlier), median(recent), robustDeviation(earlier)];
  if (earlier.length < fewest || recent.length < lately || before === null || now === null || deviation === null)
    return { direction: 'unknown' };
  const limit = Math.max(noticeable, share * before, 2 * deviation);
  const direction = now - before > limit ? 'slower' : before - now > limit ? 'faster' : 'steady';
  return { direction, before, now };
};
