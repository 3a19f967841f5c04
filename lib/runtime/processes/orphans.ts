import { stackMarker } from '../../domain/process.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { StateKind } from '../../domain/state.ts';
import type { MarkedProcess } from '../processes.ts';

/** What is known of a service at or after the moment in which the processes were listed. */
export type Supervised = { readonly name: ServiceName; readonly attempt: number; readonly state: StateKind };

const live: ReadonlySet<StateKind> = new Set(['starting', 'ready', 'unhealthy', 'stopping']);

/**
 * Which marked processes nobody supervises. Ask for the services after the processes were listed: then one of a newer attempt
 * than theirs cannot be among them by mistake, and one whose attempt has ended meanwhile is gone anyway.
 */
export const findOrphans = (marked: readonly MarkedProcess[], services: readonly Supervised[]): readonly MarkedProcess[] => {
  const known = new Map(services.map((service) => [service.name, service]));
  return marked.filter(({ marker }) => {
    // A hook of the stack has no state of its own; while somebody supervises, it is theirs.
    if (marker.service === stackMarker) return false;
    const service = known.get(marker.service);
    if (service === undefined) return true;
    return marker.attempt < service.attempt || (marker.attempt === service.attempt && !live.has(service.state));
  });
};
