import { createAgenda } from '../util/agenda.ts';
import type { Ms } from './service.ts';

/** What a service computes until it is ready. */
export type Burst = {
  /** From its beginning until its program runs. */
  readonly lead: Ms;
  /** How long it computes where it has what it asks for; longer when cores are short. */
  readonly length: Ms;
  /** The cores that it asks for meanwhile: 0.5 is half of one. */
  readonly share: number;
  /** Then it waits for something that computes no faster: a timer, an answer. */
  readonly rest: Ms;
};

/** Those that compute at one moment. Moments must be told in their order. */
export type Bursts = {
  begin(job: number, burst: Pick<Burst, 'share' | 'length'>, at: Ms): void;
  /** When to ask again: no sooner than that is one done, if nothing changes until then. Null: never. */
  next(): Ms | null;
  /** Goes on to this moment, not beyond `next`. Returns those that are done by then. */
  goOn(at: Ms): readonly number[];
  /** It ends, done or not. Returns how much of its length it has computed; null: it was done before. */
  leave(job: number, at: Ms): Ms | null;
};

type Running = { readonly share: number; readonly from: number; readonly to: number };

/**
 * Shares out the cores like a fluid: as long as all together ask for no more than there is, each computes at its full speed; else all
 * are slowed down by the same factor. So one clock serves them all, which goes slower the more they ask for, and each is done when
 * that clock has gone on by its length: N bursts take N log N.
 */
export const createBursts = (cores: number): Bursts => {
  const running = new Map<number, Running>();
  const ends = createAgenda<number>();
  let clock = 0;
  let now = 0;
  let asked = 0;

  const speed = (): number => (asked > cores ? cores / asked : 1);

  const remove = (job: number, { share }: Running): void => {
    running.delete(job);
    // Exactly nothing, whatever the sums and differences of fractions have left.
    asked = running.size === 0 ? 0 : asked - share;
  };

  const next = (): Ms | null => {
    const end = ends.peek();
    return end === null ? null : now + Math.max(0, end - clock) / speed();
  };

  const move = (at: Ms): void => {
    clock = Math.min(clock + (at - now) * speed(), ends.peek() ?? Number.POSITIVE_INFINITY);
    now = at;
  };

  const takeEnded = (at: Ms, end: number): number[] => {
    clock = end;
    now = at;
    ends.next();
    const done: number[] = [];
    for (let job = ends.take(end); job !== null; job = ends.take(end)) {
      const one = running.get(job);
      // Of one that has left, its end is there still.
      if (one === undefined || one.to !== end) continue;
      remove(job, one);
      done.push(job);
    }
    return done;
  };

  return {
    begin: (job, { share, length }, at) => {
      move(at);
      running.set(job, { share, from: clock, to: clock + length });
      asked += share;
      ends.add(clock + length, job);
    },
    next,
    goOn: (at) => {
      const end = ends.peek();
      if (end !== null && next() === at) return takeEnded(at, end);
      move(at);
      return [];
    },
    leave: (job, at) => {
      move(at);
      const one = running.get(job);
      if (one === undefined) return null;
      remove(job, one);
      return clock - one.from;
    },
  };
};
