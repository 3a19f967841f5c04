import { own } from '../util/own.ts';
import { quantile, toSorted } from '../util/quantile.ts';
import type { AttemptTimeline, FoldedService, History, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

export type FoldLimits = {
  /** Runs that are kept in full. */
  readonly maxRuns: number;
  /** Size of all kept runs, in characters as they are stored, roughly. */
  readonly maxSize: number;
  /** The newest of every environment are folded last, so that a busy one does not push out what is known of the others. */
  readonly perEnvironment: number;
  /** A service that no newer run has seen is forgotten when it has been gone for this many runs. */
  readonly forgetAfter: number;
};

export const usualLimits: FoldLimits = { maxRuns: 200, maxSize: 1_800_000, perEnvironment: 10, forgetAfter: 200 };

/** The same history within the limits: what is above them goes into the quantiles of its services. The same object if nothing is. */
export const foldHistory = (history: History, limits: FoldLimits = usualLimits): History => {
  const leaving = pickLeaving(history.runs, limits);
  if (leaving.size === 0) return history;
  const folded = new Map(Object.entries(history.folded));
  for (const [name, timelines] of groupByService(leaving))
    folded.set(name, foldTimelines(own(history.folded, name) ?? null, timelines));
  const runs = history.runs.filter((run) => !leaving.has(run));
  const newest = runs.at(-1)?.id ?? Math.max(...[...leaving].map(({ id }) => id));
  const known = [...folded].filter(
    ([name, { lastRun }]) => newest - lastRun <= limits.forgetAfter || runs.some(({ services }) => Object.hasOwn(services, name)),
  );
  return { runs, folded: Object.fromEntries(known) };
};

/** The history with one more run, within the limits. */
export const appendRun = (history: History, run: RunRecord, limits: FoldLimits = usualLimits): History =>
  foldHistory({ ...history, runs: [...history.runs, run] }, limits);

export const nextRunId = ({ runs }: History): number => (runs.at(-1)?.id ?? 0) + 1;

/** From the oldest on, but the newest of each environment only when nothing else is left to go. */
const pickLeaving = (runs: readonly RunRecord[], limits: FoldLimits): ReadonlySet<RunRecord> => {
  const sizes = runs.map(sizeOf);
  let size = sizes.reduce((sum, one) => sum + one, 0);
  let count = runs.length;
  const leaving = new Set<RunRecord>();
  if (count <= limits.maxRuns && size <= limits.maxSize) return leaving;
  const last = pickNewest(runs, limits.perEnvironment);
  const order = [...runs.keys()].sort((a, b) => Number(last.has(a)) - Number(last.has(b)) || a - b);
  for (const index of order) {
    const run = runs[index];
    if (run === undefined || (count <= limits.maxRuns && size <= limits.maxSize)) break;
    leaving.add(run);
    count -= 1;
    size -= sizes[index] ?? 0;
  }
  return leaving;
};

const pickNewest = (runs: readonly RunRecord[], perEnvironment: number): ReadonlySet<number> => {
  const counts = new Map<string, number>();
  const newest = new Set<number>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const environment = runs[index]?.environment ?? '';
    const count = counts.get(environment) ?? 0;
    if (count < perEnvironment) newest.add(index);
    counts.set(environment, count + 1);
  }
  return newest;
};

/** Its characters in the file, near enough for a limit, and far quicker than writing it out: fixed parts by measure, texts by length. */
const sizeOf = (run: RunRecord): number => {
  let size = 200;
  for (const [name, { releasedBy, reason, definitionHash, attempts }] of Object.entries(run.services)) {
    size += 115 + name.length + (releasedBy?.length ?? 0) + (reason?.length ?? 0) + definitionHash.length;
    for (const attempt of attempts) size += 105 + (attempt.reason?.length ?? 0);
  }
  return size;
};

type Folding = { readonly run: number; readonly timeline: ServiceTimeline };

const groupByService = (runs: ReadonlySet<RunRecord>): ReadonlyMap<ServiceName, readonly Folding[]> => {
  const groups = new Map<ServiceName, Folding[]>();
  for (const run of runs) {
    for (const [name, timeline] of Object.entries(run.services)) {
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [{ run: run.id, timeline }]);
      else group.push({ run: run.id, timeline });
    }
  }
  return groups;
};

const foldTimelines = (before: FoldedService | null, timelines: readonly Folding[]): FoldedService => {
  const boots = timelines.filter(({ timeline }) => isBoot(timeline)).length;
  const failures = timelines.filter(({ timeline }) => timeline.outcome === 'failed').length;
  const times = timelines.flatMap(({ timeline }) => bootTimeOf(timeline) ?? []);
  return {
    boots: (before?.boots ?? 0) + boots,
    failures: (before?.failures ?? 0) + failures,
    lastRun: Math.max(before?.lastRun ?? 0, ...timelines.map(({ run }) => run)),
    quantiles: mergeQuantiles(before, times),
  };
};

/** It was started by this run, whatever came of it. */
export const isBoot = ({ attempts }: ServiceTimeline): boolean => attempts.length > 0;

/** From the spawn to ready, of the newest attempt that got there. */
export const bootTimeOf = (timeline: ServiceTimeline): Ms | null => {
  const attempt = readyAttemptOf(timeline);
  return attempt === null || attempt.spawned === null ? null : Math.max(0, (attempt.ready ?? 0) - attempt.spawned);
};

export const readyAttemptOf = ({ attempts }: ServiceTimeline): AttemptTimeline | null =>
  attempts.findLast(({ ready, spawned }) => ready !== null && spawned !== null) ?? null;

/** Points of a sketch. Up to as many boots are kept exactly, for sorted values are their own evenly spaced quantiles. */
const points = 21;

/** Boots that a sketch stands for at most when new ones are merged into it, so that it follows a service that became slower. */
const heaviest = 200;

const mergeQuantiles = (before: FoldedService | null, times: readonly Ms[]): readonly Ms[] => {
  if (times.length === 0) return before?.quantiles ?? [];
  const all = toSorted([...(before === null ? [] : expandQuantiles(before)), ...times]);
  return all.length <= points ? all : spread(all, points);
};

/** Values that are distributed as the sketch says, as many as it stands for. */
export const expandQuantiles = ({ boots, failures, quantiles }: FoldedService): readonly Ms[] =>
  quantiles.length < points ? quantiles : spread(quantiles, Math.min(Math.max(boots - failures, points), heaviest));

const spread = (ascending: readonly Ms[], count: number): readonly Ms[] =>
  Array.from({ length: count }, (_, index) => Math.round((quantile(ascending, index / (count - 1)) ?? 0) * 10) / 10);
