import { noRestarts, type ServiceRecord } from '../state.ts';
import { become, type Context, cancelTimers, stay, type Transition, withEffects } from './context.ts';
import { beginStop } from './stopping.ts';
import { enterWaiting } from './waiting.ts';

const anew = { desired: 'running', restarts: noRestarts, because: null, unwatched: null } as const;

/** By hand or at a boot: what the restart policy had counted is forgotten. */
export const start = (record: ServiceRecord, context: Context): Transition => {
  const wanted: ServiceRecord = { ...record, ...anew, impatient: [], late: false };
  switch (record.state.kind) {
    case 'waiting':
    case 'delayed':
    case 'starting':
    case 'ready':
    case 'unhealthy':
      // What is under way goes on, and may be tried as often as one that is begun now.
      return stay({ ...record, desired: 'running', restarts: noRestarts, unwatched: null });
    case 'stopping':
      // What was to follow the stop gives way: it starts again when it is gone.
      return become(wanted, { ...record.state, next: { to: 'start' } });
    case 'idle':
    case 'backoff':
    case 'stopped':
    case 'completed':
    case 'failed':
    case 'skipped':
      return withEffects([cancelTimers(context)], enterWaiting(wanted, context));
  }
};

/** By a boot after the death of a supervisor: what is on its way is not begun anew, and has the tries that were left. */
export const goOn = (record: ServiceRecord, context: Context): Transition => {
  switch (record.state.kind) {
    case 'backoff':
      return stay(record);
    case 'stopping':
      return record.state.next.to === 'retry' ? stay(record) : start(record, context);
    case 'waiting':
    case 'delayed':
    case 'starting':
    case 'ready':
    case 'unhealthy':
      return stay(record.desired === 'running' ? record : { ...record, desired: 'running' });
    default:
      return start(record, context);
  }
};

export const restart = (record: ServiceRecord, context: Context): Transition => {
  const { state } = record;
  if (state.kind === 'starting' ? state.phase !== 'ports' : state.kind === 'ready' || state.kind === 'unhealthy') {
    return beginStop({ ...record, ...anew }, context, { to: 'start' });
  }
  return start(record, context);
};
