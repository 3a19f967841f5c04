import { workloadOf } from '../../domain/kubernetes/labels.ts';
import type { Pod } from '../../domain/kubernetes/status.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster, Item, Kind, Labels } from '../../runtime/kubernetes/cluster.ts';
import { createObserver, type Observer } from './observer.ts';

export type ClusterDownOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly labels: Labels;
  /** Who needs an object of this name, by object names; those that the file does not know need nobody, and nobody needs them. */
  readonly dependentsOf: (objectName: string) => readonly string[];
  /** Empty: everything that carries the labels. */
  readonly only: readonly string[];
  /** Its last container has ended. */
  readonly onEnded: (objectName: string) => void;
  /** What is to be done around it; a failure of that keeps nothing from ending. */
  readonly around?: Around | null;
  readonly interrupted: AbortSignal;
};

/** Of each that runs on, by the name of its objects; of all only where anything is there. */
export type Around = {
  readonly beforeAll: () => Promise<void>;
  readonly before: (objectName: string) => Promise<void>;
  readonly after: (objectName: string) => Promise<void>;
  readonly afterAll: () => Promise<void>;
};

export type ClusterDown = {
  /** In the order in which they were asked to end. */
  readonly gone: readonly string[];
  /** What is still there, with why. */
  readonly left: readonly { readonly name: string; readonly problem: string }[];
};

/** All kinds that are written; the workload itself goes first, so that nothing is sent to what is about to end. */
const kindsOf = ['Ingress', 'Deployment', 'Job', 'Service', 'Secret'] as const satisfies readonly Kind[];

/**
 * Takes a stack off a cluster in the opposite order: each when all that need it have ended, and gone is when its last pod is. Or why
 * the cluster cannot be watched.
 */
export const downOnCluster = async (options: ClusterDownOptions): Promise<ClusterDown | string> => {
  const { cluster, clock, labels, interrupted } = options;
  const waiting = new Set<() => void>();
  const observer = createObserver({
    cluster,
    clock,
    labels,
    onChange: () => {
      for (const look of [...waiting]) look();
    },
  });
  const problem = await observer.start();
  if (problem !== null) {
    observer.stop();
    return problem;
  }
  const left: { name: string; problem: string }[] = [];
  try {
    const objects = await findObjects(cluster, labels);
    if (typeof objects === 'string') return objects;
    const names = [...objects.keys()].filter((name) => options.only.length === 0 || options.only.includes(name));
    const { around = null } = options;
    const runsOn = (name: string): boolean => objects.get(name)?.some(({ kind }) => kind === 'Deployment') === true;
    if (names.length > 0) await around?.beforeAll();
    const ends = new Map<string, Promise<Waited>>();
    const end = (name: string): Promise<Waited> => {
      const known = ends.get(name);
      if (known !== undefined) return known;
      const ending = endOne(name);
      ends.set(name, ending);
      return ending;
    };
    const wait: Wait = { clock, observer, waiting, interrupted };
    const endOne = async (name: string): Promise<Waited> => {
      const dependents = options.dependentsOf(name).filter((other) => names.includes(other));
      await Promise.all(dependents.map(end));
      if (runsOn(name)) await around?.before(name);
      if (interrupted.aborted) return { kind: 'interrupted' };
      if (!(await askToGo(name))) return { kind: 'refused' };
      const waited = await awaitThat(name, hasEnded, wait);
      if (waited.kind === 'seen') {
        if (runsOn(name)) await around?.after(name);
        options.onEnded(name);
      }
      return waited;
    };
    /** False: its Deployment or a Job of it may not be removed. It runs on, so its Service and its Secrets stay, too. */
    const askToGo = async (name: string): Promise<boolean> => {
      for (const { kind, name: object } of objects.get(name) ?? []) {
        const refused = await cluster.remove({ kind, name: object });
        if (refused === null) continue;
        left.push({ name, problem: `${kind} ${object} could not be removed: ${refused}` });
        if (kind === 'Deployment' || kind === 'Job') return false;
      }
      return true;
    };
    const isGone = new Set<string>();
    await Promise.all(
      names.map(async (name) => {
        const ended = await end(name);
        const waited = ended.kind === 'seen' ? await awaitThat(name, nothingLeft, wait) : ended;
        if (waited.kind === 'seen') isGone.add(name);
        else if (waited.kind !== 'refused') left.push({ name, problem: tellLeft(waited) });
      }),
    );
    for (const { name } of left) isGone.delete(name);
    if (names.length > 0) await around?.afterAll();
    const gone = [...ends.keys()].filter((name) => isGone.has(name));
    return { gone, left };
  } finally {
    observer.stop();
  }
};

