import type { ServiceEvent, TimerName } from '../events.ts';
import { restartsOf } from '../restart.ts';
import type { Ms } from '../service.ts';
import type { ServiceRecord, StateOf, StopReason } from '../state.ts';
import { adopt } from './adopting.ts';
import { become, type Context, cancelTimers, runHook, stay, type Transition, withEffects } from './context.ts';
import { reload } from './reload.ts';
import { goOn, restart, start } from './requested.ts';
import { awaitAgain, noteDeath, noteHealth, noteLoss, noteReturn } from './running.ts';
import { beforeSpawn, endHold, failAttempt, noteEarlyExit, noteReadiness, noteSpawn, noteTooLate, spawnNow } from './starting.ts';
import { ask, askIfAlone, beginStop, hurry, kill, noteLateSpawn, noteSurvivors } from './stopping.ts';
import { awaitSlot, beginAttempt, enterWaiting, lookAtDependencies } from './waiting.ts';

/**
 * The life of a service (drawn in ../state.ts) as one pure function: the record and an event in, the next record and the
 * effects out. An event that means nothing in a state changes nothing; one of an earlier attempt is dropped here, once.
 */
export const transition = (record: ServiceRecord, event: ServiceEvent, context: Context): Transition => {
  if ('attempt' in event && event.attempt !== record.attempt) return stay(record);
  const { state } = record;
  switch (event.type) {
    case 'startRequested':
      return event.goesOn === true ? goOn(record, context) : start(record, context);
    case 'stopRequested':
      return stop(record, event.reason, context);
    case 'restartRequested':
      return event.because === undefined ? restart(record, context) : reload(record, event.because, context);
    case 'watchPaused':
      return { record: { ...record, unwatched: event.file }, effects: [] };
    case 'watchResumed':
      return record.unwatched === null ? stay(record) : { record: { ...record, unwatched: null }, effects: [] };
    case 'foundMisplaced':
      return { record: { ...record, misplaced: event.misplaced }, effects: [] };
    case 'adopted':
      return state.kind === 'idle' || state.kind === 'stopped' ? adopt(record, event.adoption, context) : stay(record);
    case 'startGivenUp':
      return giveUp(record, event.failure, context);
    case 'stopHurried':
      return state.kind === 'stopping' ? hurry(record, state, event.grace, context) : stay(record);
    case 'dependenciesChanged':
      if (state.kind === 'skipped' || (state.kind === 'waiting' && !state.forSlot))
        return lookAtDependencies(record, context, event.by);
      return state.kind === 'ready' || state.kind === 'unhealthy' || state.kind === 'starting'
        ? noteReturn(record, context)
        : stay(record);
    case 'dependencyLost':
      return state.kind === 'ready' || state.kind === 'unhealthy' || state.kind === 'starting'
        ? noteLoss(record, event.on, context)
        : stay(record);
    case 'dependentsChanged':
      return state.kind === 'stopping' && state.phase === 'dependents' ? askIfAlone(record, state, context) : stay(record);
    case 'dependentWentOn':
      return record.late ? stay(record) : { record: { ...record, late: true }, effects: [] };
    case 'slotGranted':
      return state.kind === 'waiting' && state.forSlot ? beginAttempt(record, context) : stay(record);
    case 'timerFired':
      return onTimer(record, event.timer, context);
    case 'portsClaimed':
      if (state.kind !== 'starting' || state.phase !== 'ports') return stay(record);
      return beforeSpawn({ ...record, ports: event.ports }, state, context);
    case 'hookEnded':
      return noteHookEnd(record, event, context);
    case 'foundDone':
      if (state.kind !== 'starting' || state.phase !== 'ports') return stay(record);
      return become(record, { kind: 'completed', since: context.now, exit: { code: 0, signal: null } });
    case 'portsRefused':
      return state.kind === 'starting' ? failAttempt(record, { kind: 'port', refusal: event.refusal }, context) : stay(record);
    case 'spawned':
      if (state.kind === 'stopping' && state.phase === 'spawn') return noteLateSpawn(record, state, event, context);
      return state.kind === 'starting' ? noteSpawn(record, state, event, context) : stay(record);
    case 'spawnFailed':
      if (state.kind === 'stopping' && state.phase === 'spawn') return afterStop(record, state, context);
      return state.kind === 'starting' ? failAttempt(record, { kind: 'spawn', failure: event.failure }, context) : stay(record);
    case 'probed':
      if (event.purpose === 'ready')
        return state.kind === 'starting' ? noteReadiness(record, state, event.result, context) : stay(record);
      return state.kind === 'ready' || state.kind === 'unhealthy'
        ? noteHealth(record, state, event.result, context)
        : stay(record);
    case 'exited':
      return onExit(record, event, context);
    case 'restartedElsewhere':
      return state.kind === 'ready' || state.kind === 'unhealthy'
        ? awaitAgain(record, state, event.detail, context)
        : stay(record);
    case 'treeEnded':
      return state.kind === 'stopping' ? noteGone(record, state, context) : stay(record);
    case 'treeSurvived':
      return noteSurvivors(record, event.survivors, context);
  }
};

