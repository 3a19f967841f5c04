/**
 * The life of one service.
 *
 *            ┌────────────── skipped ◄──────────┐ a dependency failed          (a late success of it leads back)
 *            ▼                                  │
 *   idle ─► waiting ─► delayed ─► waiting ─► starting ─────────► ready ◄─► unhealthy
 *            ▲  dependencies    (for a slot)  │  │   task: exit 0  │            │
 *            │                                │  └─────────────► completed      │ on_unhealthy, health_timeout,
 *            │        backoff ◄───────────────┴──── exit ──────────┘            │ stop, restart
 *            └───────────┘  └─► failed (no retry left)                          ▼
 *            └──────────────────────────── stopped ◄───────────────────────  stopping
 *
 * Hooks are phases inside these states: before_start of `starting`, before_stop and after_stop of `stopping`. after_ready is none:
 * nobody waits for it.
 *
 * Three things are kept apart: what the user wants (`desired`), what is (`state`), and why (the data inside the state).
 */

import type { BoundPort, Earlier, Exit, Misplaced, PortRefusal, ProcessIdentity, SpawnFailure, Survivor } from './process.ts';
import type { HookName, Ms, ServiceName } from './service.ts';

export type LiveProcess = {
  readonly identity: ProcessIdentity;
  readonly spawnedAt: Ms;
  /** Absent: nobody has told. */
  readonly earlier?: Earlier;
  /** It was ready before: what follows that has been done, and how long the way to it took is not known. */
  readonly wasReady?: true;
};

/** How a hook failed: "exited with code 1", and the last line that it printed, where that is known. */
export type HookEnd = { readonly how: string; readonly said: string | null };

/** `asks`: which of its probes has the URL. `said`: "404 Not Found". */
export type Refused = { readonly asks: 'health' | 'ready'; readonly said: string };

/** Why an attempt failed, or the service with it. */
export type Failure =
  | { readonly kind: 'exited'; readonly exit: Exit; readonly beforeReady: boolean }
  | {
      readonly kind: 'not-ready';
      readonly after: Ms;
      /** Of a task, which is ready when it has ended. */
      readonly awaited?: 'end';
      readonly lastProbe: string | null;
      /** Where it listened instead. Absent: it was not seen to. */
      readonly misplaced?: Misplaced;
      /** It did answer, but that there is nothing to be had where it was asked. Absent: it did not. */
      readonly refused?: Refused;
    }
  | { readonly kind: 'spawn'; readonly failure: SpawnFailure }
  | { readonly kind: 'hook'; readonly hook: HookName; readonly end: HookEnd }
  | { readonly kind: 'port'; readonly refusal: PortRefusal }
  | { readonly kind: 'unhealthy'; readonly detail: string }
  /** `last`: how its newest attempt had failed, when one had. */
  | { readonly kind: 'boot-timeout'; readonly after: Ms; readonly last: Failure | null }
  | { readonly kind: 'survived'; readonly survivors: readonly Survivor[] }
  /** Told by a supervisor that was killed: all that it has left is this clause. */
  | { readonly kind: 'earlier'; readonly said: string };

/** Who asked for the stop. */
export type StopReason =
  | { readonly kind: 'user' }
  | { readonly kind: 'dependency-lost'; readonly on: ServiceName }
  | { readonly kind: 'aborted'; readonly because: ServiceName }
  | { readonly kind: 'restart' };

/** What made it start anew, where nothing had failed. */
export type RestartCause = {
  readonly kind: 'watch';
  /** Relative to the project: the one that is named, of those that changed. */
  readonly file: string;
  /** How many more changed with it. */
  readonly more: number;
  /** It follows that service, whose files they are; null: they are its own. */
  readonly of: ServiceName | null;
};

/** What an attempt was made for; also that `on_unhealthy` is set, and the one before did not pass its checks any more. */
export type AttemptCause = RestartCause | { readonly kind: 'unhealthy'; readonly detail: string };

/** What follows when the process is gone. */
export type AfterStop =
  | { readonly to: 'stopped'; readonly reason: StopReason }
  | { readonly to: 'start' }
  | { readonly to: 'retry'; readonly failure: Failure }
  | { readonly to: 'fail'; readonly failure: Failure };

export type ServiceState =
  | { readonly kind: 'idle' }
  /** For the dependencies in `on`; when that is empty, for one of the `max_parallel` slots. */
  | { readonly kind: 'waiting'; readonly since: Ms; readonly on: readonly ServiceName[]; readonly forSlot: boolean }
  | { readonly kind: 'delayed'; readonly since: Ms; readonly until: Ms }
  | {
      readonly kind: 'starting';
      readonly since: Ms;
      readonly phase: 'ports' | 'before-start' | 'spawning' | 'probing';
      readonly process: LiveProcess | null;
      readonly passes: number;
      /** `startup_delay` still runs. */
      readonly holding: boolean;
      readonly lastProbe: string | null;
      /** When readiness was first asked for. */
      readonly firstProbe: Ms | null;
    }
  | {
      readonly kind: 'ready';
      readonly since: Ms;
      readonly process: LiveProcess;
      readonly failures: number;
      readonly lastProbe: string | null;
    }
  | {
      readonly kind: 'unhealthy';
      readonly since: Ms;
      readonly readySince: Ms;
      readonly process: LiveProcess;
      readonly passes: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'backoff';
      readonly since: Ms;
      readonly until: Ms;
      readonly failure: Failure;
      readonly retry: number;
      readonly of: number;
    }
  | {
      readonly kind: 'stopping';
      readonly since: Ms;
      /**
       * `spawn`: for a spawn under way. `dependents`: for those that need it. `before-stop`: its hook runs. `asked`: it has its
       * grace. `killing`: that is over. `after-stop`: it is gone, and its hook runs.
       */
      readonly phase: 'spawn' | 'dependents' | 'before-stop' | 'asked' | 'killing' | 'after-stop';
      readonly askedAt: Ms | null;
      readonly process: LiveProcess | null;
      readonly hurry: Ms | null;
      /** It is gone by now, and had to be killed. */
      readonly killedAfter?: Ms | null;
      readonly next: AfterStop;
    }
  | { readonly kind: 'stopped'; readonly since: Ms; readonly reason: StopReason; readonly killedAfter: Ms | null }
  | { readonly kind: 'completed'; readonly since: Ms; readonly exit: Exit }
  | {
      readonly kind: 'failed';
      readonly since: Ms;
      readonly failure: Failure;
      readonly restarts: number;
      readonly breakerOpen: boolean;
      /** What opened it: none of the restarts got ready, however far apart they were. */
      readonly neverReady?: true;
    }
  /** `chain` leads from the dependency that broke to the root cause, which is its last entry. */
  | { readonly kind: 'skipped'; readonly since: Ms; readonly chain: readonly ServiceName[] };

