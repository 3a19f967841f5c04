import { own } from '../util/own.ts';
import type { AttemptTimeline, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

/**
 * Where the time went. `queue`: for a slot of `max_parallel`. `delay`: asked for, by `wait_before_start` or `startup_delay`.
 * `ports`: until they were clear. `boot`: the program itself. `probe`: at most so long it was ready without our knowing.
 * `retry`: an attempt that failed. `backoff`: between two attempts. `overhead`: muster's own.
 */
export const segmentKinds = ['queue', 'delay', 'ports', 'spawn', 'boot', 'probe', 'retry', 'backoff', 'overhead'] as const;
export type SegmentKind = (typeof segmentKinds)[number];

/** In milliseconds since the run began. `service` is null for what belongs to none. */
export type Segment = { readonly service: ServiceName | null; readonly kind: SegmentKind; readonly from: Ms; readonly to: Ms };

export type CriticalPath = {
  /** The services that decided when the boot ended, first to last: each was released by the one before. */
  readonly chain: readonly ServiceName[];
  /** Without gaps and overlaps from 0 to `total`, so that they add up to it. */
  readonly segments: readonly Segment[];
  /** The wall time of the run. */
  readonly total: Ms;
};

/**
 * Walks back from the end: the service that settled last, the dependency that released it, and so on to the beginning. Every
 * moment of the run belongs to exactly one segment, whatever the record lacks: what nobody was seen doing is overhead.
 */
export const toCriticalPath = (run: RunRecord): CriticalPath => {
  const total = run.duration;
  const chain: ServiceName[] = [];
  const parts: Segment[][] = [];
  let to = total;
  let name = findLast(run, total, new Set());
  while (name !== null) {
    const timeline = own(run.services, name);
    if (timeline === undefined || chain.includes(name)) break;
    chain.push(name);
    const from = Math.min(timeline.satisfied ?? to, to);
    parts.push(cut(name, toPhases(timeline), { from, to }));
    to = from;
    name = timeline.satisfied === null ? findLast(run, to, new Set(chain)) : timeline.releasedBy;
  }
  if (to > 0) parts.push([{ service: null, kind: 'overhead', from: 0, to }]);
  return { chain: chain.reverse(), segments: merge(parts.reverse().flat()), total };
};

/** A part of the path in whole milliseconds. */
export type WholeSegment = Segment & { readonly ms: number };

/**
 * The critical path in whole milliseconds that add up exactly to the run's duration in whole milliseconds: not the lengths are
 * rounded but the moments between them, so that what one segment loses its neighbour gains. Segments shorter than that give
 * way. Moments keep their place to half a millisecond.
 */
export const toSegments = (run: RunRecord): readonly WholeSegment[] =>
  merge(
    toCriticalPath(run)
      .segments.map((segment) => ({ ...segment, from: Math.round(segment.from), to: Math.round(segment.to) }))
      .filter(({ from, to }) => to > from),
  ).map((segment) => ({ ...segment, ms: segment.to - segment.from }));

/** The same with its chain, where segments are added up by service. */
export const toWholePath = (run: RunRecord): CriticalPath => ({
  chain: toCriticalPath(run).chain,
  segments: toSegments(run),
  total: Math.round(run.duration),
});

/** How long each kind took, of a path or of a part of it. */
export const sumByKind = (segments: readonly Segment[]): ReadonlyMap<SegmentKind, Ms> => {
  const sums = new Map<SegmentKind, Ms>();
  for (const { kind, from, to } of segments) sums.set(kind, (sums.get(kind) ?? 0) + to - from);
  return sums;
};

/**
 * The service that settled last at or before `until`. In a run that was cut short it is one that was still at it, and of those
 * the one that had been at it for longest.
 */
const findLast = (run: RunRecord, until: Ms, without: ReadonlySet<ServiceName>): ServiceName | null => {
  const wasCut = isCutShort(run);
  let best: { readonly name: ServiceName; readonly at: Ms; readonly since: Ms } | null = null;
  for (const [name, timeline] of Object.entries(run.services)) {
    const { satisfied: since, outcome } = timeline;
    // An optional one that nobody waited for any more may be open at the end of a boot, and did not decide it.
    const at = outcome !== 'unsettled' ? endOf(timeline, until) : wasCut ? run.duration : null;
    if (at === null || since === null || at > until || since > until || without.has(name)) continue;
    if (best === null || at > best.at || (at === best.at && since < best.since)) best = { name, at, since };
  }
  return best?.name ?? null;
};

const isCutShort = ({ outcome, services }: RunRecord): boolean =>
  outcome === 'interrupted' ||
  (outcome === 'timed-out' && Object.values(services).every((service) => service.outcome !== 'failed'));

/** When it got ready last until then, or the last of its attempts was over. Null: nothing of that is known. */
const endOf = ({ attempts, ready, settled }: ServiceTimeline, until: Ms): Ms | null => {
  const ends = attempts.flatMap((attempt) => [attempt.ready ?? [], attempt.failed ?? [], attempt.ended ?? []].flat());
  const known = [...ends, ready ?? [], settled ?? []].flat();
  const seen = known.filter((end) => end <= until);
  return seen.length === 0 ? (known[0] ?? null) : Math.max(...seen);
};

type Phase = { readonly kind: SegmentKind; readonly to: Ms };

/** What it was doing, one phase after the other, from the moment it was released. */
const toPhases = (timeline: ServiceTimeline): Phase[] => {
  const { attempts, delayed, satisfied, ready, settled, outcome } = timeline;
  const phases: Phase[] = [];
  if (delayed !== null) phases.push({ kind: 'delay', to: delayed });
  else if (satisfied !== null && outcome === 'unsettled') phases.push({ kind: 'delay', to: forEver });
  for (const [index, attempt] of attempts.entries()) {
    const { queued, begun } = attempt;
    if (index > 0) phases.push({ kind: 'backoff', to: queued ?? begun });
    // Between its wait and its wish for a slot it is muster's turn, in the same step.
    else if (queued !== undefined) phases.push({ kind: 'overhead', to: queued });
    if (index === 0 || queued !== undefined) phases.push({ kind: 'queue', to: begun });
    phases.push(...toAttemptPhases(attempt));
  }
  if (outcome === 'unsettled') return [...phases, { kind: toOpenKind(timeline), to: forEver }];
  if (attempts.length === 0 && ready !== null) return [...phases, { kind: 'probe', to: ready }];
  return settled === undefined ? phases : [...phases, { kind: toOpenKind(timeline), to: settled }];
};

const forEver = Number.POSITIVE_INFINITY;

const toAttemptPhases = (attempt: AttemptTimeline): Phase[] => {
  const { portsClear, begun, spawned, ready, failed, ended } = attempt;
  // What came of an attempt that failed, or was lost again, was for nothing, until nothing of it ran any more.
  const lost: Phase[] = ended === undefined ? [] : [{ kind: 'retry', to: ended }];
  if (ready === null) return failed === null ? toSteps(attempt) : [{ kind: 'retry', to: failed }, ...lost];
  return [
    { kind: 'ports', to: portsClear ?? begun },
    { kind: 'spawn', to: spawned ?? portsClear ?? begun },
    ...toBootPhases(attempt, ready),
    ...lost,
  ];
};

/** From the spawn to ready: what `startup_delay` kept back was asked for; what was asked for beside the program's own time is its. */
const toBootPhases = ({ firstProbe, lastMiss, signed, held }: AttemptTimeline, ready: Ms): Phase[] => {
  if (signed !== undefined)
    return [
      { kind: 'boot', to: signed },
      { kind: 'delay', to: ready },
    ];
  // Without a probe, the delay is all that it is ready by. A sign that came after the delay was waited for from the spawn on.
  const asked: Phase[] =
    firstProbe !== null ? [{ kind: 'delay', to: firstProbe }] : held !== undefined ? [{ kind: 'delay', to: held }] : [];
  const missed: Phase[] = lastMiss === undefined ? [] : [{ kind: 'boot', to: lastMiss }];
  return [...asked, ...missed, { kind: missed.length > 0 ? 'probe' : 'boot', to: ready }];
};

/** An attempt that was neither ready nor over when the run was given up. */
const toSteps = ({ portsClear, spawned, firstProbe }: AttemptTimeline): Phase[] => {
  const steps: Phase[] = [];
  if (portsClear !== null) steps.push({ kind: 'ports', to: portsClear });
  if (spawned !== null) steps.push({ kind: 'spawn', to: spawned });
  if (firstProbe !== null) steps.push({ kind: 'delay', to: firstProbe });
  return steps;
};

/** What one that never settled was doing last. */
const toOpenKind = ({ attempts }: ServiceTimeline): SegmentKind => {
  const last = attempts.at(-1);
  if (last === undefined) return 'queue';
  if (last.ready !== null || last.failed !== null) return 'backoff';
  if (last.portsClear === null) return 'ports';
  return last.spawned === null ? 'spawn' : 'boot';
};

/** The part of the phases that lies within the span; what they leave at its end is overhead. */
const cut = (service: ServiceName, phases: readonly Phase[], span: { readonly from: Ms; readonly to: Ms }): Segment[] => {
  const segments: Segment[] = [];
  let from = span.from;
  for (const phase of [...phases, { kind: 'overhead' as const, to: span.to }]) {
    const to = Math.min(phase.to, span.to);
    if (to <= from) continue;
    segments.push({ service, kind: phase.kind, from, to });
    from = to;
  }
  return segments;
};

const merge = (segments: readonly Segment[]): Segment[] => {
  const merged: Segment[] = [];
  for (const segment of segments) {
    const last = merged.at(-1);
    if (last !== undefined && last.service === segment.service && last.kind === segment.kind)
      merged[merged.length - 1] = { ...last, to: segment.to };
    else merged.push(segment);
  }
  return merged;
};
