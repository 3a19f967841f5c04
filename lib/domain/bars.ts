import type { SegmentKind } from './critical-path.ts';
import type { AttemptTimeline, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

/** What a service was doing, for pictures. `waiting`: for its dependencies. Without gaps until it had settled. */
export type Bar = { readonly kind: SegmentKind | 'waiting'; readonly from: Ms; readonly to: Ms };

/** Every service of a run, those that began first first; what never began stands last. */
export const toBars = (
  run: RunRecord,
): { readonly service: ServiceName; readonly timeline: ServiceTimeline; readonly bars: readonly Bar[] }[] =>
  Object.entries(run.services)
    .map(([service, timeline]) => ({ service, timeline, bars: barsOf(timeline, run.duration) }))
    .sort((a, b) => beginOf(a.timeline) - beginOf(b.timeline));

const beginOf = ({ satisfied }: ServiceTimeline): number => satisfied ?? Number.POSITIVE_INFINITY;

const barsOf = (timeline: ServiceTimeline, end: Ms): Bar[] => {
  const { satisfied, delayed, attempts, ready, settled, outcome } = timeline;
  const bars: Bar[] = [];
  let from = 0;
  const until = (kind: Bar['kind'], at: Ms | null | undefined): void => {
    const to = Math.min(at ?? from, end);
    if (to <= from) return;
    bars.push({ kind, from, to });
    from = to;
  };
  until('waiting', satisfied ?? settled ?? end);
  if (satisfied === null) return bars;
  until('delay', delayed);
  for (const [index, attempt] of attempts.entries()) {
    if (index > 0) until('backoff', attempt.queued ?? attempt.begun);
    until('queue', attempt.begun);
    if (attempt.ready === null) {
      until('retry', attempt.ended ?? attempt.failed);
      if (attempt.failed !== null) continue;
    }
    addAttempt(attempt, until);
  }
  if (outcome === 'unsettled') until(attempts.length === 0 ? 'queue' : 'boot', end);
  else until('probe', attempts.length === 0 ? ready : null);
  return bars;
};

const addAttempt = (attempt: AttemptTimeline, until: (kind: Bar['kind'], at: Ms | null | undefined) => void): void => {
  const { portsClear, spawned, firstProbe, lastMiss, signed, ready, ended } = attempt;
  until('ports', portsClear);
  until('spawn', spawned);
  if (signed === undefined) until('delay', firstProbe);
  else until('boot', signed);
  until('boot', lastMiss);
  until(signed !== undefined ? 'delay' : lastMiss === undefined ? 'boot' : 'probe', ready);
  until('retry', ended);
};
