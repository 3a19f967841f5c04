import type { ServiceSnapshot, StateKind, Verdict } from './types.ts';

const moving: ReadonlySet<StateKind> = new Set(['waiting', 'delayed', 'starting', 'backoff', 'stopping']);

/** How the stack is by its services; null: something is still on its way. */
export const toOutcome = (services: readonly ServiceSnapshot[]): Verdict | null => {
  if (services.some(({ state }) => moving.has(state))) return null;
  const down = services.filter(
    ({ state, reason }) => state === 'failed' || state === 'skipped' || (state === 'completed' && reason !== null),
  );
  if (down.some(({ optional }) => !optional)) return 'failed';
  return down.length > 0 || services.some(({ state }) => state === 'unhealthy') ? 'degraded' : 'up';
};
