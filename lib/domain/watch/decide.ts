/**
 * When a change of files restarts a service: decided here from times alone. A burst of changes is one restart, and a service that
 * changes its own watched files, and so would restart for ever, is noticed.
 */

import type { Ms } from '../service.ts';

export type FileChange = {
  /** Relative to the project. */
  readonly file: string;
  /** It is still there: a file that is gone again is not the one to name. */
  readonly exists: boolean;
  readonly at: Ms;
};

type Burst = {
  readonly since: Ms;
  readonly last: Ms;
  /** At most `mostFiles` of them. */
  readonly files: ReadonlySet<string>;
  /** The one to name: the newest that is still there. */
  readonly named: FileChange;
  /** People were told that it does not come to rest. */
  readonly isTold: boolean;
  /** It was asked, and somebody was still at it. */
  readonly notBefore?: Ms;
};

type Restart = {
  readonly at: Ms;
  readonly files: ReadonlySet<string>;
  /** The change came so soon after the service had come up that it may be its own doing. */
  readonly isOwn: boolean;
};

export type WatchState = {
  /** Changes that nothing has been done about yet. */
  readonly burst: Burst | null;
  /** What was done about earlier ones, newest last. */
  readonly restarts: readonly Restart[];
  /** The file that it changes itself, as it seems; null: changes count. */
  readonly pausedBy: string | null;
};

export const newWatch: WatchState = { burst: null, restarts: [], pausedBy: null };

/** Files that are remembered of one burst: a checkout changes ten thousand, and one that recurs is among the first of every round. */
const mostFiles = 100;

/** A change is the service's own doing, as it seems, when it comes within this time of its spawn or of its being ready. */
const ownWithin: Ms = 3_000;

/** Restarts in a row, each by a file that the service seems to have changed itself, and the time they must fall into. */
const loops = [
  { restarts: 3, within: 10_000 },
  { restarts: 6, within: Number.POSITIVE_INFINITY },
] as const;

/** A file that comes back more often than any person saves it, whenever it does. */
const tooOften = { restarts: 10, within: 60_000 } as const;

/** How long git may pause in its work; a lock that is older was left behind by one that was killed. */
const longestPause: Ms = 10_000;

/** After this long without rest people are told which file does not come to it. */
const restlessAfter: Ms = 10_000;

export const noteChange = (state: WatchState, change: FileChange): WatchState => {
  if (state.pausedBy !== null) return state;
  const { burst } = state;
  if (burst === null) {
    const files = new Set([change.file]);
    return { ...state, burst: { since: change.at, last: change.at, files, named: change, isTold: false } };
  }
  const isNew = burst.files.size < mostFiles && !burst.files.has(change.file);
  const files = isNew ? new Set(burst.files).add(change.file) : burst.files;
  const named = change.exists || !burst.named.exists ? change : burst.named;
  return { ...state, burst: { ...burst, last: change.at, files, named } };
};

/** When there is something to decide; null: nothing changed. */
export const dueAt = ({ burst }: WatchState, debounce: Ms): Ms | null =>
  burst === null ? null : Math.max(burst.last + debounce, burst.notBefore ?? 0);

export type Verdict =
  | { readonly kind: 'wait' }
  /** Nothing to do but to tell: this file changes all the time. */
  | { readonly kind: 'restless'; readonly file: string }
  | { readonly kind: 'restart'; readonly file: string; readonly more: number }
  | { readonly kind: 'pause'; readonly file: string; readonly after: number };

export type Question = {
  readonly now: Ms;
  readonly debounce: Ms;
  /** When it was spawned last, and when it was ready last. */
  readonly spawnedAt: Ms | null;
  readonly readyAt: Ms | null;
  /** It is on its way up. */
  readonly isStarting: boolean;
  /** Git is at work, and may only have paused. */
  readonly isBusy?: boolean;
};

export const decide = (state: WatchState, question: Question): { readonly state: WatchState; readonly verdict: Verdict } => {
  const { burst } = state;
  const { now, debounce } = question;
  if (burst === null || state.pausedBy !== null) return { state, verdict: { kind: 'wait' } };
  if (now < burst.last + debounce) {
    if (burst.isTold || now - burst.since < restlessAfter) return { state, verdict: { kind: 'wait' } };
    return {
      state: { ...state, burst: { ...burst, isTold: true } },
      verdict: { kind: 'restless', file: burst.named.file },
    };
  }
  if (question.isBusy === true && now - burst.last < longestPause)
    return { state: { ...state, burst: { ...burst, notBefore: now + debounce } }, verdict: { kind: 'wait' } };
  const isOwn = seemsOwn(burst, question);
  const looping = findLoop(state.restarts, { at: now, files: burst.files, isOwn });
  if (looping !== null) {
    const after = state.restarts.filter(({ files }) => files.has(looping)).length;
    return { state: { burst: null, restarts: [], pausedBy: looping }, verdict: { kind: 'pause', file: looping, after } };
  }
  const restarts = [...state.restarts, { at: now, files: burst.files, isOwn }].slice(-tooOften.restarts);
  return {
    state: { burst: null, restarts, pausedBy: null },
    verdict: { kind: 'restart', file: burst.named.file, more: burst.files.size - 1 },
  };
};

/** Started by hand, or with a new definition: what was held against it is forgotten. */
export const forgive = (state: WatchState): WatchState => ({ ...state, restarts: [], pausedBy: null });

const seemsOwn = (burst: Burst, { spawnedAt, readyAt, isStarting }: Question): boolean =>
  isStarting || [spawnedAt, readyAt].some((at) => at !== null && burst.since >= at && burst.since - at <= ownWithin);

/** The file that all of these restarts have in common; null: this is no loop. */
const findLoop = (before: readonly Restart[], next: Restart): string | null => {
  for (const { restarts, within } of loops) {
    const last = before.slice(-restarts);
    // What began it was somebody else's doing: the service answers to its first restart.
    const answers = [...last.slice(1), next];
    if (last.length < restarts || next.at - (last[0]?.at ?? 0) > within || !answers.every(({ isOwn }) => isOwn)) continue;
    const file = common(answers);
    if (file !== null) return file;
  }
  const recent = before.filter(({ at }) => next.at - at <= tooOften.within);
  if (recent.length < tooOften.restarts) return null;
  return common([...recent, next]);
};

const common = (restarts: readonly Restart[]): string | null => {
  const [first, ...rest] = restarts;
  for (const file of first?.files ?? []) if (rest.every(({ files }) => files.has(file))) return file;
  return null;
};
