import type { Exit } from './process.ts';
import type { Ms, RestartPolicy, Service } from './service.ts';
import { type Failure, noRestarts, type RestartCount } from './state.ts';

export type RestartDecision =
  | { readonly restart: true; readonly after: Ms; readonly retry: number; readonly count: RestartCount }
  /** `neverReady`: what opened the breaker was not how many there were within the window, but that none of them got ready. */
  | { readonly restart: false; readonly breakerOpen: boolean; readonly neverReady?: true };

export type RestartQuestion = {
  readonly policy: RestartPolicy;
  readonly failure: Failure;
  readonly count: RestartCount;
  readonly now: Ms;
};

/**
 * What follows a failed attempt. Delays are `delay × factor^n`, at most `maxDelay`; after `max` restarts within `window`,
 * or `max` in a row without ever being ready, the breaker opens.
 */
export const decideRestart = ({ policy, failure, count, now }: RestartQuestion): RestartDecision => {
  if (policy.policy === 'no' || isFinal(failure, policy)) return { restart: false, breakerOpen: false };
  const recent = count.times.filter((time) => now - time < policy.window);
  if (recent.length >= policy.max) return { restart: false, breakerOpen: true };
  if (count.sinceReady >= policy.max) return { restart: false, breakerOpen: true, neverReady: true };
  const after = delayAfter(policy, count.streak);
  return {
    restart: true,
    after,
    retry: Math.max(recent.length, count.sinceReady) + 1,
    count: { times: [...recent, now], streak: count.streak + 1, sinceReady: count.sinceReady + 1 },
  };
};

/** Trying again would change nothing, or the author of the file said so. */
const isFinal = (failure: Failure, policy: RestartPolicy): boolean => {
  switch (failure.kind) {
    case 'exited':
      return isCleanExit(failure.exit)
        ? policy.policy !== 'always'
        : failure.exit.code !== null && policy.neverOn.includes(failure.exit.code);
    case 'spawn':
      return !failure.failure.passing;
    case 'unhealthy':
    case 'not-ready':
    case 'hook':
    case 'earlier':
      return false;
    case 'port':
      return failure.refusal.why !== 'service-said-in-use';
    case 'boot-timeout':
    case 'survived':
      return true;
  }
};

/**
 * How long it has to stay alive before a probe counts, or, without one, before it is ready itself: `startup_delay`. Of one without a
 * probe nothing but its life is proof, and one that has ended by itself has belied that: it also has to live as long as this try
 * was put off.
 */
export const holdOf = ({ type, ready, startupDelay, restart }: Service, { streak }: RestartCount): Ms => {
  if (type === 'task') return 0;
  return ready === null && streak > 0 ? Math.max(startupDelay, delayAfter(restart, streak - 1)) : startupDelay;
};

/** Before the next try, after so many in a row. The power grows beyond all numbers, which times 0 is none. */
const delayAfter = ({ delay, factor, maxDelay }: RestartPolicy, streak: number): Ms =>
  delay === 0 ? 0 : Math.min(delay * factor ** streak, maxDelay);

export const isCleanExit = ({ code }: Exit): boolean => code === 0;

/** What is left of the count after the service was ready for so long. */
export const countAfterReady = (count: RestartCount, policy: RestartPolicy, readyFor: Ms): RestartCount =>
  readyFor >= policy.window ? noRestarts : count;

/** How many restarts there were lately: within the window, or since it was last ready, where those are more. */
export const restartsOf = ({ times, sinceReady }: RestartCount): number => Math.max(times.length, sinceReady);

/** Which try it is, since somebody started it or it was ready for a whole window: 1 for the first. */
export const tryOf = ({ streak }: RestartCount): number => streak + 1;
