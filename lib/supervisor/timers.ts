import type { TimerName } from '../domain/events.ts';
import type { Ms, ServiceName } from '../domain/service.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

export type Timers = {
  /** Replaces a timer of the same service and name. */
  set(name: ServiceName, timer: TimerName, after: Ms): void;
  cancel(name: ServiceName, timer: TimerName): void;
  cancelAll(name: ServiceName): void;
  dispose(): void;
};

export const createTimers = (clock: Clock, fire: (name: ServiceName, timer: TimerName) => void): Timers => {
  const running = new Map<ServiceName, Map<TimerName, Timer>>();
  const cancelAll = (name: ServiceName): void => {
    for (const timer of running.get(name)?.values() ?? []) timer.cancel();
    running.delete(name);
  };
  return {
    set: (name, timer, after) => {
      const own = running.get(name) ?? new Map<TimerName, Timer>();
      own.get(timer)?.cancel();
      running.set(name, own);
      const handle = clock.setTimer(after, () => {
        if (own.get(timer) === handle) own.delete(timer);
        fire(name, timer);
      });
      own.set(timer, handle);
    },
    cancel: (name, timer) => {
      running.get(name)?.get(timer)?.cancel();
      running.get(name)?.delete(timer);
    },
    cancelAll,
    dispose: () => {
      for (const name of [...running.keys()]) cancelAll(name);
    },
  };
};
