import { findChanges, testForChange } from './change-point.ts';
import type { Ms, ServiceName } from './service.ts';
import type { Sample, Stats } from './stats.ts';

/** A service, or the stack, takes longer or shorter since a run than before it, and not by chance. */
export type Shift = {
  /** Null: the boot of the whole stack. */
  readonly service: ServiceName | null;
  readonly direction: 'slower' | 'faster';
  /** Medians. */
  readonly before: Ms;
  readonly now: Ms;
  /** The first run that took so long, and when it began (epoch milliseconds). */
  readonly since: { readonly run: number; readonly at: number };
  /** Its definition is another one since exactly then. */
  readonly definitionChanged: boolean;
  /** How sure it is that this is no chance, 0 to 1, with all that was looked at allowed for. */
  readonly confidence: number;
  /** Boots before, since the shift before it, and from then on. */
  readonly boots: readonly [before: number, now: number];
};

/** What is called a shift is chance in at most this share of all histories in which nothing has changed. */
const alpha = 0.05;

/** Smaller ones are of no use to anybody, however sure. */
const noticeable: Ms = 20;
const share = 0.1;

/**
 * The last shift of each service and of the stack, largest first. Many series are looked at, so chance has many chances: the
 * limit is divided among them (Holm), which keeps the share of false alarms over all of them below `alpha`.
 */
export const findShifts = ({ stack, services }: Pick<Stats, 'stack' | 'services'>): Shift[] => {
  const series = [
    { service: null, samples: stack.samples },
    ...services.map(({ name, samples }) => ({ service: name, samples })),
  ];
  const strictest = alpha / Math.max(1, series.filter(({ samples }) => samples.length >= fewest).length);
  const tested = series
    .flatMap(({ service, samples }) => {
      const p = testForChange(
        samples.map(({ ms }) => ms),
        { alpha: strictest },
      );
      return p === null ? [] : [{ service, samples, p }];
    })
    .sort((a, b) => a.p - b.p);
  const shifts: Shift[] = [];
  let adjusted = 0;
  for (const [index, { service, samples, p }] of tested.entries()) {
    const factor = tested.length - index;
    adjusted = Math.max(adjusted, Math.min(1, p * factor));
    if (adjusted > alpha) break;
    const shift = toLastShift(service, samples, { level: alpha / factor, factor, p });
    if (shift !== null) shifts.push(shift);
  }
  return shifts.sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
};

const fewest = 10;

/** Whether there are boots enough, of a service or of the stack, for a shift to be found at all. */
export const canTellShifts = ({ stack, services }: Pick<Stats, 'stack' | 'services'>): boolean =>
  [stack, ...services].some(({ samples }) => samples.length >= fewest);

type Level = { readonly level: number; readonly factor: number; readonly p: number };

const toLastShift = (service: ServiceName | null, samples: readonly Sample[], { level, factor, p }: Level): Shift | null => {
  const changes = findChanges(
    samples.map(({ ms }) => ms),
    { alpha: level, p },
  );
  const last = changes.at(-1);
  const [before, first] = [samples[(last?.at ?? 0) - 1], samples[last?.at ?? 0]];
  if (last === undefined || before === undefined || first === undefined) return null;
  const difference = Math.abs(last.after - last.before);
  if (difference < Math.max(noticeable, share * last.before)) return null;
  return {
    service,
    direction: last.after > last.before ? 'slower' : 'faster',
    before: last.before,
    now: last.after,
    since: { run: first.run, at: first.at },
    definitionChanged: before.definitionHash !== first.definitionHash,
    confidence: 1 - Math.min(1, last.p * factor),
    boots: [last.at - (changes.at(-2)?.at ?? 0), samples.length - last.at],
  };
};