export type StateKind = ServiceState['kind'];

/** Every state there is, in the order in which a service may come through them: the compiler sees to it that none is missing. */
export const stateKinds = Object.keys({
  idle: true,
  waiting: true,
  delayed: true,
  starting: true,
  ready: true,
  unhealthy: true,
  backoff: true,
  stopping: true,
  stopped: true,
  completed: true,
  failed: true,
  skipped: true,
} satisfies Record<StateKind, true>) as readonly StateKind[];
export type StateOf<Kind extends StateKind> = Extract<ServiceState, { kind: Kind }>;

/** What the restart policy counts. */
export type RestartCount = {
  /** When restarts were granted; only those within the policy's window matter to the breaker. */
  readonly times: readonly Ms[];
  /** Since it was last ready for a whole window: decides the delay. */
  readonly streak: number;
  /** Since it was last ready at all: a service that never gets ready does not try for ever, however slowly it fails. */
  readonly sinceReady: number;
};

export type ServiceRecord = {
  readonly state: ServiceState;
  readonly desired: 'running' | 'stopped';
  /** Number of the newest attempt; 0 before the first. Events of earlier ones are dropped. */
  readonly attempt: number;
  readonly ports: readonly BoundPort[];
  readonly restarts: RestartCount;
  /** The dependency whose edge was satisfied last. */
  readonly releasedBy: ServiceName | null;
  /** Dependencies for which `wait_up_to` is over: it no longer waits for them. */
  readonly impatient: readonly ServiceName[];
  /** Dependencies lost while it ran, after whose return it restarts. */
  readonly lost: readonly ServiceName[];
  /** Some dependent went on without it. */
  readonly late: boolean;
  /** Why it was started anew the last time, and when; null: nobody but people or its policy did. */
  readonly because: (AttemptCause & { readonly at: Ms }) | null;
  /** Its files are not watched any more: it changes this one itself, as it seems. Null: they are, or never were. */
  readonly unwatched: string | null;
  /** How its newest attempt that failed did, and when. Absent: none did, under this supervisor. */
  readonly lastFailure?: { readonly failure: Failure; readonly at: Ms };
  /** Of its newest attempt. Absent: it listens where it should, or nobody has looked. */
  readonly misplaced?: Misplaced | undefined;
};

export const noRestarts: RestartCount = { times: [], streak: 0, sinceReady: 0 };

export const newRecord: ServiceRecord = {
  state: { kind: 'idle' },
  desired: 'stopped',
  attempt: 0,
  ports: [],
  restarts: noRestarts,
  releasedBy: null,
  impatient: [],
  lost: [],
  late: false,
  because: null,
  unwatched: null,
};

/** The service whose end took it down; null: somebody asked for the stop. */
export const blamedFor = (reason: StopReason): ServiceName | null => {
  if (reason.kind === 'dependency-lost') return reason.on;
  return reason.kind === 'aborted' ? reason.because : null;
};

/** What went wrong, where it is given up or tried again, or is being stopped for one of these; null: nothing did. */
export const failureOf = (state: ServiceState): Failure | null => {
  if (state.kind === 'backoff' || state.kind === 'failed') return state.failure;
  return state.kind === 'stopping' && (state.next.to === 'retry' || state.next.to === 'fail') ? state.next.failure : null;
};

/** It is up: dependents that asked for `healthy` may run. */
export const isUp = ({ kind }: ServiceState): boolean => kind === 'ready' || kind === 'unhealthy';

/** From its spawn to ready. Null: it is not up, or was taken over as what was. */
export const timeToReadyOf = (state: ServiceState): Ms | null => {
  if ((state.kind !== 'ready' && state.kind !== 'unhealthy') || state.process.wasReady === true) return null;
  return (state.kind === 'ready' ? state.since : state.readySince) - state.process.spawnedAt;
};

/** There is, or may be, a process of it. */
export const isLive = ({ kind }: ServiceState): boolean =>
  kind === 'starting' || kind === 'ready' || kind === 'unhealthy' || kind === 'stopping';

/** Nothing more will happen to it by itself. */
export const isSettled = ({ kind }: ServiceState): boolean =>
  kind === 'ready' ||
  kind === 'unhealthy' ||
  kind === 'completed' ||
  kind === 'failed' ||
  kind === 'skipped' ||
  kind === 'stopped' ||
  kind === 'idle';

/** Nothing of it runs, and nothing will by itself. */
export const isAtRest = (state: ServiceState): boolean => isSettled(state) && !isLive(state);

export const processOf = (state: ServiceState): LiveProcess | null =>
  state.kind === 'starting' || state.kind === 'ready' || state.kind === 'unhealthy' || state.kind === 'stopping'
    ? state.process
    : null;
