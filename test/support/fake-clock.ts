import type { Clock } from '../../lib/runtime/clock.ts';

export type FakeClock = Clock & {
  /** Runs the next timer that is due, and every promise that follows from it. False: there was none. */
  next(): Promise<boolean>;
  /** Runs timers until `done`, or until none is left. */
  runUntil(done: () => boolean): Promise<void>;
  /** Moves on by `span`, running what is due on the way. */
  advance(span: number): Promise<void>;
};

/** Lets every promise that can settle do so: supervisor and fakes use no real I/O, so a few turns are enough. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Time that moves only when a test says so. */
export const createFakeClock = (): FakeClock => {
  let time = 0;
  let counter = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  const soonest = (): [number, { at: number; run: () => void }] | undefined =>
    [...timers].sort(([idA, a], [idB, b]) => a.at - b.at || idA - idB)[0];
  const next = async (limit = Number.POSITIVE_INFINITY): Promise<boolean> => {
    await settle();
    const found = soonest();
    if (found === undefined || found[1].at > limit) return false;
    timers.delete(found[0]);
    time = Math.max(time, found[1].at);
    found[1].run();
    await settle();
    return true;
  };
  return {
    now: () => time,
    wall: () => 1_700_000_000_000 + time,
    setTimer: (after, run) => {
      counter += 1;
      const id = counter;
      timers.set(id, { at: time + Math.max(0, after), run });
      return { cancel: () => timers.delete(id) };
    },
    next: () => next(),
    runUntil: async (done) => {
      await settle();
      while (!done() && (await next())) continue;
    },
    advance: async (span) => {
      const end = time + span;
      while (await next(end)) continue;
      time = end;
    },
  };
};
