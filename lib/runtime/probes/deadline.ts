import type { Ms } from '../../domain/service.ts';
import type { Clock, Timer } from '../clock.ts';
import type { DeadlineOver } from './words.ts';

/** A deadline that fires this much late was not slow to be met: this process itself did not run (suspended, starved). */
const lateness: Ms = 100;
const grace: Ms = 200;

/**
 * Aborts `controller` when `timeout` is over. When the timer comes late because the process stood still, answers that have
 * arrived meanwhile are let in first: a suspended supervisor must not find every service unhealthy.
 */
export const abortAfter = (timeout: Ms, controller: AbortController, clock: Clock): Timer => {
  const due = clock.now() + timeout;
  const reason: DeadlineOver = { deadline: timeout };
  let timer = clock.setTimer(timeout, () => {
    if (clock.now() - due < lateness) controller.abort(reason);
    else timer = clock.setTimer(grace, () => controller.abort(reason));
  });
  return { cancel: () => timer.cancel() };
};
