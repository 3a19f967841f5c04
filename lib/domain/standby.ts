/**
 * Whose process is made before its turn, so that only the program is left to be put into it when the turn comes: making one costs
 * more than all else between a dependency that is ready and the program that waited for it.
 */

import type { Change } from './events.ts';
import type { ServiceName } from './service.ts';
import { newRecord, type ServiceRecord } from './state.ts';
import type { World } from './world.ts';

type Seen = Pick<World, 'services' | 'records' | 'dependentsOf' | 'priority'>;

/** Those that stand by, with the attempt that each is meant for. */
export type Standing = ReadonlyMap<ServiceName, number>;

/** One that stands by has half a megabyte, and the next one does so when it is gone. */
const most = 4;

/** Those that may stand by since these changes. */
export const candidatesAfter = (changes: readonly Change[], seen: Seen): ServiceName[] =>
  changes
    .flatMap(({ name, before, after }) => {
      if (after.state.kind === 'waiting') return [name];
      return isOnItsWay(after) && !isOnItsWay(before) ? seen.dependentsOf(name) : [];
    })
    .filter((name) => mayStandBy(name, seen));

/** Of the candidates, the one with the longest way to go behind it; null: none, for now. */
export const nextToStandBy = (candidates: Iterable<ServiceName>, standing: Standing, seen: Seen): ServiceName | null => {
  if (standing.size >= most) return null;
  let best: ServiceName | null = null;
  for (const name of candidates) {
    if (standing.has(name)) continue;
    if (best === null || seen.priority(name) > seen.priority(best)) best = name;
  }
  return best;
};

/** Those whose turn has come and gone, or will not come soon. */
export const toDismiss = (standing: Standing, seen: Seen): ServiceName[] =>
  [...standing]
    .filter(([name, attempt]) => {
      const record = recordOf(name, seen);
      const isWaiting = mayStandBy(name, seen) || (record.state.kind === 'waiting' && record.state.forSlot);
      return !isWaiting && !isSpawning(record, attempt);
    })
    .map(([name]) => name);

/**
 * It waits for nothing but what has been spawned, and nothing is between its turn and its own spawn. After a crash it does not: its
 * back-off is longer than what could be won. Nor for a slot: then others compute, and so many at once is what is wanted.
 */
export const mayStandBy = (name: ServiceName, seen: Seen): boolean => {
  const service = seen.services.get(name);
  const { state, restarts } = recordOf(name, seen);
  if (service === undefined || state.kind !== 'waiting' || state.on.length === 0 || restarts.streak > 0) return false;
  const isNext = service.waitBeforeStart === 0 && service.hooks.before_start === undefined && service.inputs === null;
  return isNext && state.on.every((on) => isOnItsWay(recordOf(on, seen)));
};

const recordOf = (name: ServiceName, { records }: Seen): ServiceRecord => records.get(name) ?? newRecord;

const isOnItsWay = ({ state }: ServiceRecord): boolean => state.kind === 'starting' && state.phase === 'probing';

const isSpawning = (record: ServiceRecord, attempt: number): boolean =>
  record.attempt === attempt && record.state.kind === 'starting' && record.state.phase !== 'probing';
