/**
 * What muster remembers of a boot. Every time is in milliseconds since the run began, measured on the monotonic clock, so
 * that differences add up; only `startedAt` is a date.
 */

import type { Ms, ServiceName } from './service.ts';

export type RunOutcome = 'up' | 'degraded' | 'failed' | 'timed-out' | 'interrupted';

/** One spawn of a service, or the try of one. Null: the attempt did not get that far. */
export type AttemptTimeline = {
  /** It had its slot and began (ports, then spawn). */
  readonly begun: Ms;
  readonly portsClear: Ms | null;
  readonly spawned: Ms | null;
  readonly firstProbe: Ms | null;
  /** When the last check that did not pass had ended: from then to `ready` is at most the probe's lag. Absent: there was none. */
  readonly lastMiss?: Ms;
  /** Ready, or for a task: completed. */
  readonly ready: Ms | null;
  /** The attempt was over before it was ready. */
  readonly failed: Ms | null;
  /** One clause: "exited with code 1". Never output, never a value of the environment. */
  readonly reason: string | null;
};

export type ServiceTimeline = {
  /** All its edges were satisfied. Null: never. */
  readonly satisfied: Ms | null;
  /** The dependency whose edge was the last one to be satisfied; null: it waited for nobody. */
  readonly releasedBy: ServiceName | null;
  /** `wait_before_start` was over. */
  readonly delayed: Ms | null;
  readonly attempts: readonly AttemptTimeline[];
  readonly ready: Ms | null;
  readonly outcome: 'ready' | 'completed' | 'failed' | 'skipped' | 'unsettled' | 'reused';
  readonly reason: string | null;
  readonly definitionHash: string;
};

/** One boot. */
export type RunRecord = {
  /** Counts up from 1 within a project. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly environment: string;
  /** Which command caused it: `up`, `start`, `run`, `recover`. */
  readonly trigger: string;
  readonly outcome: RunOutcome;
  /** From the beginning until every service had settled. */
  readonly duration: Ms;
  /** Of the whole stack. */
  readonly definitionHash: string;
  readonly maxParallel: number | null;
  readonly services: Readonly<Record<ServiceName, ServiceTimeline>>;
};

/** Runs that were folded away, per service: enough for quantiles, bounded in size. */
export type FoldedService = {
  readonly boots: number;
  readonly failures: number;
  /** The newest run folded in, by its id: says when a service that is gone may be forgotten. */
  readonly lastRun: number;
  /** Ready times (spawn to ready) at evenly spaced quantiles, ascending; empty while it never got ready. */
  readonly quantiles: readonly Ms[];
};

export type History = {
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  readonly folded: Readonly<Record<ServiceName, FoldedService>>;
};

export const emptyHistory: History = { runs: [], folded: {} };
