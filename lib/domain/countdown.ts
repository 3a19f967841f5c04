/** Times in a state's description that run on while nothing else changes: data, so that whoever shows them can let them run. */

import type { Ms, Service } from './service.ts';
import type { ServiceState } from './state.ts';
import { formatDuration } from './words.ts';

export type Countdown =
  /** `wait_before_start`. */
  | { readonly kind: 'delay'; readonly left: Ms }
  | { readonly kind: 'retry'; readonly left: Ms; readonly retry: number; readonly of: number }
  /** It was asked to stop. `left` is until its kill; `hurry` is the grace of all, where that was cut short. */
  | { readonly kind: 'stop'; readonly asked: Ms; readonly left: Ms; readonly hurry: Ms | null }
  /** Its grace is over. */
  | { readonly kind: 'kill'; readonly asked: Ms };

/** Null: nothing of it runs on. */
export const toCountdown = (state: ServiceState, { stop }: Pick<Service, 'stop'>, now: Ms): Countdown | null => {
  switch (state.kind) {
    case 'delayed':
      return { kind: 'delay', left: state.until - now };
    case 'backoff':
      return { kind: 'retry', left: state.until - now, retry: state.retry, of: state.of };
    case 'stopping': {
      const asked = state.askedAt ?? state.since;
      if (state.phase === 'killing') return { kind: 'kill', asked: now - asked };
      if (state.phase !== 'asked') return null;
      return { kind: 'stop', asked: now - asked, left: asked + stop.timeout - now, hurry: state.hurry };
    }
    default:
      return null;
  }
};

/** The same a while later. */
export const letRun = (countdown: Countdown, by: Ms): Countdown => {
  switch (countdown.kind) {
    case 'delay':
    case 'retry':
      return { ...countdown, left: Math.max(0, countdown.left - by) };
    case 'stop':
      return { ...countdown, asked: countdown.asked + by, left: Math.max(0, countdown.left - by) };
    case 'kill':
      return { ...countdown, asked: countdown.asked + by };
  }
};

/** As one clause: `next try in 4.2 s (3/5)`. */
export const tellCountdown = (countdown: Countdown): string => {
  switch (countdown.kind) {
    case 'delay':
      return `starts in ${formatRunning(countdown.left)}`;
    case 'retry':
      return `next try in ${formatRunning(countdown.left)} (${countdown.retry}/${countdown.of})`;
    case 'stop': {
      const end = countdown.hurry === null ? `in ${formatRunning(countdown.left)}` : `within ${formatDuration(countdown.hurry)}`;
      return `asked to stop ${formatRunning(countdown.asked)} ago, is killed ${end}`;
    }
    case 'kill':
      return 'is being killed';
  }
};

/** A number that is seen running: in tenths, so that it does not jump between units; one that is over in no time is told as it is. */
const formatRunning = (ms: Ms): string =>
  ms >= 100 && ms < 59_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : formatDuration(ms);
