import type { Effect, TimerName } from '../events.ts';
import type { Gate } from '../gate.ts';
import type { Ms, Service } from '../service.ts';
import type { ServiceRecord, ServiceState } from '../state.ts';

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

export const setTimer = ({ service }: Context, timer: TimerName, after: Ms): Effect => ({
  type: 'setTimer',
  name: service.name,
  timer,
  after,
});

export const cancelTimers = ({ service }: Context): Effect => ({ type: 'cancelTimers', name: service.name });

export const forAttempt = <Type extends 'claimPorts' | 'spawn' | 'stopTree' | 'killTree' | 'sweep'>(
  type: Type,
  record: ServiceRecord,
  { service }: Context,
): Effect => ({ type, name: service.name, attempt: record.attempt });
