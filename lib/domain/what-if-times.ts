import { bootTimeOf, readyAttemptOf } from './fold.ts';
import type { ServiceTimeline } from './history.ts';
import type { Job } from './schedule.ts';
import type { Ms, Service } from './service.ts';
import { firstProbeBy } from './startup-delay.ts';
import type { Change } from './what-if-words.ts';

export type Note = (text: string) => void;

export type TimeChange = Extract<Change, { readonly kind: 'takes' | 'times' | 'shift' | 'no-delay' }>;

export type TimeInput = {
  readonly job: Job;
  readonly timeline: ServiceTimeline;
  /** As it is now. Undefined: it is not in the stack any more. */
  readonly service: Service | undefined;
  readonly note: Note;
};

type Times = Pick<Job, 'weight' | 'delay'>;

/** The same job with another time. */
export const applyToAttempt = (change: TimeChange, input: TimeInput): Job => {
  const times = toTimes(change, input);
  const { burst, ...job } = { ...input.job, ...times };
  return burst === undefined ? job : { ...job, burst: toBurst(change, burst, { before: input.job.weight, after: times.weight }) };
};

type ChangedWeight = { readonly before: Ms; readonly after: Ms };

/**
 * What takes a given time takes it, whoever competes with it. What is so much longer or shorter waits so much longer or shorter, and
 * computes less only where there is nothing left to wait for.
 */
const toBurst = (
  { kind }: TimeChange,
  burst: NonNullable<Job['burst']>,
  { before, after }: ChangedWeight,
): NonNullable<Job['burst']> => {
  if (kind === 'takes') return { ...burst, fixed: true, length: Math.min(burst.length, after) };
  if (burst.fixed && kind !== 'no-delay') return burst;
  if (kind === 'times') {
    const factor = before <= burst.lead ? 1 : Math.max(0, after - burst.lead) / (before - burst.lead);
    return { ...burst, length: burst.length * factor, rest: burst.rest * factor };
  }
  const rest = burst.rest + after - before;
  return { ...burst, fixed: false, rest: Math.max(0, rest), length: Math.max(0, burst.length + Math.min(0, rest)) };
};

const toTimes = (change: TimeChange, input: TimeInput): Times => {
  const { job, timeline, note } = input;
  if (change.kind === 'no-delay') return withoutDelay(change.service, input);
  const { weight, delay } = job;
  const boot = bootTimeOf(timeline);
  switch (change.kind) {
    case 'takes':
      return { delay, weight: untilSpawn(timeline) + change.ms };
    case 'times':
      if (boot === null) note(`"${change.service}" did not get ready in this run, so there is no time to change`);
      return { delay, weight: Math.max(0, weight + (boot ?? 0) * (change.factor - 1)) };
    case 'shift':
      return { delay, weight: Math.max(0, weight + Math.max(change.ms, -(boot ?? weight))) };
  }
};

/** Ports and spawn of its first attempt: they stay when the program becomes faster, and failed attempts do not. */
const untilSpawn = ({ attempts }: ServiceTimeline): Ms => {
  const first = attempts[0];
  return first === undefined || first.spawned === null ? 0 : Math.max(0, first.spawned - first.begun);
};

/**
 * `wait_before_start` is gone in full. Of `startup_delay` what it really cost: with a sign of the program on record, the time from
 * that sign on; without a probe all of it; else nobody knows when the program would have been ready, and the note says so.
 */
const withoutDelay = (name: string, { job, timeline, service, note }: TimeInput): Times => {
  const { satisfied, delayed } = timeline;
  const asked = satisfied === null || delayed === null ? 0 : Math.max(0, delayed - satisfied);
  const delay = Math.max(0, job.delay - asked);
  const attempt = readyAttemptOf(timeline);
  const startupDelay = service?.startupDelay ?? 0;
  if (attempt === null || attempt.ready === null || attempt.spawned === null || startupDelay === 0) {
    if (asked === 0) note(`"${name}" has no delay that could be left out`);
    return { delay, weight: job.weight };
  }
  const waited = attempt.ready - attempt.spawned;
  // The program had given its sign, and only the delay kept it.
  if (attempt.signed !== undefined) return { delay, weight: job.weight - (attempt.ready - attempt.signed) };
  if (service?.ready === null) return { delay, weight: job.weight - waited };
  const first = attempt.firstProbe ?? attempt.spawned;
  const missed = attempt.lastMiss !== undefined && attempt.lastMiss > first;
  if (missed || waited > firstProbeBy(startupDelay)) return { delay, weight: job.weight };
  note(
    `"${name}" was ready with its first probe, so how much of its startup_delay it needs is not known; without all of it at best`,
  );
  return { delay, weight: job.weight - Math.min(waited, startupDelay) };
};
