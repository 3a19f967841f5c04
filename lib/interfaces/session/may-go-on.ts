import type { ServiceName } from '../../domain/service.ts';
import type { StateKind } from '../../domain/state.ts';

const isOver: ReadonlySet<StateKind> = new Set(['idle', 'completed', 'failed', 'skipped']);

/**
 * A service runs, or is about to; or somebody stopped it by hand, and may want it back, or exchanges it just now. `stoppedFor`:
 * the one whose end took it down, null where none did.
 */
export const mayGoOn = (state: StateKind, stoppedFor: ServiceName | null): boolean =>
  state === 'stopped' ? stoppedFor === null : !isOver.has(state);