const stop = (record: ServiceRecord, reason: StopReason, context: Context): Transition => {
  // For a restart it is wanted all the time, also by whoever goes on with it should we be killed in between.
  const desired = reason.kind === 'restart' ? 'running' : 'stopped';
  const unwanted: ServiceRecord = { ...record, desired, lost: [], because: null };
  const { state } = record;
  switch (state.kind) {
    case 'idle':
    case 'stopped':
    case 'completed':
    case 'failed':
      return { record: unwanted, effects: [] };
    case 'waiting':
    case 'delayed':
    case 'backoff':
    case 'skipped':
      return stopAtOnce(unwanted, reason, context);
    case 'starting':
      return state.phase === 'ports'
        ? stopAtOnce(unwanted, reason, context)
        : beginStop(unwanted, context, { to: 'stopped', reason });
    case 'ready':
    case 'unhealthy':
      return beginStop(unwanted, context, { to: 'stopped', reason });
    case 'stopping':
      return become(unwanted, { ...state, next: { to: 'stopped', reason } });
  }
};

/** Nothing of it runs. The attempt counts up, so that a port claim under way finds nobody. */
const stopAtOnce = (record: ServiceRecord, reason: StopReason, context: Context): Transition =>
  become(
    { ...record, attempt: record.state.kind === 'starting' ? record.attempt + 1 : record.attempt },
    { kind: 'stopped', since: context.now, reason, killedAfter: null },
    [cancelTimers(context)],
  );

/** The boot takes too long, or was called off because another service failed. */
const giveUp = (record: ServiceRecord, failure: ServiceEventFailure, context: Context): Transition => {
  const { state } = record;
  switch (state.kind) {
    case 'waiting':
    case 'delayed':
      return failFinally(record, failure, context);
    case 'backoff':
      return failFinally(record, failure.kind === 'boot-timeout' ? { ...failure, last: state.failure } : failure, context);
    case 'starting':
      return state.phase === 'ports'
        ? failFinally(record, failure, context)
        : beginStop(record, context, { to: 'fail', failure });
    case 'stopping':
      return state.next.to === 'retry' || state.next.to === 'start'
        ? become(record, { ...state, next: { to: 'fail', failure } })
        : stay(record);
    default:
      return stay(record);
  }
};

type ServiceEventFailure = Extract<ServiceEvent, { type: 'startGivenUp' }>['failure'];

const failFinally = (record: ServiceRecord, failure: ServiceEventFailure, context: Context): Transition =>
  become(
    { ...record, attempt: record.attempt + 1 },
    { kind: 'failed', since: context.now, failure, restarts: restartsOf(record.restarts), breakerOpen: false },
    [cancelTimers(context)],
  );

