import { fixedPorts } from '../domain/fixed-ports.ts';
import type { BoundPort } from '../domain/process.ts';
import type { Service, ServiceName, Stack } from '../domain/service.ts';
import type { ClaimPorts } from '../runtime/sockets.ts';

export type PortPlanOptions = {
  readonly stack: Stack;
  readonly claimPorts: ClaimPorts;
  readonly project: string;
  /** Chosen before, and kept. */
  readonly known?: ReadonlyMap<ServiceName, readonly BoundPort[]>;
  /** What a service that runs has already, however it came by it; empty: it does not run. */
  readonly heldBy?: (name: ServiceName) => readonly BoundPort[];
};

/**
 * Chooses the ports of `next` and `auto` before anything starts, so that `${api.port}` is true for everybody, also for those
 * that start before `api`. They are claimed again at the start: a port that was taken meanwhile gives way to the next one.
 */
export const planPorts = async ({
  stack,
  claimPorts,
  project,
  known = new Map(),
  heldBy = () => [],
}: PortPlanOptions): Promise<ReadonlyMap<ServiceName, readonly BoundPort[]>> => {
  const open = [...stack.services.values()].filter(isOpen);
  const planned = new Map<ServiceName, readonly BoundPort[]>();
  for (const { name } of open) {
    // Whoever runs is not asked to give way to itself: `next` may have been written into the file beside it.
    const ports = known.get(name) ?? heldBy(name);
    if (ports.length > 0) planned.set(name, ports);
  }
  for (const service of open) {
    if (planned.has(service.name)) continue;
    const marker = { project, service: service.name, attempt: 0 };
    const taken = new Set(
      [...stack.services.values()].flatMap((other) => (other.name === service.name ? [] : portsToLeave(other, service, planned))),
    );
    const outcome = await claimPorts({
      service,
      marker,
      mayEnd: () => false,
      taken,
      isPresent: (name) => stack.services.has(name),
      onReclaim: () => undefined,
    });
    // Where none is free the start says so, in its own words and at its own time.
    if (outcome.ok) planned.set(service.name, outcome.ports);
  }
  return planned;
};

/** What `mover` leaves to `other`: what was chosen for it, else what it wants, though its turn comes later. Of its replicas the first chooses first. */
const portsToLeave = (
  other: Service,
  mover: Service,
  planned: ReadonlyMap<ServiceName, readonly BoundPort[]>,
): readonly number[] => {
  const isReplica = mover.replica !== null && other.replica?.of === mover.replica.of;
  const wanted = isReplica ? [] : fixedPorts(other).filter(({ port }) => mover.ports.every((own) => own.wanted !== port));
  return (planned.get(other.name) ?? (isOpen(other) ? wanted : fixedPorts(other))).map(({ port }) => port);
};

/** Which port it gets is decided on this run. */
const isOpen = ({ ports, portConflict }: Service): boolean =>
  ports.length > 0 && (ports.every(({ wanted }) => wanted === null) || portConflict === 'next');
