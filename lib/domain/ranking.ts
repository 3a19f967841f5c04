import { spreadOf } from '../util/ramp.ts';
import { type Job, type Schedule, simulate } from './schedule.ts';
import type { Ms } from './service.ts';

export type Ranking = {
  readonly jobs: readonly Job[];
  readonly slots: number | null;
  /** From the start of each to the end of the longest chain that hangs on it. */
  readonly remaining: readonly Ms[];
  readonly names: readonly string[];
};

export type Ranked = { readonly ranks: readonly number[]; readonly schedule: Schedule };

/** Variants of the rule that are tried; their gain is all found in the first dozen. */
const variants = 12;
/** How far a variant moves a path. */
const jitter = 0.3;
/** A variant must be better by this share: times differ by more than a hair from boot to boot. */
const worth = 0.01;
/** Above, it would take longer to try than there is to gain. */
const mostJobs = 300;

/**
 * Who goes first where slots are few. The longest remaining path is the rule; it is a rule of thumb, and on some graphs going by
 * name is better by luck (Graham 1969: a list schedule can become longer when a job becomes shorter). So the rule, the names and
 * some variants of the rule are all played through, and the best is taken: by the times of the memory it is never worse than by name.
 */
export const pickRanks = ({ jobs, slots, remaining, names }: Ranking): Ranked => {
  const pathOf = (job: number): Ms => remaining[job] ?? 0;
  const play = (isBefore: (a: number, b: number) => number): Ranked => {
    const ranks = toRanks(jobs.length, isBefore);
    return { ranks, schedule: simulate({ jobs, slots, ranks, now: 0, remaining: () => 0, progress: () => nothingYet }) };
  };
  const byPath = play((a, b) => pathOf(b) - pathOf(a) || a - b);
  if (slots === null || slots >= jobs.length) return byPath;
  const byName = play((a, b) => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1));
  let best = byName.schedule.total < byPath.schedule.total ? byName : byPath;
  for (let variant = 1; variant <= variants && jobs.length <= mostJobs; variant += 1) {
    const paths = names.map((name, job) => pathOf(job) * (1 + jitter * (2 * spreadOf(`${name} ${variant}`) - 1)));
    const other = play((a, b) => (paths[b] ?? 0) - (paths[a] ?? 0) || a - b);
    if (other.schedule.total < best.schedule.total * (1 - worth)) best = other;
  }
  return best;
};

const nothingYet = { begun: null, settled: null } as const;

const toRanks = (count: number, isBefore: (a: number, b: number) => number): number[] => {
  const ranks = Array.from({ length: count }, () => 0);
  for (const [rank, job] of Array.from({ length: count }, (_, index) => index)
    .sort(isBefore)
    .entries())
    ranks[job] = rank;
  return ranks;
};
