import { clusterMachine } from '../../domain/engine.ts';
import type { Adoption } from '../../domain/events.ts';
import { excerptLength } from '../../domain/excerpt.ts';
import { buildGraph } from '../../domain/graph.ts';
import type { RunRecord } from '../../domain/history.ts';
import { workloadOf } from '../../domain/kubernetes/labels.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster, Kind, Labels } from '../../runtime/kubernetes/cluster.ts';
import { hashOfStack } from '../stack-hash.ts';
import { createSupervisor, type Supervisor } from '../supervisor.ts';
import { ownCpuTime } from '../system.ts';
import type { ClusterObjects } from './apply.ts';
import { bootBetweenHooks } from './between-hooks.ts';
import { type ClusterEffects, createClusterEffects } from './effects.ts';
import type { ClusterHooks } from './hooks.ts';
import { createObserver } from './observer.ts';
import { findStanding } from './standing.ts';

export type ClusterBootOptions = {
  /** As `toClusterStack` has it. */
  readonly stack: Stack;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly labels: Labels;
  readonly objects: ReadonlyMap<ServiceName, ClusterObjects>;
  readonly names: readonly ServiceName[];
  readonly force: boolean;
  /** New pods and Jobs, also where nothing is another. */
  readonly anew: boolean;
  readonly failFast: boolean;
  /** Null: none is to run, of the stack or of a service. */
  readonly hooks: ClusterHooks | null;
  readonly runId: number;
  readonly runUid: string;
  readonly interrupted: AbortSignal;
  /** Before anything of it happens: for those who want to see all of it. */
  readonly open: (supervisor: Supervisor) => Promise<void>;
};

export type ClusterBoot = {
  readonly outcome: Outcome;
  readonly run: RunRecord;
  /** Why nothing was applied at all, in a sentence. */
  readonly refused?: string;
  /** Those that stood there as the file has them, and well. */
  readonly unchanged: ReadonlySet<ServiceName>;
  /** Last lines of those that failed. */
  readonly tails: ReadonlyMap<ServiceName, readonly string[]>;
};

/**
 * Boots a stack on a cluster by the same states, in the same order and with the same memory as on this machine: the cluster takes
 * the place of processes, ports and probes. What was applied stays when it is interrupted. Or why the cluster cannot be watched.
 */
export const bootOnCluster = async (options: ClusterBootOptions): Promise<ClusterBoot | string> => {
  const { stack, cluster, clock, labels } = options;
  let effects: ClusterEffects | null = null;
  const observer = createObserver({ cluster, clock, labels, onChange: (name) => effects?.look(name) });
  const problem = await observer.start();
  if (problem !== null) {
    observer.stop();
    return problem;
  }
  const objectsOf = (name: ServiceName): ClusterObjects => find(options, name);
  const supervisor = createSupervisor({
    stack,
    graph: buildGraph(stack.services),
    runtime: { clock },
    priority: () => 0,
    engine: (edge) => {
      effects = createClusterEffects({ ...options, ...edge, observer, objectsOf });
      return effects;
    },
  });
  try {
    await options.open(supervisor);
    const { outcome, run, refused, standing } = await bootBetweenHooks(
      {
        hooks: options.anew ? null : (options.hooks?.stack ?? null),
        findStanding: async () =>
          options.anew ? new Map<ServiceName, Adoption>() : await findStanding({ ...options, observer, objectsOf }),
      },
      {
        ...options,
        supervisor,
        runtime: { clock, ownCpuTime },
        trigger: 'up --on kubernetes',
        definitionHash: hashOfStack(stack),
        machine: clusterMachine,
      },
    );
    const failed = outcome.causes.filter(({ state }) => state.kind === 'failed').map(({ name }) => name);
    const tails = await Promise.all(failed.map(async (name) => [name, await supervisor.tail(name, excerptLength)] as const));
    return { outcome, run, unchanged: standing, tails: new Map(tails), ...(refused === undefined ? {} : { refused }) };
  } finally {
    supervisor.dispose();
    observer.stop();
  }
};

const find = ({ objects }: ClusterBootOptions, name: ServiceName): ClusterObjects => {
  const found = objects.get(name);
  if (found === undefined) throw new Error(`nothing was made of ${name}`);
  return found;
};

/** Kinds that are written, those that others need last. */
const written = ['Ingress', 'Service', 'Deployment', 'Job', 'Secret'] as const satisfies readonly Kind[];

/** `name`, null: they could not be looked at. `problem`, null: it was removed. */
export type Pruned =
  | { readonly kind: Kind; readonly name: string; readonly problem: string | null }
  | { readonly kind: Kind; readonly name: null; readonly problem: string };

/** `service`: the object name of the service that it belongs to, by its label. */
export type Found = { readonly kind: Kind; readonly name: string; readonly service: string | null };

/** Ends what carries the labels of the stack and is not in it any more: services that left the file, Jobs of an older form. */
export const prune = async (
  cluster: Cluster,
  labels: Labels,
  isWanted: (found: Found) => boolean,
): Promise<readonly Pruned[]> => {
  const pruned: Pruned[] = [];
  for (const kind of written) {
    const listed = await cluster.list(kind, labels);
    if (!listed.ok) {
      pruned.push({ kind, name: null, problem: listed.problem });
      continue;
    }
    for (const item of listed.items) {
      const name = item.metadata?.name ?? '';
      const service = workloadOf(item) ?? null;
      if (isWanted({ kind, name, service }) || item.metadata?.deletionTimestamp !== undefined) continue;
      pruned.push({ kind, name, problem: await cluster.remove({ kind, name }) });
    }
  }
  return pruned;
};
