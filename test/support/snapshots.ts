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

/** One service as a view sees it. */
export const aServiceSnapshot = (
  name: ServiceName,
  state: ServiceSnapshot['state'],
  more: Partial<ServiceSnapshot> = {},
): ServiceSnapshot => ({
  name,
  label: name,
  group: null,
  type: 'service',
  optional: false,
  state,
  for: 1_200,
  detail: null,
  reason: null,
  waitsFor: [],
  pid: null,
  ports: [],
  url: null,
  attempt: 1,
  restarts: 0,
  bootTime: null,
  log: `/logs/${name}.log`,
  ...more,
});

/** A stack of these, up unless it is said otherwise. */
export const aStackSnapshot = (services: readonly ServiceSnapshot[], more: Partial<StackSnapshot> = {}): StackSnapshot => ({
  name: 'shop',
  environment: 'development',
  root: '/',
  elapsed: 60_000,
  outcome: { settled: true, verdict: 'up', causes: [], open: [] },
  booting: false,
  services,
  ...more,
});