type Ref = { readonly kind: Kind; readonly name: string };

/** By the name that all objects of a service carry, in the order in which they are to go. */
const findObjects = async (cluster: Cluster, labels: Labels): Promise<ReadonlyMap<string, readonly Ref[]> | string> => {
  const objects = new Map<string, Ref[]>();
  for (const kind of kindsOf) {
    const listed = await cluster.list(kind, labels);
    if (!listed.ok) return listed.problem;
    for (const item of listed.items) {
      const name = workloadOf(item) ?? nameOf(item);
      const known = objects.get(name);
      if (known === undefined) objects.set(name, [{ kind, name: nameOf(item) }]);
      else known.push({ kind, name: nameOf(item) });
    }
  }
  return objects;
};

const nameOf = ({ metadata }: Item): string => metadata?.name ?? '';

type Wait = {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly waiting: Set<() => void>;
  readonly interrupted: AbortSignal;
};

type Waited =
  | { readonly kind: 'seen' }
  | { readonly kind: 'interrupted' }
  /** Its Deployment or Job may not be removed, which has been told. */
  | { readonly kind: 'refused' }
  /** Long after the grace that its pods have. */
  | { readonly kind: 'stuck'; readonly pods: readonly Pod[] };

/** How long a node may take to tell of an end beyond the grace of a pod; one that is cut off never does. */
const patience = 60_000;

const tellLeft = (waited: Extract<Waited, { kind: 'interrupted' | 'stuck' }>): string => {
  if (waited.kind === 'interrupted') return 'it was still there when you interrupted';
  const [pod] = waited.pods;
  if (pod === undefined) return 'the cluster has not taken it away';
  const name = pod.metadata?.name ?? '?';
  return `pod ${name} has not ended, and its node, ${pod.spec?.nodeName ?? 'which is not known'}, may be cut off: "kubectl delete pod ${name} --force" when you know that it is`;
};

/** Nothing of it runs any more, so that what it needs may go; the cluster tidies up behind it for seconds. */
const hasEnded = (pods: readonly Pod[]): boolean =>
  pods.every(({ metadata, status }) => {
    const containers = status?.containerStatuses ?? [];
    const isOver = containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined);
    return isOver && metadata?.deletionTimestamp !== undefined;
  });

const nothingLeft = (pods: readonly Pod[]): boolean => pods.length === 0;

/** Of a workload whose Deployment or Job is gone. */
const awaitThat = (
  name: string,
  holds: (pods: readonly Pod[]) => boolean,
  { clock, observer, waiting, interrupted }: Wait,
): Promise<Waited> =>
  new Promise((resolve) => {
    const isThere = (kind: Kind): boolean => observer.all(kind).some((item) => workloadOf(item) === name);
    const end = (waited: Waited): void => {
      waiting.delete(look);
      timer.cancel();
      interrupted.removeEventListener('abort', giveUp);
      resolve(waited);
    };
    const look = (): void => {
      if (!isThere('Deployment') && !isThere('Job') && holds(observer.podsOf(name, null))) end({ kind: 'seen' });
    };
    const giveUp = (): void => end({ kind: 'interrupted' });
    const grace = Math.max(0, ...observer.podsOf(name, null).map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 30));
    const timer = clock.setTimer(grace * 1000 + patience, () => end({ kind: 'stuck', pods: observer.podsOf(name, null) }));
    waiting.add(look);
    interrupted.addEventListener('abort', giveUp, { once: true });
    if (interrupted.aborted) giveUp();
    else look();
  });
