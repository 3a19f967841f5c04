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
  readonly onGone: (objectName: string) => void;
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
  readonly gone: readonly string[];
  /** What is still there, with why. */
  readonly left: readonly { readonly name: string; readonly problem: string }[];
};

/** All kinds that are written; the workload itself goes first, so that nothing is sent to what is about to end. */
const kindsOf = ['Ingress', 'Deployment', 'Job', 'Service', 'Secret'] as const satisfies readonly Kind[];

/**
 * Takes a stack off a cluster in the opposite order: each when all that need it are gone, and gone is when its last pod is. Or why the
 * cluster cannot be watched.
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
  const gone: string[] = [];
  try {
    const objects = await findObjects(cluster, labels);
    if (typeof objects === 'string') return objects;
    const names = [...objects.keys()].filter((name) => options.only.length === 0 || options.only.includes(name));
    const { around = null } = options;
    const runsOn = (name: string): boolean => objects.get(name)?.some(({ kind }) => kind === 'Deployment') === true;
    if (names.length > 0) await around?.beforeAll();
    const ends = new Map<string, Promise<void>>();
    const end = (name: string): Promise<void> => {
      const known = ends.get(name);
      if (known !== undefined) return known;
      const ending = endOne(name);
      ends.set(name, ending);
      return ending;
    };
    const endOne = async (name: string): Promise<void> => {
      await Promise.all(
        options
          .dependentsOf(name)
          .filter((other) => names.includes(other))
          .map(end),
      );
      if (runsOn(name)) await around?.before(name);
      if (interrupted.aborted) return;
      for (const ref of objects.get(name) ?? []) {
        const refused = await cluster.remove(ref);
        if (refused !== null) left.push({ name, problem: `${ref.kind} ${ref.name}: ${refused}` });
      }
      if (await awaitGone(name, { observer, waiting, interrupted })) {
        if (runsOn(name)) await around?.after(name);
        gone.push(name);
        options.onGone(name);
      } else left.push({ name, problem: 'its pods were still there when you interrupted' });
    };
    await Promise.all(names.map(end));
    if (names.length > 0) await around?.afterAll();
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
      const name = item.metadata?.labels?.['app.kubernetes.io/name'] ?? nameOf(item);
      const known = objects.get(name);
      if (known === undefined) objects.set(name, [{ kind, name: nameOf(item) }]);
      else known.push({ kind, name: nameOf(item) });
    }
  }
  return objects;
};

const nameOf = ({ metadata }: Item): string => metadata?.name ?? '';

type Wait = { readonly observer: Observer; readonly waiting: Set<() => void>; readonly interrupted: AbortSignal };

/** False: it was interrupted first. */
const awaitGone = (name: string, { observer, waiting, interrupted }: Wait): Promise<boolean> =>
  new Promise((resolve) => {
    const isThere = (kind: Kind): boolean =>
      observer.all(kind).some(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] === name);
    const end = (isGone: boolean): void => {
      waiting.delete(look);
      interrupted.removeEventListener('abort', giveUp);
      resolve(isGone);
    };
    const look = (): void => {
      if (!isThere('Pod') && !isThere('Deployment') && !isThere('Job')) end(true);
    };
    const giveUp = (): void => end(false);
    waiting.add(look);
    interrupted.addEventListener('abort', giveUp, { once: true });
    if (interrupted.aborted) giveUp();
    else look();
  });
