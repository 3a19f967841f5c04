import { own } from '../util/own.ts';
import type { AttemptTimeline, FoldedRuns, FoldedService, History, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';
import { type Addition, addToSketch, type KindSketch, keyOfKind, toKinds } from './sketch.ts';

export { expandQuantiles } from './sketch.ts';

export type FoldLimits = {
  /** Runs that are kept in full. */
  readonly maxRuns: number;
  /** Size of all kept runs, in characters as they are stored, roughly. */
  readonly maxSize: number;
  /** The newest of every environment on every kind of machine are folded last: a busy one must not push out what is known of the others. */
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
  return { runs, folded: Object.fromEntries(known), foldedRuns: addFolded(history, leaving) };
};

/** So many of the newest folded runs are known by their uid, in 8 KB: two histories that went apart longer ago are strangers. */
const mostUids = 500;

const addFolded = ({ foldedRuns, runs }: History, leaving: ReadonlySet<RunRecord>): FoldedRuns => ({
  // An older muster did not count what it folded, but the ids did.
  count: (foldedRuns?.count ?? Math.max(0, (runs.at(-1)?.id ?? 0) - runs.length)) + leaving.size,
  uids: [...(foldedRuns?.uids ?? []), ...[...leaving].map(({ uid }) => uid)].slice(-mostUids),
});

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
    const { environment, machine } = runs[index] ?? { environment: '', machine: '' };
    const place = JSON.stringify([environment, machine]);
    const count = counts.get(place) ?? 0;
    if (count < perEnvironment) newest.add(index);
    counts.set(place, count + 1);
  }
  return newest;
};

/** Its characters in the file, near enough for a limit, and far quicker than writing it out: fixed parts by measure, texts by length. */
const sizeOf = (run: RunRecord): number => {
  let size = 250 + (run.stop === null ? 0 : 70);
  for (const [name, { releasedBy }] of Object.entries(run.stop?.services ?? {}))
    size += 60 + name.length + (releasedBy === null ? 0 : releasedBy.length + 15);
  for (const [name, { releasedBy, reason, definitionHash, attempts }] of Object.entries(run.services)) {
    size += 115 + name.length + (releasedBy?.length ?? 0) + (reason?.length ?? 0) + definitionHash.length;
    for (const attempt of attempts) size += 150 + (attempt.reason?.length ?? 0);
  }
  return size;
};

type Folding = { readonly run: RunRecord; readonly timeline: ServiceTimeline };

const groupByService = (runs: ReadonlySet<RunRecord>): ReadonlyMap<ServiceName, readonly Folding[]> => {
  const groups = new Map<ServiceName, Folding[]>();
  for (const run of runs) {
    for (const [name, timeline] of Object.entries(run.services)) {
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [{ run, timeline }]);
      else group.push({ run, timeline });
    }
  }
  return groups;
};

const foldTimelines = (before: FoldedService | null, foldings: readonly Folding[]): FoldedService => ({
  ...addToSketch(before, toAddition(foldings)),
  lastRun: Math.max(before?.lastRun ?? 0, ...foldings.map(({ run }) => run.id)),
  kinds: addToKinds(before?.kinds ?? [], foldings),
});

const toAddition = (foldings: readonly Folding[]): Addition => ({
  boots: foldings.filter(({ timeline }) => isBoot(timeline)).length,
  failures: foldings.filter(({ timeline }) => timeline.outcome === 'failed').length,
  times: foldings.flatMap(({ timeline }) => bootTimeOf(timeline) ?? []),
});

const addToKinds = (before: readonly KindSketch[], foldings: readonly Folding[]): readonly KindSketch[] => {
  const kinds = new Map(before.map((kind) => [keyOfKind(kind), kind]));
  for (const [key, group] of groupBy(foldings, ({ run }) => keyOfKind(run))) {
    const run = group[0]?.run;
    if (run === undefined) continue;
    const { environment, machine, warm } = run;
    kinds.set(key, { environment, machine, warm, ...addToSketch(kinds.get(key) ?? null, toAddition(group)) });
  }
  return toKinds(kinds.values());
};

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** It was started by this run, whatever came of it. */
export const isBoot = ({ attempts }: ServiceTimeline): boolean => attempts.length > 0;

/** From the spawn to ready, of the newest attempt that got there. */
export const bootTimeOf = (timeline: ServiceTimeline): Ms | null => {
  const attempt = readyAttemptOf(timeline);
  return attempt === null || attempt.spawned === null ? null : Math.max(0, (attempt.ready ?? 0) - attempt.spawned);
};

/** How many tries its newest start took: what somebody had started anew before that is none of them. */
export const triesOf = ({ attempts }: ServiceTimeline): number => {
  const hasFailed = ({ reason }: AttemptTimeline): boolean => reason !== null;
  const before = attempts.slice(0, -1);
  return attempts.length - 1 - before.findLastIndex((attempt) => !hasFailed(attempt));
};

export const readyAttemptOf = ({ attempts }: ServiceTimeline): AttemptTimeline | null =>
  attempts.findLast(({ ready, spawned }) => ready !== null && spawned !== null) ?? null;
