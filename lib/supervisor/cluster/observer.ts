import { countAddresses } from '../../domain/kubernetes/endpoints.ts';
import { workloadOf } from '../../domain/kubernetes/labels.ts';
import type { Pod, WorkloadObject } from '../../domain/kubernetes/status.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Cluster, Item, Kind, Labels } from '../../runtime/kubernetes/cluster.ts';

export type ObserverOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly labels: Labels;
  /** Something of the workload of this object name is another. */
  readonly onChange: (objectName: string) => void;
};

/** What a cluster says of a stack, kept up to date by one watch a kind. */
export type Observer = {
  /** Null: it is not there. */
  objectOf(kind: Kind, name: string): WorkloadObject | null;
  /** The newest of a task, whatever its content was; null: there is none. */
  newestJobOf(objectName: string): WorkloadObject | null;
  /** Of a workload, by the name that all of its objects carry; of a Job, only its own. */
  podsOf(objectName: string, job: string | null): readonly Pod[];
  /** How many pods the Service of this name sends to. */
  addressesOf(service: string): number;
  /** All that carry the labels of the stack. */
  all(kind: Kind): readonly Item[];
  /** Null once everything is known; else why it is not. */
  start(): Promise<string | null>;
  stop(): void;
};

const watched = ['Deployment', 'Job', 'Pod', 'Endpoints'] as const satisfies readonly Kind[];

/** A watch that has ended is begun again after this. */
const pause = 500;

export const createObserver = ({ cluster, clock, labels, onChange }: ObserverOptions): Observer => {
  const known = new Map<Kind, Map<string, Item>>(watched.map((kind) => [kind, new Map<string, Item>()]));
  const watches = new Map<Kind, { stop(): void }>();
  const timers = new Set<Timer>();
  let isOver = false;

  const tell = (item: Item): void => {
    const name = workloadOf(item);
    if (name !== undefined) onChange(name);
  };

  const follow = async (kind: (typeof watched)[number]): Promise<string | null> => {
    const listed = await cluster.list(kind, labels);
    if (isOver) return null;
    if (!listed.ok) return listed.problem;
    const items = known.get(kind) ?? new Map<string, Item>();
    const before = new Map(items);
    items.clear();
    for (const item of listed.items) items.set(item.metadata?.name ?? '', { kind, ...item });
    for (const [name, item] of [...before, ...items]) if (items.get(name) !== before.get(name)) tell(item);
    watches.set(
      kind,
      cluster.watch({
        kind,
        labels,
        version: listed.version,
        onItem: (item, isGone) => {
          const name = item.metadata?.name ?? '';
          if (isGone) items.delete(name);
          else items.set(name, item);
          tell(item);
        },
        onEnd: () => {
          if (!isOver) again(kind);
        },
      }),
    );
    return null;
  };

  /** What is missed in between is seen in the list that it begins with. */
  const again = (kind: (typeof watched)[number]): void => {
    const timer = clock.setTimer(pause, () => {
      timers.delete(timer);
      void follow(kind).then((problem) => {
        if (problem !== null && !isOver) again(kind);
      });
    });
    timers.add(timer);
  };

  return {
    objectOf: (kind, name) => known.get(kind)?.get(name) ?? null,
    newestJobOf: (objectName) => {
      const own = [...(known.get('Job')?.values() ?? [])].filter((job) => workloadOf(job) === objectName);
      return own.reduce<WorkloadObject | null>((newest, job: WorkloadObject) => (isNewer(job, newest) ? job : newest), null);
    },
    podsOf: (objectName, job) =>
      [...(known.get('Pod')?.values() ?? [])].filter(
        (pod) => workloadOf(pod) === objectName && (job === null || pod.metadata?.labels?.['job-name'] === job),
      ),
    addressesOf: (service) => countAddresses(known.get('Endpoints')?.get(service) ?? null),
    all: (kind) => [...(known.get(kind)?.values() ?? [])],
    start: async () => (await Promise.all(watched.map(follow))).find((problem) => problem !== null) ?? null,
    stop: () => {
      isOver = true;
      for (const watch of watches.values()) watch.stop();
      for (const timer of timers) timer.cancel();
    },
  };
};

const isNewer = ({ metadata }: WorkloadObject, other: WorkloadObject | null): boolean =>
  (metadata?.creationTimestamp ?? '') >= (other?.metadata?.creationTimestamp ?? '');
