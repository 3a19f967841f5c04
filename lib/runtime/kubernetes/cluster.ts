import type { KubernetesObject } from '../../domain/kubernetes/object.ts';

/** One namespace of a cluster, as far as muster needs it: a small interface in front of whatever engine there is. */
export type Cluster = {
  readonly namespace: string;
  /** As kubectl calls the cluster. */
  readonly context: string;
  /** Server-side apply in the name of muster. `force`: also fields that belong to somebody else. */
  apply(object: KubernetesObject, force: boolean): Promise<Applied>;
  /** What an application would do, which is not done. */
  preview(object: KubernetesObject, force: boolean): Promise<Preview>;
  /** New pods for a Deployment, one after the other, as `kubectl rollout restart` makes them. */
  renewPods(deployment: string): Promise<Applied>;
  /** Asks for its end, with that of all that belongs to it. What is not there is gone already. Null, or why it could not be asked. */
  remove(ref: ObjectRef): Promise<string | null>;
  /** All of a kind with these labels. */
  list(kind: Kind, labels: Labels): Promise<Listed>;
  /** What happened to a pod, oldest first. */
  eventsOf(pod: string): Promise<readonly Item[]>;
  /** The last lines that its container wrote; of the one before the last restart where the newest has written nothing. */
  tail(pod: string, lines: number): Promise<readonly string[]>;
  /** What its container wrote, oldest first; or why that is not to be had. */
  logs(pod: string, span: LogSpan): Promise<readonly PodLine[] | string>;
  /** What it writes from now on, after what `span` says of what it has written; its end is told once, for whatever reason. */
  followLogs(pod: string, span: LogSpan, told: LogListener): { stop(): void };
  /** `unknown`: we may not see it. */
  namespaceState(): Promise<'active' | 'terminating' | 'absent' | 'unknown'>;
  /** Null, or why not. */
  createNamespace(): Promise<string | null>;
  /** The default one of the namespace; null: we may not see it. */
  hasServiceAccount(): Promise<boolean | null>;
  /** Calls back for each change after `version`, and once when the stream has ended, for whatever reason. */
  watch(request: WatchRequest): { stop(): void };
  close(): Promise<void>;
};

export type LogSpan = {
  /** Lines, the last ones; null: all. */
  readonly tail: number | null;
  /** Not those that were written before this moment, in epoch milliseconds, to a second; null: from the beginning. */
  readonly since: number | null;
};

/** A line that the container of a pod wrote. `stamp`: RFC 3339 with nine digits, as the cluster has it, so that text order is time order. */
export type PodLine = { readonly stamp: string; readonly text: string };

export type LogListener = {
  readonly onLine: (line: PodLine) => void;
  /** Null: it has ended, or the connection was lost. */
  readonly onEnd: (refusal: Refusal | null) => void;
};

/** `status`: of HTTP, 400 or more; `problem`: the cluster's own word for it. */
export type Refusal = { readonly status: number; readonly problem: string };

/** The kinds that muster writes, and what a cluster makes of them. */
export const kinds = {
  Deployment: 'apis/apps/v1/deployments',
  Job: 'apis/batch/v1/jobs',
  Service: 'api/v1/services',
  Secret: 'api/v1/secrets',
  Ingress: 'apis/networking.k8s.io/v1/ingresses',
  Pod: 'api/v1/pods',
  // Not EndpointSlice, which has no version that 1.20 and 1.36 both know.
  Endpoints: 'api/v1/endpoints',
} as const;

export type Kind = keyof typeof kinds;

export type Labels = Readonly<Record<string, string>>;

export type ObjectRef = { readonly kind: Kind; readonly name: string };

/** Anything that comes from a cluster: read with care. */
export type Item = {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly labels?: Labels;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
};

export type Listed =
  | { readonly ok: true; readonly items: readonly Item[]; readonly version: string }
  | { readonly ok: false; readonly problem: string };

export type Applied =
  /** `generation`: of what was applied; what the cluster says of an older one is of the past. */
  | { readonly ok: true; readonly version: string; readonly generation: number }
  /** Fields that somebody else owns: each with who that is. */
  | { readonly ok: false; readonly conflicts: readonly { readonly field: string; readonly manager: string }[] }
  | { readonly ok: false; readonly problem: string };

export type Preview =
  /** Nothing would be another, not even whose fields they are. `version`: of what stands there. */
  | { readonly isSame: true; readonly version: string }
  /** Something would be another, it is not there, or the cluster does not say. */
  | { readonly isSame: false };

export type WatchRequest = {
  readonly kind: Kind;
  readonly labels: Labels;
  readonly version: string;
  readonly onItem: (item: Item, isGone: boolean) => void;
  readonly onEnd: () => void;
};

/** `apps/v1` and `deployments` of `apis/apps/v1/deployments`, with the namespace between them. */
export const toPath = (kind: Kind, namespace: string, name: string | null = null): string => {
  const whole = kinds[kind];
  const cut = whole.lastIndexOf('/');
  const space = `/${whole.slice(0, cut)}/namespaces/${encodeURIComponent(namespace)}/${whole.slice(cut + 1)}`;
  return name === null ? space : `${space}/${encodeURIComponent(name)}`;
};
