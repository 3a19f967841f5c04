import { own } from '../util/own.ts';
import { blameOf, toBlame } from './blame.ts';
import { toWholePath } from './critical-path.ts';
import { bootTimeOf } from './fold.ts';
import type { RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

export type ComparedService = {
  /** Null: muster itself. */
  readonly service: ServiceName | null;
  readonly before: ComparedSide | null;
  readonly after: ComparedSide | null;
  /** By how much more it adds to the wall time. Over all services they add up to the difference of the two runs. */
  readonly added: Ms;
  /** By how much its own boot became longer. Null: it has none in one of the two. */
  readonly longer: Ms | null;
  readonly definitionChanged: boolean;
};

export type ComparedSide = {
  readonly outcome: ServiceTimeline['outcome'] | null;
  /** Spawn to ready. */
  readonly boot: Ms | null;
  readonly attempts: number;
  /** What it adds to the wall time. */
  readonly onPath: Ms;
};

export type Comparison = {
  readonly before: RunRecord;
  readonly after: RunRecord;
  /** Positive: the second one took longer. */
  readonly difference: Ms;
  readonly chainBefore: readonly ServiceName[];
  readonly chainAfter: readonly ServiceName[];
  /** What makes the difference first. */
  readonly services: readonly ComparedService[];
};

export const compareRuns = (before: RunRecord, after: RunRecord): Comparison => {
  const [pathBefore, pathAfter] = [toWholePath(before), toWholePath(after)];
  const [blameBefore, blameAfter] = [toBlame(before, pathBefore), toBlame(after, pathAfter)];
  const names = new Set<ServiceName | null>([...Object.keys(after.services), ...Object.keys(before.services), null]);
  const services = [...names].map((service): ComparedService => {
    const [was, is] = [timelineOf(before, service), timelineOf(after, service)];
    const sides = {
      before: toSide(was, blameOf(blameBefore, service), service),
      after: toSide(is, blameOf(blameAfter, service), service),
    };
    const [bootBefore, bootAfter] = [sides.before?.boot ?? null, sides.after?.boot ?? null];
    return {
      service,
      ...sides,
      added: (sides.after?.onPath ?? 0) - (sides.before?.onPath ?? 0),
      longer: bootBefore === null || bootAfter === null ? null : bootAfter - bootBefore,
      definitionChanged: was !== undefined && is !== undefined && was.definitionHash !== is.definitionHash,
    };
  });
  services.sort((a, b) => Math.abs(b.added) - Math.abs(a.added) || Math.abs(b.longer ?? 0) - Math.abs(a.longer ?? 0));
  return {
    before,
    after,
    difference: pathAfter.total - pathBefore.total,
    chainBefore: pathBefore.chain,
    chainAfter: pathAfter.chain,
    services,
  };
};

const timelineOf = ({ services }: RunRecord, name: ServiceName | null): ServiceTimeline | undefined =>
  name === null ? undefined : own(services, name);

const toSide = (timeline: ServiceTimeline | undefined, onPath: Ms, service: ServiceName | null): ComparedSide | null => {
  if (timeline === undefined) return service === null ? { outcome: null, boot: null, attempts: 0, onPath } : null;
  const isUp = timeline.outcome === 'ready' || timeline.outcome === 'completed';
  return { outcome: timeline.outcome, boot: isUp ? bootTimeOf(timeline) : null, attempts: timeline.attempts.length, onPath };
};
