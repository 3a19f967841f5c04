import { median, toSorted } from '../util/quantile.ts';
import type { History } from './history.ts';
import { pickRanks } from './ranking.ts';
import { followRenames } from './renames.ts';
import { type Job, type Schedule, type ScheduledJob, unscheduled } from './schedule.ts';
import type { Dependency, Ms, Service, ServiceName, Stack } from './service.ts';
import { toLatest, toRemainingPaths } from './slack.ts';
import { collectMemory, type Remembered } from './usual-times.ts';

/** What a plan needs to know of the graph. */
export type PlanGraph = {
  readonly order: readonly ServiceName[];
  readonly dependenciesOf: (name: ServiceName) => readonly Dependency[];
  readonly depthOf: (name: ServiceName) => number;
};

/** All times are in milliseconds since the boot begins. */
export type PlannedService = {
  readonly name: ServiceName;
  /** Its place in the order: dependencies before dependents. */
  readonly index: number;
  readonly depth: number;
  /** The dependency that it is expected to wait for last; null: it waits for nobody. */
  readonly releasedBy: ServiceName | null;
  /** Its usual time from the spawn to ready, in this environment. Null: no memory yet. */
  readonly expected: Ms | null;
  /** Earlier ones, ascending. */
  readonly starts: readonly Ms[];
  /** What the plan counts for it, from having its slot to settled: its usual time with ports and retries, else a guess. */
  readonly weight: Ms;
  /** Earlier ones of `weight`, ascending. */
  readonly samples: readonly Ms[];
  readonly satisfied: Ms;
  /** Between `wait_before_start` and its slot. */
  readonly queued: Ms;
  readonly start: Ms;
  readonly ready: Ms;
  /** No boot that is remembered saw it ready; what is expected then is the end of its tries, in failure. */
  readonly neverReady: boolean;
  /** How much longer it could take without the whole taking longer. Infinite for one that the boot does not wait for. */
  readonly slack: Ms;
  /** On the chain of services that decides how long the boot takes. */
  readonly critical: boolean;
  /** From its start to the end of the longest chain that hangs on it. */
  readonly remaining: Ms;
  /** Where `max_parallel` limits, the highest goes first. */
  readonly priority: number;
};

export type Plan = {
  readonly environment: string;
  readonly maxParallel: number | null;
  /** In the order of the graph. */
  readonly services: ReadonlyMap<ServiceName, PlannedService>;
  /** The services on the critical path, in the order of their starts. */
  readonly critical: readonly ServiceName[];
  /** Null: no memory yet. */
  readonly total: Ms | null;
  /** Services of which no time is remembered; the plan counts a second for each. */
  readonly unknown: readonly ServiceName[];
  /** Those of them that were never started. */
  readonly unseen: readonly ServiceName[];
  readonly memory: 'none' | 'partial' | 'full';
  /** What the estimate of a running boot goes on from. */
  readonly model: PlanModel;
};

export type PlanModel = { readonly jobs: readonly Job[]; readonly slots: number | null; readonly ranks: readonly number[] };

export type PlanOptions = {
  /** What these services are to take instead of their usual times: "what if?". */
  readonly durations?: ReadonlyMap<ServiceName, Ms>;
  /** On which kind of machine, as `toMachineClass` has it. Null: not known, and all are alike. */
  readonly machine?: string | null;
  /** Something is up already. Null: not known. */
  readonly warm?: boolean | null;
};

/** What a service counts for that nobody has seen start yet. */
const guess = 1_000;

/**
 * When everything is expected to start and be ready, from the medians of earlier boots. Works without memory: the order, what
 * waits for what and the depth are certain, and each unknown service counts a second.
 */