const onTimer = (record: ServiceRecord, timer: TimerName, context: Context): Transition => {
  const { state } = record;
  switch (timer) {
    case 'delay':
      return state.kind === 'delayed' ? awaitSlot(record, context) : stay(record);
    case 'startup':
      return state.kind === 'starting' ? endHold(record, state, context) : stay(record);
    case 'readiness':
      return state.kind === 'starting' ? noteTooLate(record, state, context) : stay(record);
    case 'backoff':
      return state.kind === 'backoff' ? enterWaiting(record, context) : stay(record);
    case 'grace':
      // What has ended meanwhile, when this one was on its way already, is at its last hook.
      return state.kind === 'stopping' && state.phase === 'asked' ? kill(record, state, context) : stay(record);
    default: {
      const on = timer.slice('patience:'.length);
      if (state.kind !== 'waiting' || record.impatient.includes(on)) return stay(record);
      return lookAtDependencies({ ...record, impatient: [...record.impatient, on] }, context, on);
    }
  }
};

const onExit = (record: ServiceRecord, event: Extract<ServiceEvent, { type: 'exited' }>, context: Context): Transition => {
  const { state } = record;
  if (state.kind === 'ready' || state.kind === 'unhealthy') return noteDeath(record, state, event.exit, context);
  if (state.kind !== 'starting') return stay(record);
  const early = noteEarlyExit(record, event.exit, context);
  if (event.portInUse === undefined || early.record.state.kind === 'completed') return early;
  // It said itself that its port is taken: that is the reason worth telling, and worth one try only.
  const told = failAttempt(record, { kind: 'port', refusal: event.portInUse }, context);
  return withEffects(
    early.effects.filter(({ type }) => type !== 'setTimer'),
    told,
  );
};

const noteHookEnd = (
  record: ServiceRecord,
  { hook, problem }: Extract<ServiceEvent, { type: 'hookEnded' }>,
  context: Context,
): Transition => {
  const { state } = record;
  if (hook === 'before_start' && state.kind === 'starting' && state.phase === 'before-start') {
    return problem === null
      ? spawnNow(record, state, context)
      : failAttempt(record, { kind: 'hook', hook, end: problem }, context);
  }
  if (state.kind !== 'stopping') return stay(record);
  // However it ended: a stop goes on.
  if (hook === 'before_stop' && state.phase === 'before-stop') return ask(record, state, context);
  return hook === 'after_stop' && state.phase === 'after-stop' ? afterStop(record, state, context) : stay(record);
};

/** The tree is gone. */
const noteGone = (record: ServiceRecord, state: StateOf<'stopping'>, context: Context): Transition => {
  const isHooked = context.service.hooks.after_stop !== undefined && state.process !== null && state.hurry === null;
  if (!isHooked || state.phase === 'after-stop') return afterStop(record, state, context);
  return become(record, { ...state, phase: 'after-stop', killedAfter: killedAfter(state, context) }, [
    cancelTimers(context),
    runHook('after_stop', record, context),
  ]);
};

const killedAfter = ({ phase, askedAt, killedAfter: known }: StateOf<'stopping'>, { now }: Context): Ms | null =>
  known ?? (phase === 'killing' && askedAt !== null ? now - askedAt : null);

/** Nothing of it is left to wait for. */
const afterStop = (record: ServiceRecord, state: StateOf<'stopping'>, context: Context): Transition => {
  const clean: Transition['effects'] = [cancelTimers(context)];
  switch (state.next.to) {
    case 'stopped': {
      const { reason } = state.next;
      return become(record, { kind: 'stopped', since: context.now, reason, killedAfter: killedAfter(state, context) }, clean);
    }
    case 'start':
      return withEffects(clean, enterWaiting(record, context));
    case 'retry':
      return withEffects(clean, failAttempt(record, state.next.failure, context));
    case 'fail':
      return failFinally(record, state.next.failure, context);
  }
};
