import { observe } from '../../domain/kubernetes/observe.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';
import type { ClusterObjects } from './apply.ts';
import type { Observer } from './observer.ts';

export type OldJobsOptions = {
  readonly cluster: Cluster;
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
};

/** A Job that has failed stays failed, however often it is applied: a further try is a further Job. */
export const createOldJobs = ({ cluster, observer, objectsOf, anew }: OldJobsOptions): OldJobs => {
  const leaving = new Map<ServiceName, () => void>();

  const look = (name: ServiceName): void => {
    const { main } = objectsOf(name);
    if (observer.objectOf(main.kind, main.name) !== null) return;
    leaving.get(name)?.();
    leaving.delete(name);
  };

  return {
    makeRoom: async (name) => {
      const { main } = objectsOf(name);
      if (main.kind !== 'Job') return null;
      const object = observer.objectOf(main.kind, main.name);
      const isFailed = observe({ object, pods: [], events: [], logLine: null }).kind === 'failed';
      if (object === null || !(isFailed || anew)) return null;
      const refused = await cluster.remove(main);
      if (refused !== null) return `the ${isFailed ? 'failed' : 'old'} Job ${main.name} cannot be taken away: ${refused}`;
      await new Promise<void>((resolve) => {
        leaving.set(name, resolve);
        look(name);
      });
      return null;
    },
    look,
  };
};
