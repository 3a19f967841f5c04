import type { Difference } from '../../domain/difference.ts';
import type { Stack } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';

/** The snapshot with what its files say by now: `found`, or, in a sentence, what is wrong with them. */
export const withEdits = (
  snapshot: StackSnapshot,
  found: Stack | string,
  differenceTo: (next: Stack) => Difference,
): StackSnapshot => {
  if (typeof found === 'string') return { ...snapshot, edited: { added: [], problem: found } };
  const { added, removed, changed } = differenceTo(found);
  if (added.length + removed.length + changed.length === 0) return snapshot;
  return {
    ...snapshot,
    edited: { added, problem: null },
    services: snapshot.services.map((service) => {
      if (changed.includes(service.name)) return { ...service, edited: 'changed' };
      return removed.includes(service.name) ? { ...service, edited: 'gone' } : service;
    }),
  };
};
