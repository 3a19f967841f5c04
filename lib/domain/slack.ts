import type { Job, Schedule } from './schedule.ts';
import type { Ms } from './service.ts';

/**
 * How late each could settle without the whole taking longer, given who takes over whose slot; one that the boot does not wait
 * for may at any time. By job.
 */
export const toLatest = (jobs: readonly Job[], { jobs: results, sequence, total }: Schedule): Ms[] => {
  const latest = results.map(({ late }) => (late ? Number.POSITIVE_INFINITY : total));
  const limit = (job: number, at: Ms): void => {
    latest[job] = Math.min(latest[job] ?? total, at);
  };
  for (const job of sequence.toReversed()) {
    const [result, own] = [results[job], jobs[job]];
    if (result === undefined || own === undefined) continue;
    const latestStart = (latest[job] ?? total) - (result.settled - result.start);
    if (result.slotFrom !== null) limit(result.slotFrom, latestStart);
    for (const { on, atSpawn, waitUpTo } of own.edges) {
      const at = latestStart - own.delay;
      if (waitUpTo !== null && at >= waitUpTo) continue;
      const dependency = results[on];
      limit(on, atSpawn && dependency !== undefined ? at + dependency.settled - dependency.start : at);
    }
  }
  return latest;
};

/** From the beginning of each to the end of the longest chain that hangs on it. By job. */
export const toRemainingPaths = (jobs: readonly Job[]): Ms[] => {
  const after = jobs.map(() => 0);
  for (const [job, own] of [...jobs.entries()].toReversed()) {
    const path = Math.max(own.weight, after[job] ?? 0);
    after[job] = path;
    for (const { on, atSpawn } of own.edges) {
      const begin = atSpawn ? 0 : (jobs[on]?.weight ?? 0);
      after[on] = Math.max(after[on] ?? 0, begin + own.delay + path);
    }
  }
  return after;
};
