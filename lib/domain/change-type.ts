import type { Adoption, Change } from './events.ts';
import type { ServiceState, StateKind } from './state.ts';
import { describeCause } from './words.ts';

/** What a change of a service is called, for people and machines alike. */
export type ChangeType =
  | 'serviceWaiting'
  | 'serviceDelayed'
  | 'serviceStarting'
  | 'serviceStarted'
  | 'serviceAdopted'
  | 'serviceReady'
  | 'serviceCompleted'
  | 'healthChanged'
  | 'serviceRestarting'
  | 'serviceFailed'
  | 'serviceSkipped'
  | 'serviceStopping'
  | 'serviceStopped';

const byState: Readonly<Record<StateKind, ChangeType | null>> = {
  idle: null,
  waiting: 'serviceWaiting',
  delayed: 'serviceDelayed',
  starting: 'serviceStarting',
  ready: 'serviceReady',
  unhealthy: 'healthChanged',
  backoff: 'serviceRestarting',
  stopping: 'serviceStopping',
  stopped: 'serviceStopped',
  completed: 'serviceCompleted',
  failed: 'serviceFailed',
  skipped: 'serviceSkipped',
};

/** Null for what only counts inside a state: a failed check, one dependency less to wait for. */
export const toChangeType = (change: Change): ChangeType | null => {
  const { before, after, event } = change;
  const [from, to] = [before.state, after.state];
  if (event.type === 'adopted') return toTypeOfAdoption(event.adoption, after.state);
  if (to.kind === 'starting' && to.phase === 'probing') {
    return from.kind === 'starting' && from.phase === 'probing' ? null : 'serviceStarted';
  }
  // The stop begins when its signal is sent; before that it only waits for those that need it to be gone.
  if (to.kind === 'stopping') return isBeingStopped(to) && !isBeingStopped(from) ? 'serviceStopping' : null;
  if (from.kind === to.kind) return null;
  if (to.kind === 'stopped' && neverStarted(change)) return null;
  // Granted in the same step, but where `max_parallel` limits; and then the wait is no news either.
  if (to.kind === 'waiting' && to.forSlot) return null;
  return from.kind === 'unhealthy' && to.kind === 'ready' ? 'healthChanged' : byState[to.kind];
};

/** What its earlier supervisor had told already is told no second time: that it was started, asked to stop, or had failed. */
const toTypeOfAdoption = ({ as }: Adoption, to: ServiceState): ChangeType | null => {
  if (as.kind === 'stopped' || as.kind === 'failed') return null;
  return to.kind === 'starting' || to.kind === 'stopping' ? 'serviceAdopted' : byState[to.kind];
};

const isBeingStopped = (state: ServiceState): boolean =>
  state.kind === 'stopping' && (state.phase === 'asked' || state.phase === 'killing');

/** There was nothing to stop: it is only not wanted any more. */
const neverStarted = ({ before, after }: Change): boolean =>
  before.state.kind === 'skipped' ||
  ((before.state.kind === 'waiting' || before.state.kind === 'delayed') && after.attempt === 0);

/** What made it happen, where the state that came of it does not say so itself: `cache was lost and is back`. */
export const tellCause = ({ before, after, event }: Change): string | null => {
  const isReload = event.type === 'restartRequested' || (after.state.kind === 'stopping' && after.state.next.to === 'start');
  if (after.because !== null && isReload) return describeCause(after.because);
  const { lost } = before;
  const isReturn =
    lost.length > 0 && after.lost.length === 0 && after.state.kind === 'stopping' && after.state.next.to === 'start';
  return isReturn ? `${lost.join(', ')} ${lost.length === 1 ? 'was lost and is' : 'were lost and are'} back` : null;
};
