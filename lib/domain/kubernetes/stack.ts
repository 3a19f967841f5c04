import { defaultProbe } from '../defaults.ts';
import type { Probe, Service, ServiceName, Stack } from '../service.ts';
import type { Workload } from './workload.ts';

/** The cluster itself says when something is ready, as a program does that leaves a sign. */
const sign: Probe = { ...defaultProbe, check: { kind: 'file', path: 'the word of the cluster that it is ready' }, successes: 1 };

/**
 * A stack whose services are run by a cluster, for the same states and the same graph as on this machine: the cluster probes and
 * restarts, so a failure that it tells of is final, and there is one service for all instances.
 */
export const toClusterStack = (stack: Stack, workloads: readonly Workload[]): Stack => ({
  ...stack,
  services: new Map(workloads.map((workload) => [workload.name, toClusterService(workload, workloads)])),
});

const toClusterService = ({ name, service, dependsOn }: Workload, workloads: readonly Workload[]): Service => ({
  ...service,
  name,
  replica: null,
  dependsOn: dependsOn.map((edge) =>
    edge.condition === 'started' && isUnchecked(edge.on, workloads) ? { ...edge, condition: 'healthy' } : edge,
  ),
  startupDelay: 0,
  ready: service.type === 'task' ? null : sign,
  health: null,
  restart: { ...service.restart, policy: 'no', max: 0 },
  watch: null,
  inputs: null,
});

/** Started is more than applied: one without a check is ready on a cluster when its pods run. */
const isUnchecked = (on: ServiceName, workloads: readonly Workload[]): boolean => {
  const target = workloads.find(({ name }) => name === on)?.service;
  return target?.type === 'service' && target.ready === null;
};
