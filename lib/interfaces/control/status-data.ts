import { settledVerdict } from '../../domain/outcome.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../domain/snapshot.ts';

/** For programs: what the table shows and more. Times in whole milliseconds. */
export const toStatusData = (snapshot: StackSnapshot): Readonly<Record<string, unknown>> => {
  const { name, environment, root, elapsed, outcome, services } = snapshot;
  return {
    running: true,
    name,
    environment,
    root,
    elapsed: Math.round(elapsed),
    settled: outcome.settled,
    verdict: settledVerdict(outcome),
    causes: outcome.causes.map(({ name: service, state, optional, skipped }) => ({
      service,
      state: state.kind,
      optional,
      skipped,
    })),
    ...(snapshot.edited === undefined ? {} : { edited: snapshot.edited }),
    services: services.map(toServiceData),
  };
};

export const toServiceData = (service: ServiceSnapshot): Readonly<Record<string, unknown>> => ({
  ...service,
  for: Math.round(service.for),
  bootTime: service.bootTime === null ? null : Math.round(service.bootTime),
});