export const toPlan = (stack: Stack, graph: PlanGraph, history: History, options: PlanOptions = {}): Plan => {
  const services = graph.order.flatMap((name) => stack.services.get(name) ?? []);
  const { machine = null, warm = null } = options;
  const occasion = { environment: stack.environment, machine, warm };
  const memory = collectMemory(services, followRenames(history, services), occasion);
  const jobs = toJobs(
    services,
    graph,
    (service) => options.durations?.get(service.name) ?? weigh(service, memory.get(service.name)),
  );
  const remaining = toRemainingPaths(jobs);
  const { ranks, schedule } = pickRanks({ jobs, slots: stack.maxParallel, remaining, names: services.map(({ name }) => name) });
  const latest = toLatest(jobs, schedule);
  const chain = toChain(schedule);
  const onChain = new Set(chain);
  const planned = services.map(({ name }, index): PlannedService => {
    const job = schedule.jobs[index] ?? unscheduled;
    const { weight = 0, delay = 0 } = jobs[index] ?? {};
    const known = memory.get(name);
    return {
      name,
      index,
      depth: graph.depthOf(name),
      releasedBy: job.releasedBy === null ? null : (services[job.releasedBy]?.name ?? null),
      expected: known === undefined ? null : median(known.bootTimes),
      starts: toSorted(known?.bootTimes ?? []),
      weight,
      samples: toSorted(known?.holds ?? []),
      satisfied: job.satisfied,
      queued: Math.max(0, job.start - job.satisfied - delay),
      start: job.start,
      ready: job.settled,
      neverReady: known?.neverReady ?? false,
      slack: Math.max(0, (latest[index] ?? 0) - job.settled),
      critical: onChain.has(index),
      remaining: remaining[index] ?? 0,
      priority: services.length - (ranks[index] ?? 0),
    };
  });
  const unknown = planned
    .map(({ name }) => name)
    .filter((name) => (memory.get(name)?.holds.length ?? 0) === 0 && !options.durations?.has(name));
  const isEmpty = unknown.length === planned.length && planned.length > 0;
  return {
    environment: stack.environment,
    maxParallel: stack.maxParallel,
    services: new Map(planned.map((service) => [service.name, service])),
    critical: chain.flatMap((index) => services[index]?.name ?? []),
    total: isEmpty ? null : schedule.total,
    unknown,
    unseen: unknown.filter((name) => !memory.has(name)),
    memory: isEmpty ? 'none' : unknown.length > 0 ? 'partial' : 'full',
    model: { jobs, slots: stack.maxParallel, ranks },
  };
};

const toJobs = (services: readonly Service[], graph: PlanGraph, weightOf: (service: Service) => Ms): Job[] => {
  const indexOf = new Map(services.map(({ name }, index) => [name, index]));
  return services.map((service) => ({
    weight: weightOf(service),
    delay: service.waitBeforeStart,
    optional: service.optional,
    edges: graph.dependenciesOf(service.name).flatMap(({ on, condition, waitUpTo }) => {
      const index = indexOf.get(on);
      const dependency = index === undefined ? undefined : services[index];
      if (index === undefined || dependency === undefined) return [];
      // Without a probe, "started" means alive for `startup_delay`, which is all that such a service settles by.
      const atSpawn = condition === 'started' && (dependency.ready !== null || dependency.type === 'task');
      return [{ on: index, atSpawn, waitUpTo }];
    }),
  }));
};

const weigh = (service: Service, known: Remembered | undefined): Ms => known?.usual ?? Math.max(guess, service.startupDelay);

/** Back from the one that settles last of those that are waited for: who gave it its slot, or its last dependency, and so on. */
const toChain = ({ jobs, total }: Schedule): number[] => {
  const chain: number[] = [];
  let at: number | null = jobs.findIndex(({ settled, late }) => !late && settled === total);
  while (at !== null && at >= 0) {
    chain.push(at);
    const job: ScheduledJob | undefined = jobs[at];
    // What a late one waited for itself decides nothing: it was given up by the clock.
    at = job?.late === true ? null : (job?.slotFrom ?? job?.releasedBy ?? null);
  }
  return chain.reverse();
};
