import { type CriticalPath, type SegmentKind, segmentKinds, sumByKind, toCriticalPath } from './critical-path.ts';
import type { RunRecord } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

/** What one service adds to the wall time of a boot. All of a boot add up to it. */
export type Blame = {
  /** Null: muster itself, with no service at work. */
  readonly service: ServiceName | null;
  readonly ms: Ms;
  /** Of the wall time, 0 to 1. */
  readonly share: number;
  /** What it was doing meanwhile, in the order of a start; only what took any time. */
  readonly kinds: readonly { readonly kind: SegmentKind; readonly ms: Ms }[];
};

/** Who the boot waited for, longest first. */
export const toBlame = (run: RunRecord, path: CriticalPath = toCriticalPath(run)): Blame[] => {
  const names = new Set(path.segments.map(({ service }) => service));
  return [...names]
    .map((service) => {
      const sums = sumByKind(path.segments.filter((segment) => segment.service === service));
      const kinds = segmentKinds.flatMap((kind) => (sums.has(kind) ? [{ kind, ms: sums.get(kind) ?? 0 }] : []));
      const ms = kinds.reduce((sum, part) => sum + part.ms, 0);
      return { service, ms, share: path.total === 0 ? 0 : ms / path.total, kinds };
    })
    .sort((a, b) => b.ms - a.ms);
};

/** What a service adds to the wall time; 0 for one that is off the critical path. */
export const blameOf = (blames: readonly Blame[], service: ServiceName | null): Ms =>
  blames.find((blame) => blame.service === service)?.ms ?? 0;
