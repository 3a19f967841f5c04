import type { ServiceName } from '../service.ts';
import type { ServiceRecord } from '../state.ts';
import { become, type Context, cancelTimers, forAttempt, setTimer, stay, type Transition } from './context.ts';

/** From any resting state to its turn: dependencies first, then the delay asked for, then a slot, then the ports. */
export const enterWaiting = (record: ServiceRecord, context: Context): Transition => {
  const { service, now } = context;
  const fresh: ServiceRecord = {
    ...record,
    desired: 'running',
    lost: [],
    releasedBy: null,
    state: { kind: 'waiting', since: now, on: service.dependsOn.map(({ on }) => on), forSlot: false },
  };
  return bePatient(lookAtDependencies(fresh, context, null), context);
};

/** Sets `wait_up_to` for every edge that it begins to wait for. What was waited out once is not waited for again. */
const bePatient = (next: Transition, context: Context): Transition => {
  const { record, effects } = next;
  if (record.state.kind !== 'waiting' || record.state.forSlot) return next;
  const stillFor = new Set(record.state.on.filter((name) => !record.impatient.includes(name)));
  const patience = context.service.dependsOn.flatMap(({ on, waitUpTo }) =>
    waitUpTo !== null && stillFor.has(on) ? [setTimer(context, `patience:${on}`, waitUpTo)] : [],
  );
  return { record, effects: [...effects, ...patience] };
};

/** One of its dependencies changed while it waits, or was skipped. */
export const lookAtDependencies = (record: ServiceRecord, context: Context, by: ServiceName | null): Transition => {
  const { now } = context;
  const { state } = record;
  const gate = context.gate(record);
  if (gate.open) return passGate({ ...record, releasedBy: by }, context);
  if (gate.broken !== null) {
    if (state.kind === 'skipped' && sameNames(state.chain, gate.broken)) return stay(record);
    return become(record, { kind: 'skipped', since: now, chain: gate.broken }, [cancelTimers(context)]);
  }
  if (state.kind === 'waiting' && !state.forSlot && sameNames(state.on, gate.pending)) return stay(record);
  const since = state.kind === 'waiting' ? state.since : now;
  const waiting = become(record, { kind: 'waiting', since, on: gate.pending, forSlot: false });
  return state.kind === 'skipped' ? bePatient(waiting, context) : waiting;
};

/** Every edge is satisfied. A retry does not wait for `wait_before_start` again: its back-off took its place. */
const passGate = (record: ServiceRecord, context: Context): Transition => {
  const { service, now } = context;
  if (service.waitBeforeStart === 0 || record.restarts.streak > 0) return awaitSlot(record, context);
  return become(record, { kind: 'delayed', since: now, until: now + service.waitBeforeStart }, [
    cancelTimers(context),
    setTimer(context, 'delay', service.waitBeforeStart),
  ]);
};

/** The stack grants the slot, in the same step where one is free: a slot is never held while something is waited for. */
export const awaitSlot = (record: ServiceRecord, context: Context): Transition =>
  become(record, { kind: 'waiting', since: context.now, on: [], forSlot: true }, [cancelTimers(context)]);

/** A dependency may have gone while it was delayed or queued: then it waits again, and the slot goes to another. */
export const beginAttempt = (record: ServiceRecord, context: Context): Transition => {
  if (!context.gate(record).open)
    return bePatient(lookAtDependencies({ ...record, state: waitingAnew(context) }, context, null), context);
  const begun: ServiceRecord = { ...record, attempt: record.attempt + 1, misplaced: undefined };
  return become(
    begun,
    {
      kind: 'starting',
      since: context.now,
      phase: 'ports',
      process: null,
      passes: 0,
      holding: false,
      lastProbe: null,
      firstProbe: null,
    },
    [forAttempt('claimPorts', begun, context)],
  );
};

const waitingAnew = ({ now }: Context): ServiceRecord['state'] => ({ kind: 'waiting', since: now, on: [], forSlot: false });

const sameNames = (a: readonly ServiceName[], b: readonly ServiceName[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index]);
