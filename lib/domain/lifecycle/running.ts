import type { Exit, ProbeResult } from '../process.ts';
import { countAfterReady, isCleanExit } from '../restart.ts';
import type { ServiceName } from '../service.ts';
import type { ServiceRecord, StateOf } from '../state.ts';
import {
  become,
  type Context,
  cancelTimers,
  endHook,
  forAttempt,
  setTimer,
  stay,
  type Transition,
  withEffects,
} from './context.ts';
import { failAttempt, startReadiness } from './starting.ts';
import { beginStop } from './stopping.ts';

type Up = StateOf<'ready'> | StateOf<'unhealthy'>;

/**
 * A verdict of the health probe: `retries` failures in a row make it unhealthy, `successes` passes in a row well again. With
 * `on_unhealthy` it is started again instead; so is what is unhealthy already, where that was asked for since or where it was
 * taken over so, once a check says it again.
 */
export const noteHealth = (record: ServiceRecord, state: Up, result: ProbeResult, context: Context): Transition => {
  const probe = context.service.health;
  if (probe === null) return stay(record);
  const { now, service } = context;
  if (state.kind === 'ready') {
    if (result.ok) return state.failures === 0 ? stay(record) : become(record, { ...state, failures: 0, lastProbe: null });
    const failures = state.failures + 1;
    if (failures < probe.retries) return become(record, { ...state, failures, lastProbe: result.detail });
    if (service.restart.onUnhealthy) return restartUnhealthy(record, state.since, result.detail, context);
    return become(record, {
      kind: 'unhealthy',
      since: now,
      readySince: state.since,
      process: state.process,
      passes: 0,
      detail: result.detail,
    });
  }
  if (!result.ok && service.restart.onUnhealthy) return restartUnhealthy(record, state.readySince, result.detail, context);
  if (!result.ok) return become(record, { ...state, passes: 0, detail: result.detail });
  const passes = state.passes + 1;
  if (passes < probe.successes) return become(record, { ...state, passes });
  return become(record, { kind: 'ready', since: state.readySince, process: state.process, failures: 0, lastProbe: null });
};

const restartUnhealthy = (record: ServiceRecord, readySince: number, detail: string, context: Context): Transition => {
  const counted = countReady(record, readySince, context);
  return beginStop(counted, context, { to: 'retry', failure: { kind: 'unhealthy', detail } });
};

/** It ended by itself after it was ready. Exit 0 under `on-failure` is its own wish, and is reported as completed. */
export const noteDeath = (record: ServiceRecord, state: Up, exit: Exit, context: Context): Transition => {
  const clean: Transition['effects'] = [
    { type: 'stopProbing', name: context.service.name },
    cancelTimers(context),
    ...endHook(context),
    forAttempt('sweep', record, context),
  ];
  const { policy } = context.service.restart;
  if (isCleanExit(exit) && policy !== 'always') return become(record, { kind: 'completed', since: context.now, exit }, clean);
  const readySince = state.kind === 'ready' ? state.since : state.readySince;
  const counted = countReady(record, readySince, context);
  return withEffects(clean, failAttempt(counted, { kind: 'exited', exit, beforeReady: false }, context));
};

/** It ended and is started again, by somebody else: nobody who needs it is told, and it has the time to get ready that it had. */
export const awaitAgain = (record: ServiceRecord, { process }: Up, detail: string, context: Context): Transition => {
  const { service, now } = context;
  const limit = service.healthTimeout === null ? [] : [setTimer(context, 'readiness', service.healthTimeout)];
  const state: StateOf<'starting'> = {
    kind: 'starting',
    since: now,
    phase: 'probing',
    process: { ...process, wasReady: true },
    passes: 0,
    holding: false,
    lastProbe: detail,
    firstProbe: now,
  };
  return become(record, state, [cancelTimers(context), ...limit, startReadiness(record, context)]);
};

const countReady = (record: ServiceRecord, readySince: number, { service, now }: Context): ServiceRecord => ({
  ...record,
  restarts: countAfterReady(record.restarts, service.restart, now - readySince),
});

/** A dependency was lost while this one runs: obey the edge's `on_loss`. */
export const noteLoss = (record: ServiceRecord, on: ServiceName, context: Context): Transition => {
  const edge = context.service.dependsOn.find((dependency) => dependency.on === on);
  if (edge === undefined || edge.onLoss === 'ignore') return stay(record);
  if (edge.onLoss === 'restart') {
    return record.lost.includes(on) ? stay(record) : { record: { ...record, lost: [...record.lost, on] }, effects: [] };
  }
  return beginStop({ ...record, desired: 'stopped' }, context, { to: 'stopped', reason: { kind: 'dependency-lost', on } });
};

/** What it had lost is back, all of it: restart, as the edge asked. */
export const noteReturn = (record: ServiceRecord, context: Context): Transition =>
  record.lost.length > 0 && context.gate(record).open
    ? beginStop({ ...record, lost: [], because: null }, context, { to: 'start' })
    : stay(record);
