import type { Change } from '../../../domain/events.ts';
import type { StateKind } from '../../../domain/state.ts';

/** What a change of a service is called, for people and machines alike. */
export type ChangeType =
  | 'serviceWaiting'
  | 'serviceDelayed'
  | 'serviceStarting'
  | 'serviceStarted'
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
export const toChangeType = ({ before, after }: Change): ChangeType | null => {
  const [from, to] = [before.state, after.state];
  if (to.kind === 'starting' && to.phase === 'probing') {
    return from.kind === 'starting' && from.phase === 'probing' ? null : 'serviceStarted';
  }
  if (from.kind === to.kind) return null;
  // Granted in the same step, but where `max_parallel` limits; and then the wait is no news either.
  if (to.kind === 'waiting' && to.forSlot) return null;
  return from.kind === 'unhealthy' && to.kind === 'ready' ? 'healthChanged' : byState[to.kind];
};
