import { nameLabel } from '../../domain/kubernetes/labels.ts';
import { type Observation, observe } from '../../domain/kubernetes/observe.ts';
import type { ClusterEvent, Pod, WorkloadObject } from '../../domain/kubernetes/status.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';
import { type ClusterObjects, hasAddress } from './apply.ts';
import type { Observer } from './observer.ts';

export type Look = {
  readonly cluster: Cluster;
  readonly observer: Observer;
  readonly own: ClusterObjects;
  /** Of what was applied. */
  readonly generation: number;
};

/** What a cluster says of a service now. Events and the log are asked for only where they could say something. */
export const lookAtService = async ({ cluster, observer, own, generation }: Look): Promise<Observation> => {
  const { main, objectName } = own;
  const object = observer.objectOf(main.kind, main.name);
  // The watch is behind what we have applied: all of this is about the form before.
  if ((object?.metadata?.generation ?? 0) < generation) return { kind: 'progressing', reason: null };
  const known = observer.podsOf(objectName, jobOf(own));
  const first = observe({ object, pods: known, events: [], logLine: null });
  if (first.kind === 'ready' && isUnreachable(own, object, observer))
    return { kind: 'progressing', reason: noAddress, isBrief: true };
  if (first.kind !== 'progressing' && first.kind !== 'failed') return first;
  // Each kind has a watch of its own: that a Job has failed may be heard before anything of its pod.
  const pods = first.kind === 'failed' && known.length === 0 ? await findPods(cluster, own) : known;
  const [events, logLine] = await Promise.all([eventsOf(cluster, pods), lastLineOf(cluster, pods)]);
  return observe({ object, pods, events, logLine });
};

const noAddress = 'is ready, and its Service does not send to it yet';

/** A Service gets the addresses of its pods after they are ready; who asks for it before is refused. */
const isUnreachable = (own: ClusterObjects, object: WorkloadObject | null, observer: Observer): boolean =>
  hasAddress(own) && observer.addressesOf(own.objectName) < (object?.spec?.replicas ?? 1);

/** The last lines of its newest pod; empty where there is none. */
export const tailOf = async ({ cluster, observer, own }: Omit<Look, 'generation'>, lines: number): Promise<readonly string[]> => {
  const known = observer.podsOf(own.objectName, jobOf(own));
  const [pod] = (known.length > 0 ? known : await findPods(cluster, own)).slice(-1);
  return pod === undefined ? [] : await cluster.tail(pod.metadata?.name ?? '', lines);
};

const jobOf = ({ main: { kind, name } }: ClusterObjects): string | null => (kind === 'Job' ? name : null);

const findPods = async (cluster: Cluster, own: ClusterObjects): Promise<readonly Pod[]> => {
  const job = jobOf(own);
  const labels = { [nameLabel]: own.objectName, ...(job === null ? {} : { 'job-name': job }) };
  const listed = await cluster.list('Pod', labels);
  return listed.ok ? listed.items : [];
};

const eventsOf = async (cluster: Cluster, pods: readonly Pod[]): Promise<readonly ClusterEvent[]> =>
  (
    await Promise.all(pods.slice(-3).map(({ metadata }) => cluster.eventsOf(metadata?.name ?? '')))
  ).flat() as readonly ClusterEvent[];

const lastLineOf = async (cluster: Cluster, pods: readonly Pod[]): Promise<string | null> => {
  const crashed = pods.find(({ status }) =>
    status?.containerStatuses?.some(({ state, lastState }) => (state?.terminated ?? lastState?.terminated) !== undefined),
  );
  const lines = crashed === undefined ? [] : await cluster.tail(crashed.metadata?.name ?? '', 1);
  return lines.at(-1) ?? null;
};
