import { quantile } from './quantile.ts';

/** How soon a probe asks again while it waits for readiness: dense while a start is young, and never dear for long. */

/** Milliseconds. */
type Ms = number;

const shortest: Ms = 2;
const longestYoung: Ms = 20;
const middleAge: Ms = 10_000;
const oldAge: Ms = 60_000;

/**
 * The pause before the next check of a cheap probe (a connection), `elapsed` after the first one: 2 ms at first, one
 * hundredth of the elapsed time more, at most 20 ms, so that readiness is seen within 25 ms. From 10 s on 100 ms and from a
 * minute on 250 ms: a thousand services that are slow to start must not keep the machine from starting them.
 */
export const nextProbeDelay = (elapsed: Ms): Ms => {
  if (elapsed >= oldAge) return 250;
  if (elapsed >= middleAge) return 100;
  return Math.min(longestYoung, shortest + Math.max(0, elapsed) / 100);
};

/** The same for a check that starts a process, which costs a hundred times as much: 25 ms at first, growing to 250 ms. */
export const nextCommandDelay = (elapsed: Ms): Ms => Math.min(250, 25 + Math.max(0, elapsed) / 10);

/** When something usually happens, in milliseconds since the same moment as `elapsed`: the earliest and the latest of most times. */
export type Window = { readonly from: Ms; readonly to: Ms };

/** Of earlier times, ascending. A tenth and a few milliseconds on both sides, because the next one is none of those. Null: none is known. */
export const toWindow = (ascending: readonly Ms[]): Window | null => {
  const [from, to] = [quantile(ascending, 0.05), quantile(ascending, 0.95)];
  return from === null || to === null ? null : { from: Math.max(0, from * 0.9 - 5), to: to * 1.1 + 10 };
};

/**
 * The same for what usually happens within a window: sparse before it, never beyond its beginning; densest in it; and after it as if
 * all began there. Without a window: `plain`.
 */
const around =
  (plain: (elapsed: Ms) => Ms, { densest, sparsest }: { readonly densest: Ms; readonly sparsest: Ms }) =>
  (elapsed: Ms, window: Window | null): Ms => {
    if (window === null) return plain(elapsed);
    if (elapsed < window.from) return Math.max(densest, Math.min(sparsest, window.from - elapsed));
    return elapsed <= window.to ? densest : Math.max(densest, plain(elapsed - window.to));
  };

/** For a connection, sparse is still often enough to be seen within 25 ms: a service that is early for once is no surprise to anybody. */
export const nextProbeDelayAround: (elapsed: Ms, window: Window | null) => Ms = around(nextProbeDelay, {
  densest: 3,
  sparsest: longestYoung,
});

/** A process costs so much that sparse is sparse. */
export const nextCommandDelayAround: (elapsed: Ms, window: Window | null) => Ms = around(nextCommandDelay, {
  densest: 25,
  sparsest: 250,
});

/** Not even a twentieth of the time goes into looks. */
const shortestLook: Ms = 1;

/** A look at what the kernel counts, that serves all: 1 ms at first, 10 ms at most for the first ten seconds. */
const nextLookDelay = (elapsed: Ms): Ms =>
  elapsed >= middleAge ? longestYoung : Math.min(10, shortestLook + Math.max(0, elapsed) / 250);

export const nextLookDelayAround: (elapsed: Ms, window: Window | null) => Ms = around(nextLookDelay, {
  densest: shortestLook,
  sparsest: 10,
});

/**
 * The pause before the next check when `running` probes are in their ramp at once, each with a `delay` of its own: together
 * they ask at most once in `share` milliseconds.
 */
export const shareOut = (delay: Ms, running: number, share: Ms): Ms => Math.max(delay, running * share);

/** A number in [0, 1) that is always the same for the same text: spreads what would otherwise happen at once. FNV-1a, then mixed so that `a-1` and `a-2` lie apart. */
export const spreadOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};

/**
 * Checks with one interval come together, each at most a hundredth of it sooner or later than on its own: a turn of the loop
 * that comes alone costs nearly as much as the check.
 */
export const delayTogether = (interval: Ms, now: Ms): Ms => {
  const step = interval / 50;
  return Math.round((now + interval) / step) * step - now;
};
