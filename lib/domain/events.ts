/** What goes into the life of a service (events, past tense) and what comes out of it (effects, imperative). */

import type {
  BoundPort,
  Earlier,
  Exit,
  Misplaced,
  PortRefusal,
  ProbeResult,
  ProcessIdentity,
  SpawnFailure,
  Survivor,
} from './process.ts';
import type { HookName, Ms, ServiceName } from './service.ts';
import type { AfterStop, Failure, HookEnd, RestartCause, RestartCount, ServiceRecord, StopReason } from './state.ts';

/** `delay`: wait_before_start. `startup`: startup_delay. `readiness`: health_timeout. `patience:db`: wait_up_to for db. */
export type TimerName = 'delay' | 'startup' | 'readiness' | 'backoff' | 'grace' | `patience:${ServiceName}`;

/** Something that happened, or was asked, to one service. With `attempt`: it belongs to that attempt and is dropped later. */
export type ServiceEvent =
  /** `goesOn`: by a boot after the death of a supervisor; what is in its back-off stays there. */
  | { readonly type: 'startRequested'; readonly goesOn?: boolean }
  | { readonly type: 'stopRequested'; readonly reason: StopReason }
  /** By hand; or `because` of something, which does not bring back what people have stopped. */
  | { readonly type: 'restartRequested'; readonly because?: RestartCause }
  /** It seems to change this file of its own, and would restart for ever. */
  | { readonly type: 'watchPaused'; readonly file: string }
  /** By hand, while it runs: its files are watched again. */
  | { readonly type: 'watchResumed' }
  /** An earlier supervisor was killed while it had this service: it goes on where it was. */
  | { readonly type: 'adopted'; readonly adoption: Adoption }
  /** The stop must end within `grace` from now; 0: kill at once. */
  | { readonly type: 'stopHurried'; readonly grace: Ms }
  /** Its boot is given up. */
  | { readonly type: 'startGivenUp'; readonly failure: Failure }
  /** `by` is the dependency that changed; null at the first look. */
  | { readonly type: 'dependenciesChanged'; readonly by: ServiceName | null }
  | { readonly type: 'dependencyLost'; readonly on: ServiceName }
  | { readonly type: 'dependentsChanged' }
  | { readonly type: 'slotGranted' }
  | { readonly type: 'dependentWentOn' }
  | { readonly type: 'timerFired'; readonly timer: TimerName }
  | { readonly type: 'portsClaimed'; readonly attempt: number; readonly ports: readonly BoundPort[] }
  /** A task: its inputs, its definition and its last success are unchanged. */
  | { readonly type: 'foundDone'; readonly attempt: number }
  | { readonly type: 'portsRefused'; readonly attempt: number; readonly refusal: PortRefusal }
  /** `problem`: null: it did what it should. */
  | { readonly type: 'hookEnded'; readonly attempt: number; readonly hook: HookName; readonly problem: HookEnd | null }
  | {
      readonly type: 'spawned';
      readonly attempt: number;
      readonly identity: ProcessIdentity;
      /** Absent: it is nobody's business here. */
      readonly earlier?: Earlier;
    }
  | { readonly type: 'spawnFailed'; readonly attempt: number; readonly failure: SpawnFailure }
  | {
      readonly type: 'probed';
      readonly attempt: number;
      readonly purpose: 'ready' | 'health';
      readonly result: ProbeResult;
      /** When it was last seen to fail; null: it has not. */
      readonly missedAt: Ms | null;
      /** How many checks were made so far. Absent: they are not counted, as with a sign that is waited for. */
      readonly checks?: number;
      /** CPU time that its processes have had by now, where that is asked for and the system tells. */
      readonly cpu?: Ms;
    }
  /** It waits in vain: it listens elsewhere. */
  | { readonly type: 'foundMisplaced'; readonly attempt: number; readonly misplaced: Misplaced }
  | { readonly type: 'exited'; readonly attempt: number; readonly exit: Exit; readonly portInUse?: PortRefusal }
  /** What runs it elsewhere starts it again by itself: its readiness is waited for once more. `detail`: what happened, one clause. */
  | { readonly type: 'restartedElsewhere'; readonly attempt: number; readonly detail: string }
  | { readonly type: 'treeEnded'; readonly attempt: number }
  | { readonly type: 'treeSurvived'; readonly attempt: number; readonly survivors: readonly Survivor[] };

export type Adoption = {
  /** The number that the earlier supervisor had given to its newest attempt. */
  readonly number: number;
  readonly ports: readonly BoundPort[];
  readonly restarts: RestartCount;
  readonly as: Resumed;
  /** Of what runs. Absent: nothing that it says is waited for, or nobody here hears it. */
  readonly earlier?: Earlier | EarlierThan;
};

/** When the attempt began, where it was not told what there was by then. */
export type EarlierThan = { readonly before: Ms };

/** Where a service goes on. */
export type Resumed =
  /** Alive and unchanged: taken over as it is. */
  | {
      readonly kind: 'running';
      readonly identity: ProcessIdentity;
      readonly was: 'starting' | 'ready' | 'unhealthy';
      readonly spawnedAt: Ms;
    }
  /** `graceLeft`: null when it has not been asked yet, since others need it. */
  | { readonly kind: 'stopping'; readonly identity: ProcessIdentity; readonly graceLeft: Ms | null; readonly next: AfterStop }
  | { readonly kind: 'died'; readonly beforeReady: boolean }
  | { readonly kind: 'backoff'; readonly left: Ms; readonly failure: Failure }
  /** A task that has done its work for those that run. */
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'stopped'; readonly reason: StopReason }
  /** Nothing of it runs: only its number goes on. */
  | { readonly kind: 'resting' };

/** Something the edge must do. Each kind has exactly one action in `supervisor/effects.ts`. */
export type Effect =
  | { readonly type: 'claimPorts'; readonly name: ServiceName; readonly attempt: number }
  | {
      readonly type: 'adopt';
      readonly name: ServiceName;
      readonly attempt: number;
      readonly identity: ProcessIdentity;
      readonly earlier: Earlier | EarlierThan | null;
    }
  | { readonly type: 'spawn'; readonly name: ServiceName; readonly attempt: number }
  | { readonly type: 'startProbing'; readonly name: ServiceName; readonly attempt: number; readonly purpose: 'ready' | 'health' }
  | { readonly type: 'stopProbing'; readonly name: ServiceName }
  | { readonly type: 'setTimer'; readonly name: ServiceName; readonly timer: TimerName; readonly after: Ms }
  | { readonly type: 'cancelTimers'; readonly name: ServiceName }
  | { readonly type: 'cancelTimer'; readonly name: ServiceName; readonly timer: TimerName }
  | { readonly type: 'runHook'; readonly name: ServiceName; readonly attempt: number; readonly hook: HookName }
  /** One that is under way is killed, and nobody is told. */
  | { readonly type: 'endHook'; readonly name: ServiceName }
  /** Stop command or signal, then watch until the tree is gone. */
  | { readonly type: 'stopTree'; readonly name: ServiceName; readonly attempt: number }
  | { readonly type: 'killTree'; readonly name: ServiceName; readonly attempt: number }
  /** The process ended by itself: end whatever it left. A later start waits for this. */
  | { readonly type: 'sweep'; readonly name: ServiceName; readonly attempt: number };

/** One step in the life of one service, as published to everybody who looks. */
export type Change = {
  readonly name: ServiceName;
  readonly before: ServiceRecord;
  readonly after: ServiceRecord;
  readonly event: ServiceEvent;
  readonly at: Ms;
};
