import type { Ms, ServiceName } from './service.ts';
import type { ServiceSnapshot } from './snapshot.ts';

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

/** From the services of a snapshot. */
export const toStopProgress = (services: readonly ServiceSnapshot[]): StopProgress => {
  const stopping = services.filter(({ state }) => state === 'stopping');
  const awaited = stopping.flatMap(({ name, countdown }): Awaited[] => {
    if (countdown?.kind === 'kill') return [{ name, asked: countdown.asked, limit: null }];
    if (countdown?.kind !== 'stop') return [];
    const { asked, left, hurry } = countdown;
    // Hurried at some later moment: its end is counted from then, so that is never less than what has passed.
    return [{ name, asked, limit: hurry === null ? asked + left : Math.min(asked + left, asked + hurry) }];
  });
  return { left: stopping.length, awaited: awaited.sort((a, b) => b.asked - a.asked) };
};
