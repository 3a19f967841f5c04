import type { Service, ServiceName } from '../../lib/domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../lib/domain/snapshot.ts';
import type { ServiceRecord } from '../../lib/domain/state.ts';
import { takeSnapshot } from '../../lib/domain/take-snapshot.ts';
import { aStack } from './stacks.ts';

/** A stack at a moment: 60 s after it began, with these records, in this order. */
export const aSnapshot = (
  services: readonly Service[],
  records: Readonly<Record<ServiceName, ServiceRecord>>,
  now = 60_000,
): StackSnapshot =>
  takeSnapshot({
    stack: aStack(services),
    order: services.map(({ name }) => name),
    records: new Map(Object.entries(records)),
    now,
    began: 0,
  });

/** The same with some services otherwise. */
export const withService = (snapshot: StackSnapshot, name: ServiceName, changes: Partial<ServiceSnapshot>): StackSnapshot => ({
  ...snapshot,
  services: snapshot.services.map((service) => (service.name === name ? { ...service, ...changes } : service)),
});
