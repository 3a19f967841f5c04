import { nowhereHere } from '../../domain/engine.ts';
import type { Adoption } from '../../domain/events.ts';
import { definitionKey } from '../../domain/kubernetes/object.ts';
import { observe } from '../../domain/kubernetes/observe.ts';
import type { ServiceName } from '../../domain/service.ts';
import { noRestarts } from '../../domain/state.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';
import { type ClusterObjects, withSecretVersion } from './apply.ts';
import type { Observer } from './observer.ts';

export type StandingOptions = {
  readonly cluster: Cluster;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly names: readonly ServiceName[];
  readonly objectsOf: (name: ServiceName) => ClusterObjects;
  readonly force: boolean;
};

/**
 * What stands on the cluster as the file has it, and is well, so that it needs neither its turn nor its delay. Nothing is applied: what
 * an application would change, of which somebody has changed a field, or whose Secret has another value now, takes its way through the
 * graph with all others.
 */
export const findStanding = async (options: StandingOptions): Promise<ReadonlyMap<ServiceName, Adoption>> => {
  const found = await Promise.all(options.names.map(async (name) => [name, await adoptionOf(name, options)] as const));
  return new Map(found.flatMap(([name, as]) => (as === null ? [] : [[name, as] as const])));
};

const adoptionOf = async (name: ServiceName, options: StandingOptions): Promise<Adoption | null> => {
  const { observer, objectsOf, clock } = options;
  const own = objectsOf(name);
  const { main } = own;
  const object = observer.objectOf(main.kind, main.name);
  const wanted = own.objects.find(({ kind }) => kind === main.kind)?.metadata['annotations'] as Readonly<Record<string, string>>;
  if (object?.metadata?.annotations?.[definitionKey] !== wanted[definitionKey]) return null;
  const { kind } = observe({ object, pods: [], events: [], logLine: null });
  if (kind !== 'ready' && kind !== 'completed') return null;
  if (!(await isAsApplied(own, options))) return null;
  return {
    number: 1,
    ports: [],
    restarts: noRestarts,
    as: kind === 'completed' ? { kind } : { kind: 'running', identity: nowhereHere, was: 'ready', spawnedAt: clock.now() },
  };
};

/** Secrets first, as they are applied: a Deployment carries the version of its own. */
const isAsApplied = async ({ objects }: ClusterObjects, { cluster, force }: StandingOptions): Promise<boolean> => {
  let secret: string | null = null;
  for (const object of objects) {
    const preview = await cluster.preview(withSecretVersion(object, secret), force);
    if (!preview.isSame) return false;
    if (object.kind === 'Secret') secret = preview.version;
  }
  return true;
};
