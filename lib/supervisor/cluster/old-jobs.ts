import { observe } from '../../domain/kubernetes/observe.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';
import type { ClusterObjects } from './apply.ts';
import type { Observer } from './observer.ts';

export type OldJobsOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly objectsOf: (name: ServiceName) => ClusterObjects;
  /** Also those that have not failed. */
  readonly anew: boolean;
};

export type OldJobs = {
  /** Resolves when nothing is in the way of a further Job: null, or why the old one cannot be taken away. */
  makeRoom(name: ServiceName): Promise<string | null>;
  /** Something of this service is another: perhaps its old Job is gone. */
  look(name: ServiceName): void;
  dispose(): void;
};

/** How long the cluster may take to take one away, beyond the grace of its pods, in milliseconds. */
const patience = 60_000;
/** Of a pod that does not say, in seconds. */
const usualGrace = 30;

/** A Job that has failed stays failed, however often it is applied: a further try is a further Job. */
export const createOldJobs = ({ cluster, clock, observer, objectsOf, anew }: OldJobsOptions): OldJobs => {
  const leaving = new Map<ServiceName, Leaving>();

  const end = (name: ServiceName, isGone: boolean): void => {
    const one = leaving.get(name);
    one?.timer.cancel();
    leaving.delete(name);
    one?.end(isGone);
  };

  const awaitEnd = (name: ServiceName): Promise<boolean> =>
    new Promise((resolve) => {
      const pods = observer.podsOf(objectsOf(name).objectName, null);
      const grace = Math.max(0, ...pods.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? usualGrace));
      const timer = clock.setTimer(grace * 1_000 + patience, () => end(name, false));
      leaving.set(name, { timer, end: resolve });
      look(name);
    });

  const look = (name: ServiceName): void => {
    const { main } = objectsOf(name);
    if (observer.objectOf(main.kind, main.name) !== null) return;
    end(name, true);
  };

  return {
    makeRoom: async (name) => {
      const { main } = objectsOf(name);
      if (main.kind !== 'Job') return null;
      const object = observer.objectOf(main.kind, main.name);
      const isFailed = observe({ object, pods: [], events: [], logLine: null }).kind === 'failed';
      if (object === null || !(isFailed || anew)) return null;
      const refused = await cluster.remove(main);
      const told = `the ${isFailed ? 'failed' : 'old'} Job ${main.name}`;
      if (refused !== null) return `${told} cannot be taken away: ${refused}`;
      if (await awaitEnd(name)) return null;
      return `${told} was removed, and the cluster has not taken it away: "kubectl get job ${main.name} -o yaml" tells which finalizer holds it`;
    },
    look,
    dispose: () => {
      for (const { timer } of leaving.values()) timer.cancel();
    },
  };
};

type Leaving = { readonly timer: Timer; readonly end: (isGone: boolean) => void };
