import { tellAsked } from '../asked.ts';
import type { Effect } from '../events.ts';
import { awaitedSign, toRefused } from '../last-probe.ts';
import type { Exit, ProbeResult } from '../process.ts';
import { decideRestart, holdOf, isCleanExit, restartsOf } from '../restart.ts';
import { isPassive, provesPort } from '../service.ts';
import type { Failure, ServiceRecord, StateOf } from '../state.ts';
import {
  become,
  type Context,
  cancelTimers,
  forAttempt,
  runHook,
  type Spawned,
  setTimer,
  stay,
  type Transition,
  toProcess,
  withEffects,
} from './context.ts';
import { beginStop } from './stopping.ts';

type Starting = StateOf<'starting'>;

/** It has its ports, and its hook can know them. */
export const beforeSpawn = (record: ServiceRecord, state: Starting, context: Context): Transition =>
  context.service.hooks.before_start === undefined
    ? spawnNow(record, state, context)
    : become(record, { ...state, phase: 'before-start' }, [runHook('before_start', record, context)]);

export const spawnNow = (record: ServiceRecord, state: Starting, context: Context): Transition =>
  become(record, { ...state, phase: 'spawning' }, [forAttempt('spawn', record, context)]);

/** The program runs: the clock of `health_timeout` starts, and the probe, unless it is held back. */
export const noteSpawn = (record: ServiceRecord, state: Starting, spawned: Spawned, context: Context): Transition => {
  const { service, now } = context;
  const process = toProcess(spawned, now);
  const holdFor = holdOf(service, record.restarts);
  const holding = holdFor > 0;
  const probesNow = service.type === 'service' && service.ready !== null && (!holding || isPassive(service.ready));
  const probing: Starting = { ...state, phase: 'probing', process, holding, firstProbe: probesNow ? now : null };
  const begun: ServiceRecord = { ...record, state: probing };
  const needsReadiness = service.ready !== null || service.type === 'task';
  const limit = service.healthTimeout !== null && needsReadiness ? [setTimer(context, 'readiness', service.healthTimeout)] : [];
  const hold = probing.holding ? [setTimer(context, 'startup', holdFor)] : [];
  if (service.type === 'task') return { record: begun, effects: limit };
  if (service.ready === null) return probing.holding ? { record: begun, effects: hold } : becomeReady(begun, probing, context);
  return { record: begun, effects: [...limit, ...hold, ...(probesNow ? [startReadiness(begun, context)] : [])] };
};

/** A verdict of the readiness probe. Passes count only in a row; a sign seen during `startup_delay` is kept until its end. */
export const noteReadiness = (record: ServiceRecord, state: Starting, result: ProbeResult, context: Context): Transition => {
  const probe = context.service.ready;
  if (probe === null) return stay(record);
  if (!result.ok) return become(record, { ...state, passes: 0, lastProbe: result.detail });
  const next: Starting = { ...state, passes: state.passes + 1 };
  return isReady(next, context) ? becomeReady(record, next, context) : become(record, next);
};

export const endHold = (record: ServiceRecord, state: Starting, context: Context): Transition => {
  const { ready } = context.service;
  const next: Starting = { ...state, holding: false };
  if (ready === null || isReady(next, context)) return becomeReady(record, next, context);
  return isPassive(ready)
    ? become(record, next)
    : become(record, { ...next, firstProbe: context.now }, [startReadiness(record, context)]);
};

const isReady = (state: Starting, { service }: Context): boolean => {
  const probe = service.ready;
  if (state.holding || probe === null) return false;
  return state.passes >= (isPassive(probe) ? 1 : probe.successes);
};

export const startReadiness = (record: ServiceRecord, { service }: Context): Effect => ({
  type: 'startProbing',
  name: service.name,
  attempt: record.attempt,
  purpose: 'ready',
});

export const becomeReady = (record: ServiceRecord, state: Starting, context: Context): Transition => {
  const { service, now } = context;
  if (state.process === null) return stay(record);
  const ready: ServiceRecord = {
    ...record,
    restarts: { ...record.restarts, sinceReady: 0 },
    misplaced: provesPort(service) ? undefined : record.misplaced,
    state: { kind: 'ready', since: now, process: state.process, failures: 0, lastProbe: null },
  };
  return {
    record: ready,
    effects: [
      ...(service.ready !== null ? [{ type: 'stopProbing', name: service.name } as const, cancelTimers(context)] : []),
      ...(service.health !== null
        ? [{ type: 'startProbing', name: service.name, attempt: record.attempt, purpose: 'health' } as const]
        : []),
      // Nobody waits for it: whoever needs the service needs it ready, and that it is.
      ...(service.hooks.after_ready !== undefined && state.process.wasReady !== true
        ? [runHook('after_ready', record, context)]
        : []),
    ],
  };
};

/** It ended before it was ready; for a task, exit 0 is what it was started for. */
export const noteEarlyExit = (record: ServiceRecord, exit: Exit, context: Context): Transition => {
  const { service, now } = context;
  const clean: Transition['effects'] = [
    { type: 'stopProbing', name: service.name },
    cancelTimers(context),
    forAttempt('sweep', record, context),
  ];
  if (service.type === 'task' && isCleanExit(exit)) return become(record, { kind: 'completed', since: now, exit }, clean);
  return withEffects(clean, failAttempt(record, { kind: 'exited', exit, beforeReady: service.type === 'service' }, context));
};

/** The attempt is over and nothing of it lives: try again, or give up. */
export const failAttempt = (failed: ServiceRecord, failure: Failure, context: Context): Transition => {
  const { service, now } = context;
  // From now on it is where it is because of the failure; one that was well until then will say so when it is well again.
  const because = failure.kind === 'unhealthy' ? { ...failure, at: now } : null;
  const record: ServiceRecord = { ...failed, because, lastFailure: { failure, at: now } };
  const decision = decideRestart({ policy: service.restart, failure, count: record.restarts, now });
  if (!decision.restart) {
    const { restart: _no, ...breaker } = decision;
    return become(record, { kind: 'failed', since: now, failure, restarts: restartsOf(record.restarts), ...breaker }, [
      cancelTimers(context),
    ]);
  }
  return become(
    { ...record, restarts: decision.count },
    { kind: 'backoff', since: now, until: now + decision.after, failure, retry: decision.retry, of: service.restart.max },
    [cancelTimers(context), setTimer(context, 'backoff', decision.after)],
  );
};

/** `health_timeout` is over: the process is stopped first, then the attempt counts as failed. */
export const noteTooLate = (record: ServiceRecord, state: Starting, context: Context): Transition => {
  const after = context.service.healthTimeout ?? 0;
  const { misplaced } = record;
  const lastProbe = tellLastProbe(record, state, context);
  const refused = toRefused(state.lastProbe, context.service);
  const more = {
    ...(context.service.type === 'task' ? { awaited: 'end' as const } : {}),
    ...(misplaced === undefined ? {} : { misplaced }),
    ...(refused === null ? {} : { refused }),
  };
  return beginStop(record, context, { to: 'retry', failure: { kind: 'not-ready', after, lastProbe, ...more } });
};

/** With the address that was asked: what answers, or does not, may be another one than people think of. */
const tellLastProbe = ({ ports }: ServiceRecord, { lastProbe }: Starting, { service }: Context): string | null => {
  if (lastProbe === null) return awaitedSign(service);
  const asked = tellAsked(service, ports[0]?.port ?? null);
  return asked === null || lastProbe.includes(asked) ? lastProbe : `${lastProbe} (asked ${asked})`;
};
