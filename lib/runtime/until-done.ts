import type { Ms } from '../domain/service.ts';
import type { Clock } from './clock.ts';

type Perseverance = {
  readonly clock: Clock;
  /** For how long it is tried again, from now. */
  readonly limit: Ms;
  /** Nobody wants it any more. */
  readonly cancelled?: AbortSignal;
  /** Told of the first try that failed, where another follows. */
  readonly onTrouble?: (error: unknown) => void;
};

const tryAgainAfter: Ms = 100;

/** Does again what fails only for a moment, as when no file can be opened, and so no process be looked at. Rejects as the last try did. */
export const untilDone = async <Result>(
  act: () => Promise<Result>,
  { clock, limit, cancelled, onTrouble }: Perseverance,
): Promise<Result> => {
  const until = clock.now() + limit;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await act();
    } catch (error) {
      if (cancelled?.aborted === true || clock.now() >= until) throw error;
      if (isFirst) onTrouble?.(error);
      await pauseFor(tryAgainAfter, clock, cancelled);
    }
  }
};

const pauseFor = (ms: Ms, clock: Clock, cancelled: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      cancelled?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimer(ms, finish);
    cancelled?.addEventListener('abort', finish, { once: true });
  });
