import { median } from '../util/quantile.ts';
import type { Plan, PlannedService } from './plan.ts';
import { type JobProgress, simulate } from './schedule.ts';
import type { Ms, ServiceName } from './service.ts';
import { toLatest } from './slack.ts';

/** What has happened to each service, in milliseconds since the run began. One that is not named has not begun. */
export type Progress = ReadonlyMap<ServiceName, JobProgress>;

export type Estimate = {
  /** From the beginning of the run. Null: no memory to tell it by. */
  readonly total: Ms | null;
  readonly remaining: Ms | null;
  /** What is starting now, the one that decides the end first. */
  readonly waitsFor: readonly ServiceName[];
  /** Those of them that have taken clearly longer than in any boot that is remembered. */
  readonly overdue: readonly ServiceName[];
  /** What it rests on: `none`, then `total` is null; `partial`, then some services were never seen. */
  readonly memory: Plan['memory'];
};

/**
 * How long the boot will still take, from what has happened and what earlier boots took. Never below zero, and never zero while
 * something is pending: a service that is over its usual time is expected to take as long as those that were as late, and the
 * longer it takes beyond all of them, the longer it is expected to take.
 */
export const estimate = (plan: Plan, progress: Progress, now: Ms): Estimate => {
  const services = [...plan.services.values()];
  const progressOf = (job: number): JobProgress => progress.get(services[job]?.name ?? '') ?? nothing;
  const pending = services.filter((_, job) => progressOf(job).settled === null);
  const pace = toPace(services, progressOf);
  const schedule = simulate({
    ...plan.model,
    jobs: plan.model.jobs.map((job) => ({ ...job, weight: job.weight * pace })),
    now,
    progress: progressOf,
    remaining: (job) => remainingOf(services[job], now - (progressOf(job).begun ?? now), pace),
  });
  const unknown = new Set(plan.unknown);
  const isGuess = plan.memory === 'none' || (pending.length > 0 && pending.every(({ name }) => unknown.has(name)));
  const waitsFor = sortRunning(plan, schedule, progressOf);
  const end = pending.length === 0 ? schedule.total : Math.max(schedule.total, now);
  return {
    total: isGuess ? null : end,
    remaining: isGuess ? null : pending.length === 0 ? 0 : Math.max(end - now, shortest),
    waitsFor,
    overdue: waitsFor.filter((name) => isOverdue(plan.services.get(name), progress.get(name), now)),
    memory: plan.memory,
  };
};

const nothing: JobProgress = { begun: null, settled: null };

/** What is pending takes at least this long, or it would not be pending. */
const shortest = 10;

/** Counts as if so much had gone at its usual pace already: a few milliseconds of one service say nothing about a machine. */
const trusted: Ms = 300;
/** Half of it: part of what services wait for (a timer, a network) does not care how busy the machine is. */
const believed = 0.5;
/** One that took far longer than usual has a reason of its own. */
const furthest = 2;

/**
 * How much slower or faster than usual it goes today, by what has settled: a busy machine is slow for everybody. 1 where nothing is
 * known.
 */
const toPace = (services: readonly PlannedService[], progressOf: (job: number) => JobProgress): number => {
  let [took, usual] = [trusted, trusted];
  for (const { index, weight, samples } of services) {
    const { begun, settled } = progressOf(index);
    if (begun === null || settled === null || samples.length === 0) continue;
    took += Math.min(settled - begun, weight * furthest);
    usual += weight;
  }
  return 1 + believed * (took / usual - 1);
};

/** How much longer a service is expected to take that is later than it ever was, as a share of what it has taken. */
const lateness = 0.25;

const remainingOf = (service: PlannedService | undefined, elapsed: Ms, pace: number): Ms => {
  const longer = service?.samples.map((sample) => sample * pace).filter((sample) => sample > elapsed) ?? [];
  const usual = median(longer) ?? (service?.weight ?? 0) * pace;
  return Math.max(usual - elapsed, longer.length === 0 ? elapsed * lateness : 0, shortest);
};

const isOverdue = (service: PlannedService | undefined, seen: JobProgress | undefined, now: Ms): boolean => {
  const longest = service?.samples.at(-1);
  return longest !== undefined && now - (seen?.begun ?? now) > longest + Math.max(longest * tolerated, unnoticed);
};

/** Somewhat later than ever is nothing to tell anybody: a share of the longest time, and what nobody would notice. */
const tolerated = 0.2;
const unnoticed: Ms = 200;

const sortRunning = (
  plan: Plan,
  schedule: ReturnType<typeof simulate>,
  progressOf: (job: number) => JobProgress,
): ServiceName[] => {
  const latest = toLatest(plan.model.jobs, schedule);
  const slackOf = (job: number): Ms => (latest[job] ?? 0) - (schedule.jobs[job]?.settled ?? 0);
  const running = [...plan.services.values()].filter(({ index }) => {
    const { begun, settled } = progressOf(index);
    return begun !== null && settled === null;
  });
  return running.sort((a, b) => slackOf(a.index) - slackOf(b.index) || a.index - b.index).map(({ name }) => name);
};
