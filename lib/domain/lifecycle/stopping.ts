import type { Survivor } from '../process.ts';
import { restartsOf } from '../restart.ts';
import type { Ms } from '../service.ts';
import type { AfterStop, ServiceRecord, StateOf } from '../state.ts';
import { processOf } from '../state.ts';
import {
  become,
  type Context,
  cancelTimers,
  endHook,
  forAttempt,
  runHook,
  type Spawned,
  setTimer,
  stay,
  type Transition,
  toProcess,
  withEffects,
} from './context.ts';

type Stopping = StateOf<'stopping'>;

/** From a state with a process, or with a spawn under way: first those that need it, then itself. */
export const beginStop = (record: ServiceRecord, context: Context, next: AfterStop): Transition => {
  const { service, now } = context;
  const { state } = record;
  const process = processOf(state);
  const isSpawning = state.kind === 'starting' && state.phase === 'spawning';
  const stopping: Stopping = {
    kind: 'stopping',
    since: now,
    phase: isSpawning ? 'spawn' : 'dependents',
    askedAt: null,
    process,
    hurry: null,
    next,
  };
  // Of a start that is given up the hook is all there is: it is asked to end as the service would be.
  const ofReady = state.kind === 'ready' || state.kind === 'unhealthy' ? endHook(context) : [];
  const quiet: Transition['effects'] = [{ type: 'stopProbing', name: service.name }, cancelTimers(context), ...ofReady];
  const begun: ServiceRecord = { ...record, state: stopping };
  if (isSpawning) return { record: begun, effects: quiet };
  const asked = askIfAlone(begun, stopping, context);
  return { record: asked.record, effects: [...quiet, ...asked.effects] };
};

/** Nobody needs it any more: first its hook, then it is asked. */
export const askIfAlone = (record: ServiceRecord, state: Stopping, context: Context): Transition => {
  // One that an earlier supervisor had asked already had nobody left who needed it, and its hook has run.
  const isFirst = state.hurry === null && state.askedAt === null;
  if (isFirst && context.isNeededByStopping()) return stay(record);
  const isHooked = context.service.hooks.before_stop !== undefined && state.process !== null && isFirst;
  if (!isHooked) return ask(record, state, context);
  return become(record, { ...state, phase: 'before-stop' }, [runHook('before_stop', record, context)]);
};

/** The grace is counted from here, or from when an earlier supervisor had asked. */
export const ask = (record: ServiceRecord, state: Stopping, context: Context): Transition => {
  const { service, now } = context;
  const asked: Stopping = { ...state, phase: 'asked', askedAt: state.askedAt ?? now };
  const grace = Math.min(graceLeft(asked, context), state.hurry ?? Number.POSITIVE_INFINITY);
  if (grace === 0 || service.stop.signal === 'SIGKILL') return kill(record, asked, context);
  return become(record, asked, [forAttempt('stopTree', record, context), setTimer(context, 'grace', grace)]);
};

export const kill = (record: ServiceRecord, state: Stopping, context: Context): Transition =>
  become(record, { ...state, phase: 'killing' }, [cancelTimers(context), forAttempt('killTree', record, context)]);

/** The spawn that was under way when the stop came is done. */
export const noteLateSpawn = (record: ServiceRecord, state: Stopping, spawned: Spawned, context: Context): Transition => {
  const waiting: Stopping = { ...state, phase: 'dependents', process: toProcess(spawned, context.now) };
  return askIfAlone({ ...record, state: waiting }, waiting, context);
};

/** Ctrl-C again: `grace` from now for everybody, in whatever order; 0 kills at once. */
export const hurry = (record: ServiceRecord, state: Stopping, grace: Ms, context: Context): Transition => {
  const hurried: Stopping = { ...state, hurry: grace };
  switch (state.phase) {
    case 'spawn':
      return become(record, hurried);
    case 'dependents':
      return askIfAlone({ ...record, state: hurried }, hurried, context);
    case 'before-stop':
      return withEffects(endHook(context), ask({ ...record, state: hurried }, hurried, context));
    case 'asked':
      if (grace === 0) return kill(record, hurried, context);
      return become(record, hurried, [
        { type: 'cancelTimer', name: context.service.name, timer: 'grace' },
        setTimer(context, 'grace', Math.min(grace, graceLeft(state, context))),
      ]);
    case 'killing':
      return stay(record);
    case 'after-stop':
      // Its end is what is waited for, and it comes at once.
      return become(record, hurried, endHook(context));
  }
};

const graceLeft = ({ askedAt }: Stopping, { service, now }: Context): Ms =>
  askedAt === null ? service.stop.timeout : Math.max(0, askedAt + service.stop.timeout - now);

export const noteSurvivors = (record: ServiceRecord, survivors: readonly Survivor[], { now }: Context): Transition =>
  become(
    { ...record, desired: 'stopped' },
    {
      kind: 'failed',
      since: now,
      failure: { kind: 'survived', survivors },
      restarts: restartsOf(record.restarts),
      breakerOpen: false,
    },
  );
