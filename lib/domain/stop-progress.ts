import type { Ms, Service, ServiceName } from './service.ts';
import type { ServiceRecord } from './state.ts';

/** Who holds up a stop: plain data for whatever shows it. */
export type StopProgress = {
  /** Services that are not gone yet. */
  readonly left: number;
  /** Those that have been asked, longest ago first; the others wait for these. */
  readonly awaited: readonly Awaited[];
};

export type Awaited = {
  readonly name: ServiceName;
  /** Since it was asked to stop. */
  readonly asked: Ms;
  /** Time it is given in all; null where it is being killed already. */
  readonly limit: Ms | null;
};

export type StopProgressOptions = {
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  readonly now: Ms;
};

export const toStopProgress = ({ services, records, now }: StopProgressOptions): StopProgress => {
  let left = 0;
  const awaited: Awaited[] = [];
  for (const [name, { state }] of records) {
    if (state.kind !== 'stopping') continue;
    left += 1;
    if (state.phase === 'dependents') continue;
    const asked = Math.max(0, now - (state.askedAt ?? state.since));
    const grace = services.get(name)?.stop.timeout ?? 0;
    // Hurried at some later moment: its end is counted from then, so that is never less than what has passed.
    const limit = state.hurry === null ? grace : Math.min(grace, asked + state.hurry);
    awaited.push({ name, asked, limit: state.phase === 'killing' ? null : limit });
  }
  return { left, awaited: awaited.sort((a, b) => b.asked - a.asked) };
};
