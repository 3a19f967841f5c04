import { letRun, tellCountdown } from '../../domain/countdown.ts';
import type { Progress } from '../../domain/eta.ts';
import type { Ms, ServiceName } from '../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../domain/snapshot.ts';
import type { StateKind } from '../../domain/state.ts';
import type { ControlEvent } from '../control.ts';

/** A stack as somebody sees it who was given a snapshot once and hears its events since: nothing is asked for again. */
export type Mirror = {
  hear(event: ControlEvent): void;
  /** As it is now: times run on by themselves. */
  snapshot(): StackSnapshot;
  /** Of the first boot: when each service began and settled, since the run began. */
  readonly progress: Progress;
};

export type MirrorClock = { readonly now: () => Ms; readonly wall: () => number };

type Seen = { readonly service: ServiceSnapshot; readonly at: Ms };

export const createMirror = (first: StackSnapshot, clock: MirrorClock): Mirror => {
  const since = clock.now();
  const began = clock.wall() - first.elapsed;
  const seen = new Map<ServiceName, Seen>(first.services.map((service) => [service.name, { service, at: since }]));
  const progress = new Map(first.services.map((service) => [service.name, progressOf(service, first.elapsed)]));
  let outcome = first.outcome;
  let booting = first.booting === true;

  const note = ({ name, state }: ServiceSnapshot, at: Ms): void => {
    const entry = progress.get(name) ?? { begun: null, settled: null };
    if (state === 'starting') entry.begun ??= at;
    entry.settled = isOnItsWay.has(state) ? null : (entry.settled ?? at);
    progress.set(name, entry);
  };

  return {
    progress,
    hear: (event) => {
      if (event.type === 'booted') {
        outcome = event.report.outcome;
        booting = false;
      }
      if (event.type === 'applied') {
        const at = clock.now() - Math.max(0, clock.wall() - event.at);
        seen.clear();
        for (const service of event.services) seen.set(service.name, { service, at });
      }
      if (event.type !== 'changed') return;
      const age = Math.max(0, clock.wall() - event.at);
      seen.set(event.service.name, { service: event.service, at: clock.now() - age });
      if (booting) note(event.service, event.at - began);
    },
    snapshot: () => {
      const now = clock.now();
      const services = [...seen.values()].map(({ service, at }) => letServiceRun(service, now - at));
      const settled = !booting && !services.some(({ state }) => isOnItsWay.has(state) && state !== 'idle');
      return { ...first, elapsed: first.elapsed + (now - since), outcome: { ...outcome, settled }, booting, services };
    },
  };
};

const letServiceRun = (service: ServiceSnapshot, by: Ms): ServiceSnapshot => {
  const { countdown } = service;
  const aged = { ...service, for: service.for + by };
  if (countdown === undefined) return aged;
  const later = letRun(countdown, by);
  return { ...aged, countdown: later, detail: tellCountdown(later) };
};

/** Of a service that was there before we looked. */
const progressOf = ({ state, for: since, bootTime }: ServiceSnapshot, elapsed: Ms): { begun: Ms | null; settled: Ms | null } => {
  const entered = Math.max(0, elapsed - since);
  if (state === 'starting') return { begun: entered, settled: null };
  if (isOnItsWay.has(state)) return { begun: null, settled: null };
  return { begun: Math.max(0, entered - (bootTime ?? 0)), settled: entered };
};

/** Not settled; `idle` because nobody has asked it yet. */
const isOnItsWay: ReadonlySet<StateKind> = new Set(['idle', 'waiting', 'delayed', 'starting', 'backoff', 'stopping']);
