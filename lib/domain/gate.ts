import type { Dependency, Service, ServiceName } from './service.ts';
import { isSettled, type ServiceRecord } from './state.ts';

/** May a service start, as far as its dependencies go? `broken` leads from the direct dependency to the root cause. */
export type Gate =
  | { readonly open: true }
  | { readonly open: false; readonly pending: readonly ServiceName[]; readonly broken: readonly ServiceName[] | null };

export type Neighbour = { readonly service: Service; readonly record: ServiceRecord };

type EdgeState = 'satisfied' | 'pending' | 'broken';

/**
 * Looks at every edge. A required edge whose dependency has settled in any other way is broken; one that is not required,
 * or leads to an optional service, is satisfied as soon as the dependency has settled, or when patience is over.
 */
export const lookThroughGate = (
  dependencies: readonly Dependency[],
  impatient: readonly ServiceName[],
  look: (name: ServiceName) => Neighbour | null,
): Gate => {
  const pending: ServiceName[] = [];
  let broken: readonly ServiceName[] | null = null;
  for (const edge of dependencies) {
    const neighbour = look(edge.on);
    // A dependency outside the active set (--no-deps) is somebody else's business.
    if (neighbour === null) continue;
    const state = impatient.includes(edge.on) ? 'satisfied' : edgeState(edge, neighbour);
    if (state === 'pending') pending.push(edge.on);
    if (state === 'broken') broken ??= chainFrom(edge.on, neighbour.record);
  }
  return pending.length === 0 && broken === null ? { open: true } : { open: false, pending, broken };
};

export const edgeState = (edge: Dependency, { service, record }: Neighbour): EdgeState => {
  if (holds(edge, service, record)) return 'satisfied';
  if (!isSettled(record.state) || (record.state.kind === 'idle' && record.desired === 'running')) return 'pending';
  return edge.required && !service.optional ? 'broken' : 'satisfied';
};

const holds = (edge: Dependency, service: Service, { state }: ServiceRecord): boolean => {
  const isDone = state.kind === 'completed' && state.exit.code === 0;
  switch (edge.condition) {
    case 'completed':
      return isDone;
    case 'healthy':
      return state.kind === 'ready' || (isDone && service.type === 'task');
    case 'started':
      return (
        state.kind === 'ready' ||
        state.kind === 'unhealthy' ||
        (isDone && service.type === 'task') ||
        // Its program runs; only its own readiness is still open. Without a probe, `startup_delay` decides.
        (state.kind === 'starting' && state.phase === 'probing' && (service.ready !== null || service.type === 'task'))
      );
  }
};

const chainFrom = (name: ServiceName, { state }: ServiceRecord): readonly ServiceName[] =>
  state.kind === 'skipped' ? [name, ...state.chain] : [name];
