import type { Ms } from '../domain/service.ts';
import type { Clock } from '../runtime/clock.ts';
import { createQueue } from '../util/queue.ts';

/** Calls `work` now or in a later turn of the event loop, and gives what it gives. */
export type InSlices = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Spreads expensive synchronous beginnings (a spawn) over turns of the event loop: after `slice` milliseconds of them the others
 * get a turn. One that comes alone does not wait at all. The work is called here, not when a promise gets to it: else a
 * thousand would pass before the first had taken any time.
 */
export const createSlices = (clock: Clock, slice: Ms): InSlices => {
  const queue = createQueue<() => void>();
  let isBusy = false;

  const runSome = (): void => {
    const end = clock.now() + slice;
    while (!queue.isEmpty() && clock.now() < end) queue.next()();
    if (queue.isEmpty()) isBusy = false;
    else setImmediate(runSome);
  };

  return (work) =>
    new Promise((resolve) => {
      queue.add(() => resolve(work()));
      if (isBusy) return;
      isBusy = true;
      // The first of a burst goes at once; what comes with it in this turn waits for the next one.
      queue.next()();
      setImmediate(runSome);
    });
};
