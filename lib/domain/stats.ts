import { own } from '../util/own.ts';
import { quantile, toSorted } from '../util/quantile.ts';
import { bootTimeOf, expandQuantiles, isBoot } from './fold.ts';
import type { FoldedService, History, RunOutcome, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';
import { type Trend, toTrend } from './trend.ts';

export type StatsOptions = {
  /** Null: all of them. */
  readonly environment?: string | null;
  /** Only runs that began at or after this; epoch milliseconds. Null: all. */
  readonly since?: number | null;
  /** Only these, in this order. Null: all that were ever seen. */
  readonly services?: readonly ServiceName[] | null;
  /** Those that the stack has now: a boot is not a partial one for lacking what is gone. Null: not known. */
  readonly stack?: readonly ServiceName[] | null;
};

/** One boot of a service, or of the stack. */
export type Sample = {
  readonly run: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly ms: Ms;
  readonly definitionHash: string;
};

export type Spread = {
  readonly last: Ms | null;
  readonly p50: Ms | null;
  readonly p95: Ms | null;
  readonly p99: Ms | null;
  readonly trend: Trend;
  /** Oldest first: for bars, and for whoever looks for the run since which it is slower. */
  readonly samples: readonly Sample[];
};

export type ServiceStats = Spread & {
  readonly name: ServiceName;
  /** Runs that started it. */
  readonly boots: number;
  /** Runs in which it failed. */
  readonly failures: number;
  /** Share of the boots that got ready, but not with the first attempt. Null: no boot got ready. */
  readonly flakiness: number | null;
};

export type StackStats = Spread & {
  /** Boots of the whole stack. */
  readonly runs: number;
  /** Boots of a part of it, and starts by hand; they count for their services only. */
  readonly partialRuns: number;
  readonly outcomes: Readonly<Record<RunOutcome, number>>;
  /** Each boot of the whole stack, whatever came of it, oldest first. */
  readonly wholeRuns: readonly WholeRun[];
};

export type WholeRun = { readonly run: number; readonly at: number; readonly ms: Ms; readonly outcome: RunOutcome };

export type Stats = {
  readonly environment: string | null;
  /** Runs that nothing but quantiles is known of; not among those that were looked at. */
  readonly foldedRuns: number;
  /** Runs of another environment, or before the date. */
  readonly otherRuns: number;
  readonly stack: StackStats;
  readonly services: readonly ServiceStats[];
};

/**
 * What the memory says, per service and for the stack. Spawn to ready for a service; for the stack the wall time of the boots
 * in which everything came up that had to. Folded runs count only where nothing is filtered, because they tell neither date nor
 * environment.
 */
export const toStats = (history: History, options: StatsOptions = {}): Stats => {
  const { environment = null, since = null } = options;
  const known = history.runs.filter((run) => environment === null || run.environment === environment);
  const runs = known.filter(({ startedAt }) => since === null || startedAt >= since);
  const folded = environment === null && since === null ? history.folded : {};
  const names = options.services ?? collectNames(runs, folded);
  return {
    environment,
    foldedRuns: countFolded(history),
    otherRuns: history.runs.length - runs.length,
    stack: toStackStats(runs, pickWhole(known, options.stack ?? null)),
    services: names.map((name) => toServiceStats(name, runs, own(folded, name) ?? null)),
  };
};

/** Where an older muster did not count them, at least as many as it has boots of one service. */
const countFolded = ({ foldedRuns, folded }: History): number =>
  foldedRuns?.count ?? Math.max(0, ...Object.values(folded).map(({ boots }) => boots));

/** As the newest run has them, then those that are gone. */
const collectNames = (runs: readonly RunRecord[], folded: Readonly<Record<ServiceName, FoldedService>>): ServiceName[] => {
  const names = new Set<ServiceName>();
  for (const run of runs.toReversed()) for (const name of Object.keys(run.services)) names.add(name);
  for (const name of Object.keys(folded)) names.add(name);
  return [...names];
};

/** Among so many of the newest boots there is one of the whole stack; a service that none of them has is gone. */
const lately = 10;

/**
 * What a boot of the whole stack has: the services of the newest boot that no other of the last ones goes beyond. A run does
 * not say what was asked for, and a boot of some services looks like one of a stack that has no others.
 */
const pickWhole = (runs: readonly RunRecord[], present: readonly ServiceName[] | null): readonly ServiceName[] => {
  const sets = runs
    .filter(isBootOfStack)
    .slice(-lately)
    .map(({ services }) => new Set(Object.keys(services)));
  const goesBeyond = (other: ReadonlySet<string>, one: ReadonlySet<string>): boolean =>
    other.size > one.size && [...one].every((name) => other.has(name));
  const whole = sets.findLast((one) => !sets.some((other) => goesBeyond(other, one)));
  return [...(whole ?? [])].filter((name) => present === null || present.includes(name));
};

const isBootOfStack = ({ trigger }: RunRecord): boolean => trigger !== 'start';

const toStackStats = (everyRun: readonly RunRecord[], whole: readonly ServiceName[]): StackStats => {
  const outcomes: Record<RunOutcome, number> = { up: 0, degraded: 0, failed: 0, 'timed-out': 0, interrupted: 0 };
  const runs = everyRun.filter((run) => isBootOfStack(run) && whole.every((name) => Object.hasOwn(run.services, name)));
  for (const { outcome } of runs) outcomes[outcome] += 1;
  const samples = runs
    // A run that started nothing says nothing about how long a boot takes.
    .filter(({ outcome, services }) => (outcome === 'up' || outcome === 'degraded') && Object.values(services).some(isBoot))
    .map(({ id, startedAt, duration, definitionHash }) => ({ run: id, at: startedAt, ms: duration, definitionHash }));
  const wholeRuns = runs
    .filter(({ services }) => Object.values(services).some(isBoot))
    .map(({ id, startedAt, duration, outcome }) => ({ run: id, at: startedAt, ms: duration, outcome }));
  return { runs: runs.length, partialRuns: everyRun.length - runs.length, outcomes, wholeRuns, ...toSpread(samples, []) };
};

const toServiceStats = (name: ServiceName, runs: readonly RunRecord[], folded: FoldedService | null): ServiceStats => {
  const samples: Sample[] = [];
  let [boots, failures, shaky] = [folded?.boots ?? 0, folded?.failures ?? 0, 0];
  for (const run of runs) {
    const timeline = own(run.services, name);
    if (timeline === undefined) continue;
    if (isBoot(timeline)) boots += 1;
    if (timeline.outcome === 'failed') failures += 1;
    const ms = bootTimeOf(timeline);
    if (ms === null) continue;
    samples.push({ run: run.id, at: run.startedAt, ms, definitionHash: timeline.definitionHash });
    if (isShaky(timeline)) shaky += 1;
  }
  const spread = toSpread(samples, folded === null ? [] : expandQuantiles(folded));
  return { name, boots, failures, flakiness: samples.length === 0 ? null : shaky / samples.length, ...spread };
};

const isShaky = ({ attempts }: ServiceTimeline): boolean => attempts[0]?.ready === null;

const toSpread = (samples: readonly Sample[], older: readonly Ms[]): Spread => {
  const times = samples.map(({ ms }) => ms);
  const ascending = toSorted([...times, ...older]);
  return {
    last: times.at(-1) ?? null,
    p50: quantile(ascending, 0.5),
    p95: quantile(ascending, 0.95),
    p99: quantile(ascending, 0.99),
    trend: toTrend(times),
    samples,
  };
};
