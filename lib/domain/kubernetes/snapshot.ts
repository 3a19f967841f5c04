import { nowhereHere } from '../engine.ts';
import type { Ms, Service, ServiceName, Stack } from '../service.ts';
import type { StackSnapshot } from '../snapshot.ts';
import { newRecord, type ServiceRecord, type ServiceState } from '../state.ts';
import { takeSnapshot } from '../take-snapshot.ts';
import type { Observation } from './observe.ts';
import type { WorkloadObject } from './status.ts';

/** One service as it is on a cluster. */
export type Sight = {
  readonly seen: Observation;
  readonly object: WorkloadObject | null;
  /** Of its containers. */
  readonly restarts: number;
  readonly readyPods: number;
  readonly wantedPods: number;
};

export type SightsOptions = {
  readonly stack: Stack;
  readonly order: readonly ServiceName[];
  readonly sights: ReadonlyMap<ServiceName, Sight>;
  /** Epoch milliseconds. */
  readonly now: Ms;
};

/** A stack on a cluster in the form in which one on this machine is shown: the states of its services, and since when. */
export const toClusterSnapshot = ({ stack, order, sights, now }: SightsOptions): StackSnapshot => {
  const began = Math.min(now, ...[...sights.values()].flatMap(({ object }) => toTime(object?.metadata?.creationTimestamp)));
  const records = new Map([...sights].map(([name, sight]) => [name, toRecord(sight, stack.services.get(name), now)]));
  const snapshot = takeSnapshot({ stack, order, records, now, began });
  const services = snapshot.services.map((service) => {
    const pods = tellPods(sights.get(service.name));
    return pods === null ? service : { ...service, detail: pods };
  });
  return { ...snapshot, services };
};

/** Where there is more to say of them than that the one that there is to be is there. */
const tellPods = (sight: Sight | undefined): string | null => {
  if (sight === undefined || sight.object === null || sight.object.kind === 'Job') return null;
  const { readyPods, wantedPods } = sight;
  return readyPods === 1 && wantedPods === 1 ? null : `${readyPods} of ${wantedPods} ${wantedPods === 1 ? 'pod' : 'pods'} ready`;
};

const toRecord = (sight: Sight, service: Service | undefined, now: Ms): ServiceRecord => ({
  ...newRecord,
  desired: sight.object === null ? 'stopped' : 'running',
  attempt: sight.object === null ? 0 : 1,
  ports: (service?.ports ?? []).flatMap(({ name, wanted }) => (wanted === null ? [] : [{ name, port: wanted }])),
  restarts: { ...newRecord.restarts, times: Array.from({ length: sight.restarts }, () => now) },
  state: toState(sight, now),
});

const toState = ({ seen, object }: Sight, now: Ms): ServiceState => {
  const since = toSince(object, now);
  const [spawnedAt = since] = toTime(object?.metadata?.creationTimestamp);
  const process = { identity: nowhereHere, spawnedAt };
  switch (seen.kind) {
    case 'absent':
      return { kind: 'stopped', since: now, reason: { kind: 'user' }, killedAfter: null };
    case 'ready':
      return { kind: 'ready', since, process, failures: 0, lastProbe: null };
    case 'completed':
      return { kind: 'completed', since, exit: { code: 0, signal: null } };
    case 'failed': {
      const failure = { stage: 'program', code: 'CLUSTER', message: seen.reason, passing: false } as const;
      return { kind: 'failed', since, failure: { kind: 'spawn', failure }, restarts: 0, breakerOpen: false };
    }
    case 'progressing':
      return wasWhole(object)
        ? { kind: 'unhealthy', since, readySince: spawnedAt, process, passes: 0, detail: seen.reason ?? 'is not ready' }
        : { ...starting, since, process, lastProbe: seen.reason };
  }
};

const starting = { kind: 'starting', phase: 'probing', passes: 0, holding: false, firstProbe: null } as const;

/** Its newest form had been rolled out: what is not ready now had been. */
const wasWhole = (object: WorkloadObject | null): boolean =>
  object?.status?.conditions?.some(({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable') === true;

/** The last turn that it took, as far as the cluster tells. */
const toSince = (object: WorkloadObject | null, now: Ms): Ms => {
  const turns = (object?.status?.conditions ?? [])
    .filter(({ type }) => type === 'Available' || type === 'Complete' || type === 'Failed')
    .flatMap(({ lastTransitionTime }) => toTime(lastTransitionTime));
  const [created = now] = toTime(object?.metadata?.creationTimestamp);
  return Math.min(now, Math.max(created, ...turns));
};

const toTime = (stamp: string | undefined): readonly Ms[] => {
  const time = stamp === undefined ? Number.NaN : Date.parse(stamp);
  return Number.isNaN(time) ? [] : [time];
};
