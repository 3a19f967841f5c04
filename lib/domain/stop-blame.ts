import type { StopRecord, StopTimeline } from './history.ts';
import type { Ms, ServiceName } from './service.ts';

/** What one service adds to the time of a stop. All of the chain add up to it. */
export type StopLink = {
  /** Null: muster itself, above all the proof that nothing is left. */
  readonly service: ServiceName | null;
  readonly from: Ms;
  readonly to: Ms;
  readonly killed: boolean;
  /** It was asked by its command or signal, and is it still there? */
  readonly gone: boolean;
};

/** The services that decided how long the stop took, first to last: each could only be asked when the one before was gone. */
export const toStopChain = ({ took, services }: StopRecord): StopLink[] => {
  const links: StopLink[] = [];
  const seen = new Set<ServiceName>();
  let to = took;
  let name = findLast(services, seen);
  while (name !== null && !seen.has(name)) {
    const timeline: StopTimeline | undefined = Object.hasOwn(services, name) ? services[name] : undefined;
    if (timeline === undefined) break;
    seen.add(name);
    const end = Math.min(timeline.gone ?? to, to);
    const from = Math.min(timeline.signalled ?? timeline.asked, end);
    if (to > end) links.push({ service: null, from: end, to, killed: false, gone: true });
    links.push({ service: name, from, to: end, killed: timeline.killed !== null, gone: timeline.gone !== null });
    to = from;
    name = timeline.releasedBy;
  }
  if (to > 0) links.push({ service: null, from: 0, to, killed: false, gone: true });
  return links.reverse();
};

/** One that could not be ended at all is the last: it was waited for until the end. */
const findLast = (services: StopRecord['services'], without: ReadonlySet<ServiceName>): ServiceName | null => {
  let best: { readonly name: ServiceName; readonly at: Ms } | null = null;
  for (const [name, { gone, signalled }] of Object.entries(services)) {
    const at = gone ?? Number.POSITIVE_INFINITY;
    if (signalled !== null && !without.has(name) && (best === null || at > best.at)) best = { name, at };
  }
  return best?.name ?? null;
};

/** Who was gone only by a kill, and how long after it was asked to stop; the longest first. */
export const toKilled = ({ services }: StopRecord): readonly { readonly name: ServiceName; readonly after: Ms }[] =>
  Object.entries(services)
    .flatMap(([name, { asked, signalled, killed }]) => (killed === null ? [] : [{ name, after: killed - (signalled ?? asked) }]))
    .sort((a, b) => b.after - a.after);
