/**
 * Where a series changed its level, by ranks alone, so that no single value can make a change or hide one.
 *
 * For each place that leaves enough values on both sides, the Mann-Whitney statistic compares what lies before with what comes
 * after; the greatest of them, each in its own standard deviations, is the statistic of the whole series (maximally selected
 * rank statistics; Pettitt's test without its blindness near the ends). How unusual it is says a permutation test: if nothing
 * changed, every order of the same values is as likely as the one that was seen. That holds for any distribution, with ties, and
 * for short series.
 */

import { median, toSorted } from '../util/quantile.ts';
import { seededRandom } from '../util/random.ts';

export type ChangePoint = {
  /** The first value of the new level. */
  readonly at: number;
  /** Medians of what lies between this change and its neighbours. */
  readonly before: number;
  readonly after: number;
  /** The chance of a change as clear as this where there is none. Never zero: no finer than the number of orders that were tried. */
  readonly p: number;
};

export type ChangeOptions = {
  /** A change with a higher chance is none. */
  readonly alpha: number;
  /** Values on each side, at least. */
  readonly shortest?: number;
  /** What `testForChange` said of the whole series, where it was asked already. */
  readonly p?: number | null;
};

const usualShortest = 5;

/** All changes, oldest first: each part between two of them is looked through again until nothing is found. */
export const findChanges = (values: readonly number[], options: ChangeOptions): ChangePoint[] => {
  const { alpha, shortest = usualShortest, p: whole = null } = options;
  const found: { readonly at: number; readonly p: number }[] = [];
  const todo: (readonly [from: number, to: number])[] = [[0, values.length]];
  for (let span = todo.pop(); span !== undefined; span = todo.pop()) {
    const [from, to] = span;
    const part = values.slice(from, to);
    const p = part.length === values.length && whole !== null ? whole : testForChange(part, { alpha, shortest });
    if (p === null || p > alpha) continue;
    const at = from + locate(part, shortest);
    found.push({ at, p });
    todo.push([from, at], [at, to]);
  }
  found.sort((a, b) => a.at - b.at);
  return found.map(({ at, p }, index) => ({
    at,
    p,
    before: median(values.slice(found[index - 1]?.at ?? 0, at)) ?? 0,
    after: median(values.slice(at, found[index + 1]?.at ?? values.length)) ?? 0,
  }));
};

/** The chance of a change as clear as the clearest of the series where there is none. Null: too few values to say anything. */
export const testForChange = (values: readonly number[], { alpha, shortest = usualShortest }: ChangeOptions): number | null => {
  if (values.length < 2 * shortest) return null;
  const ranks = toRanks(values);
  const scale = toScale(values.length, shortest);
  const seen = greatest(ranks, scale, shortest);
  const random = seededRandom(values.length);
  const tries = Math.max(999, Math.ceil(10 / alpha));
  const drawn = Float64Array.from(ranks);
  let asClear = 0;
  for (let tried = 1; tried <= tries; tried += 1) {
    shuffle(drawn, random);
    if (greatest(drawn, scale, shortest) >= seen - 1e-9) asClear += 1;
    // Whether it is 30 % or 60 % is nobody's question (Besag and Clifford's sequential test, which is exact, too).
    if (asClear === enoughToStop) return asClear / tried;
  }
  return (asClear + 1) / (tries + 1);
};

const enoughToStop = 12;

/** Twice the ranks, less their mean: whole numbers, which add up to zero. Equal values share theirs. */
const toRanks = (values: readonly number[]): Float64Array => {
  const ascending = toSorted(values);
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [index, value] of ascending.entries()) {
    if (!first.has(value)) first.set(value, index + 1);
    last.set(value, index + 1);
  }
  return Float64Array.from(values, (value) => (first.get(value) ?? 0) + (last.get(value) ?? 0) - (values.length + 1));
};

/** One over the standard deviation at each place, up to a factor that is the same everywhere. */
const toScale = (length: number, shortest: number): Float64Array =>
  Float64Array.from({ length }, (_, at) => (at < shortest || at > length - shortest ? 0 : 1 / Math.sqrt(at * (length - at))));

const greatest = (ranks: Float64Array, scale: Float64Array, shortest: number): number => {
  let [sum, most] = [0, 0];
  for (let at = 1; at <= ranks.length - shortest; at += 1) {
    sum += ranks[at - 1] ?? 0;
    const size = Math.abs(sum) * (scale[at] ?? 0);
    if (size > most) most = size;
  }
  return most;
};

const shuffle = (values: Float64Array, random: () => number): void => {
  for (let index = values.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const value = values[index] ?? 0;
    values[index] = values[other] ?? 0;
    values[other] = value;
  }
};

/**
 * That there is a change say the ranks; where it is, the values: the place from which two medians explain them best, by the sum
 * of the distances. Ranks know of no sizes, and are easily off by a run or two. Then once more with these two levels, and no
 * distance above that between them: an absurd value belongs to neither, and pulls the place nowhere.
 */
const locate = (values: readonly number[], shortest: number): number => {
  const places = values.flatMap((_, at) => (at >= shortest && at <= values.length - shortest ? [at] : []));
  const first = pickLeast(places, (at) => sumOfDistances(values.slice(0, at)) + sumOfDistances(values.slice(at)));
  const [low, high] = [median(values.slice(0, first)) ?? 0, median(values.slice(first)) ?? 0];
  const most = Math.abs(high - low);
  const costs = [0];
  for (const value of values)
    costs.push((costs.at(-1) ?? 0) + Math.min(Math.abs(value - low), most) - Math.min(Math.abs(value - high), most));
  const near = places.filter((at) => Math.abs(at - first) <= pulled);
  return pickLeast(near, (at) => costs[at] ?? 0);
};

/** So far can an absurd value near the change move the first guess. */
const pulled = 4;

const pickLeast = (places: readonly number[], costOf: (at: number) => number): number => {
  let [best, least] = [places[0] ?? 0, Number.POSITIVE_INFINITY];
  for (const at of places) {
    const cost = costOf(at);
    if (cost < least) [best, least] = [at, cost];
  }
  return best;
};

const sumOfDistances = (values: readonly number[]): number => {
  const middle = median(values) ?? 0;
  return values.reduce((sum, value) => sum + Math.abs(value - middle), 0);
};
