/**
 * The catalogue of what a program hears of its stack. Each event is plain data, so that it can be printed, sent and stored as
 * it is. The events of services are derived here from the changes that the supervisor publishes; those of the stack as a whole
 * are told by whoever opens and closes it.
 */

import { type ChangeType, tellCause, toChangeType } from './change-type.ts';
import type { Change } from './events.ts';
import type { Outcome } from './outcome.ts';
import type { BoundPort, Exit, Survivor } from './process.ts';
import type { Ms, ServiceName } from './service.ts';
import type { ServiceSnapshot, StackSnapshot } from './snapshot.ts';
import type { StateOf } from './state.ts';

/** What every event of a service has. `at` is in epoch milliseconds, every duration in milliseconds. */
type OfService<Type extends string, Fields = object> = {
  readonly type: Type;
  readonly at: number;
  readonly service: ServiceName;
  /** Counts the spawns of the service; 0 before the first. */
  readonly attempt: number;
} & Fields;

type OfStack<Type extends string, Fields = object> = { readonly type: Type; readonly at: number } & Fields;

/** Who listens on a port that a service needs. Null is what the system does not let us see. */
export type Holder = { readonly pid: number | null; readonly command: string | null; readonly user: string | null };

export type StackEvent =
  /** Its start was asked for, and what it needs is not there yet. */
  | OfService<'serviceWaiting', { readonly waitsFor: readonly ServiceName[] }>
  /** `wait_before_start` runs. */
  | OfService<'serviceDelayed', { readonly for: Ms }>
  /** All that it waited for is there; its ports are looked at. */
  | OfService<'serviceStarting'>
  | OfService<'serviceStarted', { readonly pid: number; readonly ports: readonly BoundPort[] }>
  /** It answers; those that depend on it may start. `took`: since the spawn; of one that was taken over as ready, since that. */
  | OfService<
      'serviceReady',
      { readonly pid: number; readonly ports: readonly BoundPort[]; readonly url: string | null; readonly took: Ms }
    >
  /** A task has done its work, or a service has ended by its own wish. `reused`: it did not have to run. */
  | OfService<'serviceCompleted', { readonly exit: Exit; readonly reused: boolean }>
  /** Its process ended, for whatever reason. `asked`: as it was told to. */
  | OfService<'serviceExited', Exit & { readonly asked: boolean }>
  /** Its process ended, and nobody had asked for it. What follows is `serviceRestarting` or `serviceFailed`. */
  | OfService<'serviceDied', Exit & { readonly beforeReady: boolean; readonly reason: string }>
  | OfService<'healthChanged', { readonly healthy: boolean; readonly reason: string | null }>
  /** An attempt has failed; the next one comes `after` so long. It is restart number `retry` of at most `of`. */
  | OfService<'serviceRestarting', { readonly after: Ms; readonly retry: number; readonly of: number; readonly reason: string }>
  /** It is not tried again. `optional`: the stack is degraded, not failed. */
  | OfService<'serviceFailed', { readonly reason: string; readonly optional: boolean; readonly restarts: number }>
  /** What it needs has failed. `because`: the chain of causes, the root last. */
  | OfService<'serviceSkipped', { readonly because: readonly ServiceName[] }>
  /** It was told to end. `next`: what follows. */
  | OfService<'serviceStopping', { readonly reason: string | null; readonly next: StateOf<'stopping'>['next']['to'] }>
  /** Nothing of it runs any more. `killed`: only SIGKILL ended it. */
  | OfService<'serviceStopped', { readonly reason: string | null; readonly killed: boolean }>
  /** A process of an earlier supervisor was taken over as it is. */
  | OfService<'serviceAdopted', { readonly pid: number }>
  /** Somebody else has its port, and the start has failed. */
  | OfService<'portConflict', { readonly port: number; readonly holders: readonly Holder[]; readonly reason: string }>
  /** A leftover of this very stack had its port, and is being ended. */
  | OfStack<'portReclaimed', { readonly service: ServiceName; readonly port: number; readonly holder: Holder }>
  /** A process of this stack that nobody supervises. */
  | OfStack<'orphanFound', Orphan>
  | OfStack<'orphanKilled', Orphan>
  /** It could not be ended. */
  | OfStack<'orphanSurvived', Orphan>
  /** A supervisor is in charge; nothing is started yet. */
  | OfStack<'stackStarting', { readonly stack: string; readonly environment: string }>
  /** The boot is over, and everything is up. */
  | OfStack<'stackReady', Settled>
  /** All that is required is up; something optional is not. */
  | OfStack<'stackDegraded', Settled>
  | OfStack<'stackFailed', Settled>
  /** Everything goes down. `times`: 1 in order, 2 when everybody has one second left, 3 for a kill. */
  | OfStack<'stackStopping', { readonly times: number }>
  /** Nothing is left but `survivors`. */
  | OfStack<
      'stackStopped',
      {
        readonly took: Ms;
        readonly survivors: readonly { readonly name: ServiceName; readonly processes: readonly Survivor[] }[];
      }
    >
  /** The memory was damaged, foreign or unwritable. What could not be read is set aside, and the stack runs on. */
  | OfStack<'stateWarning', { readonly message: string }>
  /** Anything else worth knowing, in a sentence. `service`: whom it is about. */
  | OfStack<'notice', { readonly service: ServiceName | null; readonly message: string }>
  /** For a slow reader of `events()`: so many older events were dropped before this one. */
  | OfStack<'eventsDropped', { readonly count: number }>;

