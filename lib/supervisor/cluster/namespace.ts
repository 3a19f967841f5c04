import type { Clock } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';

export type NamespaceOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Makes it where it is not there. */
  readonly create: boolean;
  readonly interrupted: AbortSignal;
};

/** Longest that a new namespace may be without its default service account, in milliseconds; without it no pod is let in. */
const patience = 30_000;
/** First pause between two looks, doubled up to the last. */
const [firstPause, lastPause] = [25, 800];

/** Waits until pods may be put into the namespace. Null; or why they may not, in a clause. What we may not see, we take as it is. */
export const prepareNamespace = async ({ cluster, clock, create, interrupted }: NamespaceOptions): Promise<string | null> => {
  const { namespace } = cluster;
  const state = await cluster.namespaceState();
  if (state === 'terminating') return `namespace "${namespace}" is being deleted: wait until it is gone, or name another`;
  if (state === 'absent') {
    if (!create) return `there is no namespace "${namespace}": give --create-namespace, or name another`;
    const problem = await cluster.createNamespace();
    if (problem !== null) return `namespace "${namespace}" cannot be made: ${problem}`;
  }
  const end = clock.now() + patience;
  for (let pause = firstPause; (await cluster.hasServiceAccount()) === false; pause = Math.min(pause * 2, lastPause)) {
    if (interrupted.aborted) return null;
    if (clock.now() > end) return `namespace "${namespace}" has no service account "default", without which no pod is let in`;
    await new Promise<void>((resolve) => void clock.setTimer(pause, resolve));
  }
  return null;
};
