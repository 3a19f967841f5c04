import { nowhereHere } from '../../domain/engine.ts';
import type { Adoption } from '../../domain/events.ts';
import { definitionKey, type KubernetesObject } from '../../domain/kubernetes/object.ts';
import { observe } from '../../domain/kubernetes/observe.ts';
import type { SpawnFailure } from '../../domain/process.ts';
import type { ServiceName } from '../../domain/service.ts';
import { noRestarts } from '../../domain/state.ts';
import type { Applied, Cluster, Kind } from '../../runtime/kubernetes/cluster.ts';
import type { Observer } from './observer.ts';

/** What a service is on a cluster. */
export type ClusterObjects = {
  /** What all of its objects are labelled with. */
  readonly objectName: string;
  /** In the order in which they are applied. */
  readonly objects: readonly KubernetesObject[];
  /** The Deployment or Job among them. */
  readonly main: { readonly kind: Kind; readonly name: string };
};

export type ServiceApplied =
  /** `generation`: of the Deployment or Job. */
  | { readonly ok: true; readonly generation: number }
  | { readonly ok: false; readonly object: KubernetesObject; readonly applied: Exclude<Applied, { ok: true }> };

/**
 * All of a service, Secrets first: pods read theirs only when they start, so the version of the Secret stands on those of a Deployment,
 * and another value makes new pods. The value itself stands nowhere.
 */
export const applyService = async (
  cluster: Cluster,
  { objects, main }: ClusterObjects,
  force: boolean,
): Promise<ServiceApplied> => {
  let secret: string | null = null;
  let generation = 0;
  for (const object of objects) {
    const stamped = object.kind === 'Deployment' && secret !== null ? withSecretVersion(object, secret) : object;
    const applied = await cluster.apply(stamped, force);
    if (!applied.ok) return { ok: false, object, applied };
    if (object.kind === 'Secret') secret = applied.version;
    if (object.kind === main.kind) generation = applied.generation;
  }
  return { ok: true, generation };
};

const withSecretVersion = (object: KubernetesObject, version: string): KubernetesObject => {
  const template = object.spec?.['template'] as { readonly metadata?: { readonly annotations?: object } } | undefined;
  const metadata = { ...template?.metadata, annotations: { ...template?.metadata?.annotations, 'muster/secret': version } };
  return { ...object, spec: { ...object.spec, template: { ...template, metadata } } };
};

export type Unchanged = {
  readonly cluster: Cluster;
  readonly observer: Observer;
  readonly names: readonly ServiceName[];
  readonly objectsOf: (name: ServiceName) => ClusterObjects;
  readonly force: boolean;
  /** ms, of the clock of the boot. */
  readonly now: number;
};

/**
 * What stands on the cluster as the file has it, and is well: it is applied once more, all of it side by side, which changes nothing
 * unless somebody else has changed it; and then it needs neither its turn nor its delay. All others take their way through the graph.
 */
export const adoptUnchanged = async (request: Unchanged): Promise<ReadonlyMap<ServiceName, Adoption>> => {
  const found = await Promise.all(request.names.map(async (name) => [name, await adoptionOf(name, request)] as const));
  return new Map(found.flatMap(([name, as]) => (as === null ? [] : [[name, as] as const])));
};

const adoptionOf = async (
  name: ServiceName,
  { cluster, observer, objectsOf, force, now }: Unchanged,
): Promise<Adoption | null> => {
  const own = objectsOf(name);
  const { main } = own;
  const object = observer.objectOf(main.kind, main.name);
  const wanted = own.objects.find(({ kind }) => kind === main.kind)?.metadata['annotations'] as Readonly<Record<string, string>>;
  if (object?.metadata?.annotations?.[definitionKey] !== wanted[definitionKey]) return null;
  const { kind } = observe({ object, pods: [], events: [], logLine: null });
  if (kind !== 'ready' && kind !== 'completed') return null;
  const applied = await applyService(cluster, own, force);
  if (!applied.ok || applied.generation !== (object?.metadata?.generation ?? 0)) return null;
  return {
    number: 1,
    ports: [],
    restarts: noRestarts,
    as: kind === 'completed' ? { kind } : { kind: 'running', identity: nowhereHere, was: 'ready', spawnedAt: now },
  };
};

/** Whether the cluster asks it how it is. */
export const hasCheck = ({ objects, main }: ClusterObjects): boolean => {
  const spec = objects.find(({ kind }) => kind === main.kind)?.spec as
    | { readonly template?: { readonly spec?: { readonly containers?: readonly object[] } } }
    | undefined;
  const [container = {}] = spec?.template?.spec?.containers ?? [];
  return 'startupProbe' in container || 'readinessProbe' in container;
};

/** Whether others find it by a Service. */
export const hasAddress = ({ objects }: ClusterObjects): boolean => objects.some(({ kind }) => kind === 'Service');

/** A field that somebody else owns is shown with whose it is; nothing is taken from anybody without being told to. */
export const toFailure = ({ kind, metadata }: KubernetesObject, applied: Exclude<Applied, { ok: true }>): SpawnFailure => {
  const what = `${kind} ${metadata.name}`;
  const message =
    'conflicts' in applied
      ? `${what} was not applied: ${applied.conflicts.map(({ field, manager }) => `${field} belongs to ${manager}`).join(', ')}; --force takes it over`
      : `${what} was not applied: ${applied.problem}`;
  return refusal(message);
};

/** What the cluster does not let happen, or says can never be well. */
export const refusal = (message: string): SpawnFailure => ({ stage: 'program', code: 'CLUSTER', message, passing: false });