export type Orphan = {
  readonly service: ServiceName;
  readonly pid: number;
  readonly command: string;
  /** Opaque; with the pid it names the process for ever. */
  readonly startTime: string;
};

type Settled = {
  /** Since the beginning. */
  readonly took: Ms;
  readonly verdict: Outcome['verdict'];
  readonly causes: readonly { readonly service: ServiceName; readonly optional: boolean }[];
};

export type StackEventType = StackEvent['type'];
export type StackEventOf<Type extends StackEventType> = Extract<StackEvent, { readonly type: Type }>;

/** Every type there is; a new one that is not here is a type error. */
export const stackEventTypes: readonly StackEventType[] = Object.keys({
  serviceWaiting: 0,
  serviceDelayed: 0,
  serviceStarting: 0,
  serviceStarted: 0,
  serviceReady: 0,
  serviceCompleted: 0,
  serviceExited: 0,
  serviceDied: 0,
  healthChanged: 0,
  serviceRestarting: 0,
  serviceFailed: 0,
  serviceSkipped: 0,
  serviceStopping: 0,
  serviceStopped: 0,
  serviceAdopted: 0,
  portConflict: 0,
  portReclaimed: 0,
  orphanFound: 0,
  orphanKilled: 0,
  orphanSurvived: 0,
  stackStarting: 0,
  stackReady: 0,
  stackDegraded: 0,
  stackFailed: 0,
  stackStopping: 0,
  stackStopped: 0,
  stateWarning: 0,
  notice: 0,
  eventsDropped: 0,
} satisfies Record<StackEventType, 0>) as StackEventType[];

/** What one change of a service is worth telling, in the order in which it is told. `at` in epoch milliseconds. */
export const toServiceEvents = (change: Change, seen: ServiceSnapshot, at: number): readonly StackEvent[] => {
  // Taken over is not started: its process is there already.
  const isTakenOver = isAdoption(change, seen);
  const type = toChangeType(change);
  const isNews = type !== null && !(isTakenOver && type === 'serviceStarted');
  const of = { at, service: change.name, attempt: change.after.attempt };
  return [
    ...toDeath(change, seen, of),
    ...toConflict(change, seen, of),
    ...(isTakenOver ? [{ type: 'serviceAdopted' as const, ...of, pid: seen.pid ?? 0 }] : []),
    ...(isNews ? toEvent(type, change, seen, of) : []),
  ];
};

type Of = { readonly at: number; readonly service: ServiceName; readonly attempt: number };

const isAdoption = ({ event, before, after }: Change, { pid }: ServiceSnapshot): boolean =>
  event.type === 'adopted' && before.state.kind !== after.state.kind && pid !== null;

