/**
 * What muster remembers of a boot. Every time is in milliseconds since the run began, measured on the monotonic clock, so
 * that differences add up; only `startedAt` is a date. Fields that may be absent came later than others: an older muster has
 * not written them, and nothing is guessed in their place.
 */

import type { KeptFailure } from './kept-failure.ts';
import type { Ms, ServiceName } from './service.ts';

export type RunOutcome = 'up' | 'degraded' | 'failed' | 'timed-out' | 'interrupted';

/** One spawn of a service, or the try of one. Null: the attempt did not get that far. */
export type AttemptTimeline = {
  /** It asked for one of the `max_parallel` slots: its dependencies, its delay or its back-off were over. */
  readonly queued?: Ms;
  /** It had its slot and began (ports, then spawn). */
  readonly begun: Ms;
  readonly portsClear: Ms | null;
  readonly spawned: Ms | null;
  readonly firstProbe: Ms | null;
  /** When the last check that did not pass had ended: from then to `ready` is at most the probe's lag. Absent: there was none. */
  readonly lastMiss?: Ms;
  /** The program had given its sign, and only `startup_delay` kept it from being ready. Absent: it was not so. */
  readonly signed?: Ms;
  /** `startup_delay` was over. Absent: there was none, or the attempt did not last that long. */
  readonly held?: Ms;
  /** Checks of readiness that were made until it was ready, or until the last one that said something new. Absent: none was counted. */
  readonly checks?: number;
  /** CPU time (user and system) that its processes had had when it was ready. Absent: the system did not tell, or it was not ready by a sign. */
  readonly cpu?: Ms;
  /** Ready, or for a task: completed. */
  readonly ready: Ms | null;
  /** The attempt was over before it was ready. */
  readonly failed: Ms | null;
  /** Nothing of the attempt ran any more, where that was later than `failed`; or one that had been ready was lost. */
  readonly ended?: Ms;
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
  /** Its outcome was certain, where its attempts do not say when: skipped, stopped or given up between them or without one. */
  readonly settled?: Ms;
  /** `stopped`: by hand, with a dependency that was lost, or with the whole boot. `unsettled`: none of all that yet. */
  readonly outcome: 'ready' | 'completed' | 'failed' | 'skipped' | 'stopped' | 'unsettled' | 'reused';
  readonly reason: string | null;
  /** How its newest attempt failed, or why it was not ready yet. Absent: neither, or it is up. */
  readonly failure?: KeptFailure;
  readonly definitionHash: string;
};

/** The stop of one service, in milliseconds since the stop of the stack began. */
export type StopTimeline = {
  /** It was told that it is to end; before that it ran. */
  readonly asked: Ms;
  /** Nobody needed it any more: it got its stop command or signal, and its grace began. Null: it did not come to that. */
  readonly signalled: Ms | null;
  /** The dependent whose end it had waited for last; null: it waited for nobody. */
  readonly releasedBy: ServiceName | null;
  /** SIGKILL went to its whole tree. Null: it ended by itself. */
  readonly killed: Ms | null;
  /** Nothing of it ran any more. Null: it could not be ended. */
  readonly gone: Ms | null;
};

/** The stop that ended a run: only what ran or was about to. */
export type StopRecord = {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** From the wish to the proof that nothing is left. */
  readonly took: Ms;
  /** Somebody was in a hurry (Ctrl-C again), or `shutdown_deadline` was over. */
  readonly hurried: boolean;
  readonly services: Readonly<Record<ServiceName, StopTimeline>>;
};

/** One boot. */
export type RunRecord = {
  /** Counts up from 1 within a project. Another number after two histories were merged. */
  readonly id: number;
  /** Says everywhere and for ever which run this is: random, or made of the record where an older muster gave it none. */
  readonly uid: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly environment: string;
  /** Which kind of machine it ran on, as `toMachineClass` has it: "linux-x64-8". Empty: not known. */
  readonly machine: string;
  /** Something was up already and was taken over or reused. */
  readonly warm: boolean;
  /** Which command caused it: `up`, `start`, `run`, `recover`. */
  readonly trigger: string;
  readonly outcome: RunOutcome;
  /** From the beginning until every service had settled. */
  readonly duration: Ms;
  /** CPU time that muster itself had in that time. Absent: not known. */
  readonly ownCpu?: Ms;
  /** Of the whole stack. */
  readonly definitionHash: string;
  readonly maxParallel: number | null;
  readonly services: Readonly<Record<ServiceName, ServiceTimeline>>;
  /** How the stack that came of it was stopped. Null: it was not, or nobody saw it. */
  readonly stop: StopRecord | null;
};

/** What is told apart when times are compared. */
export type RunKind = Pick<RunRecord, 'environment' | 'machine' | 'warm'>;

/** What is left of runs that were folded away: enough for quantiles, bounded in size. */
export type Sketch = {
  readonly boots: number;
  readonly failures: number;
  /** Ready times (spawn to ready) at evenly spaced quantiles, ascending; empty while it never got ready. */
  readonly quantiles: readonly Ms[];
};

/** Of one service: of all its folded runs, and of those of one kind. */
export type FoldedService = Sketch & {
  /** The newest run folded in, by its id: says when a service that is gone may be forgotten. */
  readonly lastRun: number;
  /** The largest first. Absent: an older muster folded them without telling them apart. */
  readonly kinds?: readonly (RunKind & Sketch)[];
};

/** Which runs the sketches are made of. */
export type FoldedRuns = {
  readonly count: number;
  /** Of the newest of them: where they turn up again in another history, they are not counted twice. */
  readonly uids: readonly string[];
};

export type History = {
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  readonly folded: Readonly<Record<ServiceName, FoldedService>>;
  /** Absent: nothing was folded yet, or an older muster did and did not say what. */
  readonly foldedRuns?: FoldedRuns;
};

export const emptyHistory: History = { runs: [], folded: {} };

/** Every service that it tells of, once. */
export const namesIn = ({ runs, folded }: Pick<History, 'runs' | 'folded'>): readonly ServiceName[] => [
  ...new Set([...runs.flatMap(({ services }) => Object.keys(services)), ...Object.keys(folded)]),
];
