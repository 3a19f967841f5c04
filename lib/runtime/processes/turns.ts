/** How long the work of many may keep the event loop at a stretch, in milliseconds. */
const slice = 4;

/**
 * Runs short pieces of work one after the other, in the order in which they came, and gives the event loop a turn every few
 * milliseconds: a thousand trees that wait for one list of processes would otherwise all use it in the same turn.
 */
export const createTurns = (): (<Result>(work: () => Result) => Promise<Result>) => {
  const queue: (() => void)[] = [];
  let isRunning = false;
  const run = (): void => {
    const until = performance.now() + slice;
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
      work();
      if (performance.now() > until) break;
    }
    isRunning = queue.length > 0;
    if (isRunning) setImmediate(run);
  };
  return (work) =>
    new Promise((resolve, reject) => {
      queue.push(() => {
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
