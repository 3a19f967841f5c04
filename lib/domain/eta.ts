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
  const schedule = simulate({
    ...plan.model,
    now,
    progress: progressOf,
    remaining: (job) => remainingOf(services[job], now - (progressOf(job).begun ?? now)),
  });
  const unknown = new Set(plan.unknown);
  const isGuess = plan.memory === 'none' || (pending.length > 0 && pending.every(({ name }) => unknown.has(name)));
  const end = pending.length === 0 ? schedule.total : Math.max(schedule.total, now);
  return {
    total: isGuess ? null : end,
    remaining: isGuess ? null : pending.length === 0 ? 0 : Math.max(end - now, shortest),
    waitsFor: sortRunning(plan, schedule, progressOf),
  };
};

const nothing: JobProgress = { begun: null, settled: null };

/** What is pending takes at least this long, or it would not be pending. */
const shortest = 10;

/** How much longer a service is expected to take that is later than it ever was, as a share of what it has taken. */
const lateness = 0.25;

const remainingOf = (service: PlannedService | undefined, elapsed: Ms): Ms => {
  const longer = service?.samples.filter((sample) => sample > elapsed) ?? [];
  const usual = median(longer) ?? service?.weight ?? 0;
  return Math.max(usual - elapsed, longer.length === 0 ? elapsed * lateness : 0, shortest);
};

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
