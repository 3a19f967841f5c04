import { defaultProbe } from '../defaults.ts';
import type { Probe, Service, Stack } from '../service.ts';
import type { Workload } from './workload.ts';

/** The cluster itself says when something is ready, as a program does that gives a sign. */
const sign: Probe = { ...defaultProbe, check: { kind: 'notify' }, successes: 1 };

/**
 * A stack whose services are run by a cluster, for the same states and the same graph as on this machine: the cluster probes and
 * restarts, so a failure that it tells of is final, and there is one service for all instances.
 */
export const toClusterStack = (stack: Stack, workloads: readonly Workload[]): Stack => ({
  ...stack,
  services: new Map(workloads.map((workload) => [workload.name, toClusterService(workload)])),
});

const toClusterService = ({ name, service, dependsOn }: Workload): Service => ({
  ...service,
  name,
  replica: null,
  dependsOn,
  startupDelay: 0,
  ready: service.type === 'task' ? null : sign,
  health: null,
  restart: { ...service.restart, policy: 'no', max: 0 },
  watch: null,
  inputs: null,
});
