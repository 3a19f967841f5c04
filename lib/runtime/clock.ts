import type { Ms } from '../domain/service.ts';

export type Timer = { cancel(): void };

/** Time as muster uses it. Durations are always differences of `now`, so a jump of the wall clock changes none of them. */
export type Clock = {
  /** Monotonic milliseconds with fractions; zero is arbitrary. */
  now(): Ms;
  /** Epoch milliseconds: only to show and to store. */
  wall(): number;
  setTimer(after: Ms, run: () => void): Timer;
};

// A Node timer above this fires after 1 ms; the schema refuses such durations, and this keeps a sum of two from slipping through.
const longestTimer = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (after, run) => {
    const timer = setTimeout(run, Math.min(Math.max(after, 0), longestTimer));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Starts now; answers how many milliseconds have passed. `performance` would have to be loaded, which takes a command 1 ms. */
export const startWatch = (): (() => Ms) => {
  const begun = process.hrtime();
  return () => {
    const [seconds, nanoseconds] = process.hrtime(begun);
    return seconds * 1000 + nanoseconds / 1e6;
  };
};
