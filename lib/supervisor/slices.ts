import type { Ms } from '../domain/service.ts';
import type { Clock } from '../runtime/clock.ts';

/**
 * Spreads expensive synchronous work over turns of the event loop: each caller goes on when it is its turn, and after `slice`
 * milliseconds of work the others get a turn of the loop first. The first one of a burst does not wait at all.
 */
export const createSlices = (clock: Clock, slice: Ms): (() => Promise<void>) => {
  const queue: (() => void)[] = [];
  let began: Ms | null = null;

  const next = (): void => {
    const turn = queue.shift();
    if (turn === undefined) {
      began = null;
      return;
    }
    began = clock.now();
    turn();
    setImmediate(next);
  };

  return () => {
    if (began === null) {
      began = clock.now();
      setImmediate(next);
      return Promise.resolve();
    }
    if (queue.length === 0 && clock.now() - began < slice) return Promise.resolve();
    return new Promise((resolve) => queue.push(resolve));
  };
};
