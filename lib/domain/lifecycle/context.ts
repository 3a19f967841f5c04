import type { Effect, TimerName } from '../events.ts';
import type { Gate } from '../gate.ts';
import type { HookName, Ms, Service } from '../service.ts';
import type { LiveProcess, ServiceRecord, ServiceState } from '../state.ts';

/** What a transition may look at beside the record and the event. */
export type Context = {
  readonly service: Service;
  readonly now: Ms;
  /** Its dependencies, looked at when asked, with the patience that `record` has left. */
  readonly gate: (record: ServiceRecord) => Gate;
  /** A service that needs this one is still going down. */
  readonly isNeededByStopping: () => boolean;
};

export type Transition = { readonly record: ServiceRecord; readonly effects: readonly Effect[] };

export const stay = (record: ServiceRecord): Transition => ({ record, effects: [] });

export const become = (record: ServiceRecord, state: ServiceState, effects: readonly Effect[] = []): Transition => ({
  record: { ...record, state },
  effects,
});

export type Spawned = Pick<LiveProcess, 'identity' | 'earlier'>;

export const toProcess = ({ identity, earlier }: Spawned, spawnedAt: Ms): LiveProcess =>
  earlier === undefined ? { identity, spawnedAt } : { identity, spawnedAt, earlier };

export const setTimer = ({ service }: Context, timer: TimerName, after: Ms): Effect => ({
  type: 'setTimer',
  name: service.name,
  timer,
  after,
});

export const runHook = (hook: HookName, { attempt }: ServiceRecord, { service }: Context): Effect => ({
  type: 'runHook',
  name: service.name,
  attempt,
  hook,
});

/** Of a service without hooks there is none to end. */
export const endHook = ({ service }: Context): readonly Effect[] =>
  Object.keys(service.hooks).length === 0 ? [] : [{ type: 'endHook', name: service.name }];

export const cancelTimers = ({ service }: Context): Effect => ({ type: 'cancelTimers', name: service.name });

export const forAttempt = <Type extends 'claimPorts' | 'spawn' | 'stopTree' | 'killTree' | 'sweep'>(
  type: Type,
  record: ServiceRecord,
  { service }: Context,
): Effect => ({ type, name: service.name, attempt: record.attempt });

export const withEffects = (first: Transition['effects'], { record, effects }: Transition): Transition => ({
  record,
  effects: [...first, ...effects],
});
