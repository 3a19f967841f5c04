import type { Ms, ServiceName, Stack } from '../../domain/service.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { type ClusterObjects, hasAddress, hasCheck } from './apply.ts';

export type LastingOptions = {
  readonly clock: Clock;
  readonly stack: Stack;
  readonly objectsOf: (name: ServiceName) => ClusterObjects;
};

/** Services that are ready, and have to stay so for a while before it counts. */
export type Lasting = {
  /** `onLasted` is called once, at once where there is nothing to wait for. While one is waited for, further calls change nothing. */
  begin(name: ServiceName, hasFallen: boolean, onLasted: () => void): void;
  /** It is not ready any more. */
  end(name: ServiceName): void;
  dispose(): void;
};

export const createLasting = ({ clock, stack, objectsOf }: LastingOptions): Lasting => {
  const timers = new Map<ServiceName, Timer>();
  const needed = new Set([...stack.services.values()].flatMap(({ dependsOn }) => dependsOn.map(({ on }) => on)));

  const spanOf = (name: ServiceName, hasFallen: boolean): Ms => {
    // What ends again and again is ready for a moment each time.
    if (hasFallen && !hasCheck(objectsOf(name))) return longEnough;
    return needed.has(name) && hasAddress(objectsOf(name)) ? untilNodesKnow : 0;
  };

  return {
    begin: (name, hasFallen, onLasted) => {
      if (timers.has(name)) return;
      const span = spanOf(name, hasFallen);
      if (span === 0) {
        onLasted();
        return;
      }
      const timer = clock.setTimer(span, () => {
        timers.delete(name);
        onLasted();
      });
      timers.set(name, timer);
    },
    end: (name) => {
      timers.get(name)?.cancel();
      timers.delete(name);
    },
    dispose: () => {
      for (const timer of timers.values()) timer.cancel();
    },
  };
};

/** As long as a cluster waits before it starts again what has ended for the first time. */
const longEnough: Ms = 10_000;

/**
 * How long the nodes may take to send what is for a Service to an address that it has: kube-proxy gathers changes for up to a second
 * (its `minSyncPeriod`), and says nowhere that it has taken them over. Who comes earlier from another node is refused.
 */
const untilNodesKnow: Ms = 1_000;
