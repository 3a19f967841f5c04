import { quantile, toSorted } from '../util/quantile.ts';
import type { FoldedService, RunKind, Sketch } from './history.ts';
import type { Ms } from './service.ts';

/** Points of a sketch. Up to as many boots are kept exactly, for sorted values are their own evenly spaced quantiles. */
const points = 21;

/** Boots that a sketch stands for at most when new ones are merged into it, so that it follows a service that became slower. */
const heaviest = 200;

/** What is to be added: how often it was started and failed, and how long it took where it got ready. */
export type Addition = { readonly boots: number; readonly failures: number; readonly times: readonly Ms[] };

export const addToSketch = (before: Sketch | null, { boots, failures, times }: Addition): Sketch => ({
  boots: (before?.boots ?? 0) + boots,
  failures: (before?.failures ?? 0) + failures,
  quantiles:
    times.length === 0 ? (before?.quantiles ?? []) : toPoints([...(before === null ? [] : expandQuantiles(before)), ...times]),
});

/** Values that are distributed as the sketch says, as many as it stands for. */
export const expandQuantiles = ({ boots, failures, quantiles }: Sketch): readonly Ms[] =>
  quantiles.length < points ? quantiles : spread(quantiles, Math.min(Math.max(boots - failures, points), heaviest));

/** Two of different runs. */
const mergeSketches = (a: Sketch, b: Sketch): Sketch =>
  addToSketch(a, { boots: b.boots, failures: b.failures, times: expandQuantiles(b) });

const toPoints = (values: readonly Ms[]): readonly Ms[] => {
  const all = toSorted(values);
  return all.length <= points ? all : spread(all, points);
};

const spread = (ascending: readonly Ms[], count: number): readonly Ms[] =>
  Array.from({ length: count }, (_, index) => Math.round((quantile(ascending, index / (count - 1)) ?? 0) * 10) / 10);

/** Environments and machines come and go; the rare ones are then only part of the whole. */
const mostKinds = 8;

export type KindSketch = RunKind & Sketch;

/** Equal for runs whose times are compared with each other. */
export const keyOfKind = ({ environment, machine, warm }: RunKind): string => JSON.stringify([environment, machine, warm]);

/** The largest first, and of the same size by name. */
export const toKinds = (kinds: Iterable<KindSketch>): readonly KindSketch[] =>
  [...kinds]
    .filter(({ boots }) => boots > 0)
    .sort((a, b) => b.boots - a.boots || (keyOfKind(a) < keyOfKind(b) ? -1 : 1))
    .slice(0, mostKinds);

/** One service of two histories that have no run in common. */
export const mergeFoldedServices = (a: FoldedService, b: FoldedService): FoldedService => {
  const merged = { ...mergeSketches(a, b), lastRun: Math.max(a.lastRun, b.lastRun) };
  if (a.kinds === undefined && b.kinds === undefined) return merged;
  const kinds = new Map((a.kinds ?? []).map((kind) => [keyOfKind(kind), kind]));
  for (const kind of b.kinds ?? []) {
    const known = kinds.get(keyOfKind(kind));
    kinds.set(keyOfKind(kind), known === undefined ? kind : { ...kind, ...mergeSketches(known, kind) });
  }
  return { ...merged, kinds: toKinds(kinds.values()) };
};
