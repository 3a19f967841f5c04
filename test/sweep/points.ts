import type { Random } from '../support/random.ts';
import type { CallKind } from '../support/strace.ts';
import type { Point } from '../support/sweep.ts';

/** The points of both lives: of one that boots, and of those that take over what the one before has left. */
export type Points = { readonly first: readonly Point[]; readonly again: readonly Point[] };

/** Which share of all points: the `part`th (from 1) of so many. */
export type Share = { readonly part: number; readonly of: number };

/** The points of one project, in the order in which its supervisors are killed. */
export type Chain = readonly Point[];

/** Lives of one project before it ends in order: each next one takes over what the last one left. */
const inARow = 5;

/** Of all calls of a life those of one share. Each point is in exactly one, however the numbers differ from life to life. */
export const toPoints = (counts: ReadonlyMap<CallKind, number>, { part, of }: Share): Point[] =>
  [...counts].flatMap(([kind, most]) =>
    Array.from({ length: most }, (_, index) => ({ kind, nth: index + 1 })).filter(({ nth }) => nth % of === part % of),
  );

const shuffle = <T>(items: readonly T[], random: Random): T[] =>
  items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

const isDurable = (point: Point): boolean => 'kind' in point && !['write', 'clone', 'kill'].includes(point.kind);

/** First the calls that leave something on the disk, then the many others. */
const byWeight = (points: readonly Point[], random: Random): Point[] => {
  const all = shuffle(points, random);
  return [...all.filter(isDurable), ...all.filter((point) => !isDurable(point))];
};

/**
 * All points as chains. Each begins with a life that boots: where there are fewer of those than chains are needed, with one
 * that was there already.
 */
export const toChains = (points: Points, random: Random): Chain[] => {
  const [first, again] = [byWeight(points.first, random), byWeight(points.again, random)];
  const chains: Chain[] = [];
  while (first.length + again.length > 0) {
    const begins = first.shift() ?? (points.first.length === 0 ? { after: 1_000 } : random.pick(points.first));
    chains.push([begins, ...again.splice(0, inARow - 1)]);
  }
  return chains;
};

/** `rename:3,write:40,after:250`, as a failure has told it. */
export const parseChain = (text: string): Chain =>
  text.split(',').map((each) => {
    const [kind = '', number = ''] = each.split(':');
    return kind === 'after' ? { after: Number(number) } : { kind: kind as CallKind, nth: Number(number) };
  });
