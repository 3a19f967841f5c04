import { noRestarts, type RestartCause, type ServiceRecord } from '../state.ts';
import { become, type Context, cancelTimers, stay, type Transition, withEffects } from './context.ts';
import { beginStop } from './stopping.ts';
import { enterWaiting } from './waiting.ts';

/**
 * Something has an old version of its files. What has not spawned anything yet will find the newest, and what people have stopped
 * stays so; one that has failed or ended by itself may have been mended by the change.
 */
export const isReloadable = ({ desired, state }: ServiceRecord): boolean => {
  if (desired === 'stopped') return false;
  switch (state.kind) {
    case 'ready':
    case 'unhealthy':
    case 'backoff':
    case 'failed':
    case 'completed':
      return true;
    case 'starting':
      return state.phase !== 'ports';
    case 'stopping':
      return state.next.to === 'retry';
    case 'idle':
    case 'waiting':
    case 'delayed':
    case 'skipped':
    case 'stopped':
      return false;
  }
};

/** A file of it changed: it starts anew, with all its tries. */
export const reload = (record: ServiceRecord, cause: RestartCause, context: Context): Transition => {
  const { state } = record;
  if (!isReloadable(record)) return stay(record);
  const renewed: ServiceRecord = { ...record, restarts: noRestarts, because: { ...cause, at: context.now } };
  switch (state.kind) {
    case 'ready':
    case 'unhealthy':
    case 'starting':
      return beginStop(renewed, context, { to: 'start' });
    case 'stopping':
      return become(renewed, { ...state, next: { to: 'start' } });
    default:
      return withEffects([cancelTimers(context)], enterWaiting({ ...renewed, impatient: [], late: false }, context));
  }
};
