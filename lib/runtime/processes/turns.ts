import { createQueue } from '../../util/queue.ts';

/**
 * Runs short pieces of work one after the other, in the order in which they came, and gives the event loop a turn every `slice`
 * milliseconds: a thousand trees that wait for one list of processes would otherwise all use it in the same turn.
 */
export const createTurns = (slice: number): (<Result>(work: () => Result) => Promise<Result>) => {
  const queue = createQueue<() => void>();
  let isRunning = false;
  const run = (): void => {
    const until = performance.now() + slice;
    while (!queue.isEmpty()) {
      queue.next()();
      if (performance.now() > until) break;
    }
    isRunning = !queue.isEmpty();
    if (isRunning) setImmediate(run);
  };
  return (work) =>
    new Promise((resolve, reject) => {
      queue.add(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (isRunning) return;
      isRunning = true;
      setImmediate(run);
    });
};
