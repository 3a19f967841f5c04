import type { KubernetesObject } from '../../domain/kubernetes/object.ts';
import type { SpawnFailure } from '../../domain/process.ts';
import type { Applied, Cluster, Kind } from '../../runtime/kubernetes/cluster.ts';

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
    const applied = await cluster.apply(withSecretVersion(object, secret), force);
    if (!applied.ok) return { ok: false, object, applied };
    if (object.kind === 'Secret') secret = applied.version;
    if (object.kind === main.kind) generation = applied.generation;
  }
  return { ok: true, generation };
};

/** `version`: of the Secret of its service; null: it has none. */
export const withSecretVersion = (object: KubernetesObject, version: string | null): KubernetesObject => {
  if (object.kind !== 'Deployment' || version === null) return object;
  const template = object.spec?.['template'] as { readonly metadata?: { readonly annotations?: object } } | undefined;
  const metadata = { ...template?.metadata, annotations: { ...template?.metadata?.annotations, 'muster/secret': version } };
  return { ...object, spec: { ...object.spec, template: { ...template, metadata } } };
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