const toDeath = ({ event, after }: Change, { reason }: ServiceSnapshot, of: Of): readonly StackEvent[] => {
  if (event.type !== 'exited' || (after.state.kind !== 'backoff' && after.state.kind !== 'failed')) return [];
  const { failure } = after.state;
  const beforeReady = failure.kind !== 'exited' || failure.beforeReady;
  return [{ type: 'serviceDied', ...of, ...event.exit, beforeReady, reason: reason ?? 'it ended' }];
};

const toConflict = ({ before, after }: Change, { reason }: ServiceSnapshot, of: Of): readonly StackEvent[] => {
  const { state } = after;
  if (before.state.kind === state.kind || (state.kind !== 'failed' && state.kind !== 'backoff')) return [];
  if (state.failure.kind !== 'port') return [];
  const { port, holders } = state.failure.refusal;
  return [{ type: 'portConflict', ...of, port, holders: holders.map(toHolder), reason: reason ?? `port ${port} is held` }];
};

export const toHolder = ({
  process,
  command,
  user,
}: {
  readonly process: { readonly pid: number } | null;
  readonly command: string | null;
  readonly user: string | null;
}): Holder => ({ pid: process?.pid ?? null, command, user });

const toEvent = (type: ChangeType, change: Change, seen: ServiceSnapshot, of: Of): readonly StackEvent[] => {
  const { state } = change.after;
  switch (type) {
    case 'serviceWaiting':
      return [{ type, ...of, waitsFor: seen.waitsFor }];
    case 'serviceDelayed':
      return state.kind === 'delayed' ? [{ type, ...of, for: state.until - state.since }] : [];
    case 'serviceStarting':
      return [{ type, ...of }];
    case 'serviceStarted':
      return seen.pid === null ? [] : [{ type, ...of, pid: seen.pid, ports: seen.ports }];
    // Told by itself, also of what is ready at once.
    case 'serviceAdopted':
      return [];
    case 'serviceReady':
      return toReady(change, seen, of);
    case 'healthChanged':
      return [{ type, ...of, healthy: state.kind === 'ready', reason: seen.reason ?? seen.detail }];
    case 'serviceCompleted':
      return state.kind === 'completed' ? [{ type, ...of, exit: state.exit, reused: change.event.type === 'foundDone' }] : [];
    case 'serviceRestarting': {
      if (state.kind !== 'backoff') return [];
      const { until, since, retry, of: most } = state;
      return [{ type, ...of, after: until - since, retry, of: most, reason: seen.reason ?? 'it failed' }];
    }
    case 'serviceFailed': {
      const restarts = state.kind === 'failed' ? state.restarts : 0;
      return [{ type, ...of, reason: seen.reason ?? 'it failed', optional: seen.optional, restarts }];
    }
    case 'serviceSkipped':
      return state.kind === 'skipped' ? [{ type, ...of, because: state.chain }] : [];
    case 'serviceStopping':
      return state.kind === 'stopping' ? [{ type, ...of, reason: seen.reason ?? tellCause(change), next: state.next.to }] : [];
    case 'serviceStopped':
      return [{ type, ...of, reason: seen.reason, killed: state.kind === 'stopped' && state.killedAfter !== null }];
  }
};

/** Where nothing is asked for, the spawn and ready are one step; it is told as two all the same. */
const toReady = (change: Change, seen: ServiceSnapshot, of: Of): readonly StackEvent[] => {
  const { pid, ports, url } = seen;
  const { state } = change.after;
  if (pid === null || state.kind !== 'ready') return [];
  const took = state.since - state.process.spawnedAt;
  const ready: StackEvent = { type: 'serviceReady', ...of, pid, ports, url, took };
  return change.event.type === 'spawned' ? [{ type: 'serviceStarted', ...of, pid, ports }, ready] : [ready];
};

const settledTypes: Readonly<Record<Outcome['verdict'], 'stackReady' | 'stackDegraded' | 'stackFailed'>> = {
  up: 'stackReady',
  degraded: 'stackDegraded',
  failed: 'stackFailed',
  'timed-out': 'stackFailed',
};

/** What came of the first boot. */
export const toSettledEvent = ({ verdict, causes }: Outcome, at: number, took: StackSnapshot['elapsed']): StackEvent => ({
  type: settledTypes[verdict],
  at,
  took,
  verdict,
  causes: causes.map(({ name, optional }) => ({ service: name, optional })),
});
