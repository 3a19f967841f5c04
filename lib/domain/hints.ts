import { formatDuration } from '../util/duration.ts';
import { own } from '../util/own.ts';
import { median, quantile, robustDeviation, toSorted } from '../util/quantile.ts';
import type { RunRecord } from './history.ts';
import type { PlanGraph } from './plan.ts';
import type { Ms, Service, ServiceName, Stack } from './service.ts';
import { firstProbeBy } from './startup-delay.ts';
import type { ServiceStats, Stats } from './stats.ts';
import { predict } from './what-if.ts';

/** Something in `services.yaml` that the history speaks against. Shown to people, never applied. */
export type Hint = {
  readonly code: 'startup-delay-useless' | 'health-timeout-tight' | 'flaky-start';
  readonly service: ServiceName;
  /** A sentence without a full stop: what is, then what to do. */
  readonly message: string;
  /** What following it saves of the service's own boot, at most. Null: it is not about time. */
  readonly saves: Ms | null;
  /** What it saves of the boot of the whole stack, in the median of the last ones that came up. Null: not about time, or not known. */
  readonly savesOfBoot: Ms | null;
  /** How many boots it rests on. */
  readonly boots: number;
};

/** What the statistics are made of: the boots that the hints are tried on. Oldest first. */
export type Evidence = { readonly runs: readonly RunRecord[]; readonly graph: PlanGraph };

export const toHints = (stats: Stats, stack: Stack, evidence: Evidence | null = null): Hint[] =>
  stats.services.flatMap((one) => {
    const service = stack.services.get(one.name);
    if (service === undefined) return [];
    const savesOfBoot = evidence === null ? null : toSaving(service, stack, evidence);
    const givenUp = evidence === null ? 0 : countGivenUp(service, evidence.runs);
    return [hintAtDelay(service, one, savesOfBoot), hintAtTimeout(service, one, givenUp), hintAtFlakiness(service, one)].filter(
      (hint) => hint !== null,
    );
  });

/** A hint rests on the last boots, and on no fewer than these. */
const fewest = 5;
const recent = 30;

const notAboutTime = { saves: null, savesOfBoot: null } as const;

const recentTimes = (samples: ServiceStats['samples']): Ms[] => samples.slice(-recent).map(({ ms }) => ms);

/**
 * With a probe, a delay before the first one only hides when the service was ready. If it is nearly always ready with the first
 * probe, the delay is what everybody waits for. Boots with another definition say nothing: they may have had no delay.
 */
const hintAtDelay = (service: Service, { samples }: ServiceStats, savesOfBoot: Ms | null): Hint | null => {
  const { name, startupDelay, ready, definitionHash } = service;
  const times = recentTimes(samples.filter((sample) => sample.definitionHash === definitionHash));
  if (ready === null || startupDelay === 0 || times.length < fewest) return null;
  const limit = firstProbeBy(startupDelay);
  const atOnce = times.filter((ms) => ms <= limit).length;
  if (atOnce < 0.9 * times.length) return null;
  const message =
    `"${name}" is ready with the first probe after its startup_delay of ${formatDuration(startupDelay)} in ${atOnce} of ${times.length} boots: ` +
    `remove the delay and let the probe decide${tellSaving(savesOfBoot)}`;
  return { code: 'startup-delay-useless', service: name, message, saves: startupDelay, savesOfBoot, boots: times.length };
};

const tellSaving = (ms: Ms | null): string => {
  if (ms === null) return '';
  if (ms < 1) return '; the boot waits for others meanwhile, and would take as long';
  return `; the boot would take up to ${toRounded(ms)} less`;
};

const tried = 10;

/** The last boots that came up with the delay are played again without it. */
const toSaving = ({ name, startupDelay, definitionHash }: Service, stack: Stack, { runs, graph }: Evidence): Ms | null => {
  if (startupDelay === 0) return null;
  const hadIt = ({ services }: RunRecord): boolean => {
    const timeline = own(services, name);
    return timeline?.outcome === 'ready' && timeline.definitionHash === definitionHash;
  };
  const boots = runs.filter((run) => isUp(run.outcome) && hadIt(run)).slice(-tried);
  const changes = [{ kind: 'no-delay', service: name }] as const;
  return median(
    boots.map((run) => {
      const { before, after } = predict({ run, stack, graph, changes, usual: () => null });
      return before - after;
    }),
  );
};

const isUp = (outcome: RunRecord['outcome']): boolean => outcome === 'up' || outcome === 'degraded';

/** How much longer than its slowest usual boot a service should be given: a loaded machine takes twice as long. */
const margin = 2;
const enough = 10;
const often = 0.1;

/** Boots in which an attempt was ended because its time was over; what it would have taken stands in no statistics. */
const countGivenUp = ({ name, healthTimeout }: Service, runs: readonly RunRecord[]): number => {
  if (healthTimeout === null) return 0;
  const wasGivenUp = ({ services }: RunRecord): boolean =>
    own(services, name)?.attempts.some(
      ({ spawned, ready, failed }) => ready === null && spawned !== null && (failed ?? 0) - spawned >= healthTimeout,
    ) === true;
  return runs
    .filter(({ services }) => (own(services, name)?.attempts.length ?? 0) > 0)
    .slice(-recent)
    .filter(wasGivenUp).length;
};

const hintAtTimeout = ({ name, healthTimeout }: Service, stats: ServiceStats, givenUp: number): Hint | null => {
  const boots = Math.min(recent, stats.boots);
  if (healthTimeout !== null && boots >= fewest && givenUp >= 2 && givenUp >= often * boots) {
    const message =
      `"${name}" was given up after its health_timeout of ${formatDuration(healthTimeout)} in ${givenUp} of ${boots} boots: ` +
      'if it was still starting then, raise it';
    return { code: 'health-timeout-tight', service: name, message, ...notAboutTime, boots };
  }
  const times = withoutAbsurd(recentTimes(stats.samples));
  const slowest = quantile(toSorted(times), 0.99);
  if (healthTimeout === null || slowest === null || times.length < enough || slowest * margin <= healthTimeout) return null;
  const better = Math.ceil((slowest * margin) / 1000) * 1000;
  const message =
    `"${name}" takes up to ${toRounded(slowest)} to get ready (p99 of ${times.length} boots) and has ${formatDuration(healthTimeout)}: ` +
    `raise its health_timeout to ${formatDuration(better)}`;
  return { code: 'health-timeout-tight', service: name, message, ...notAboutTime, boots: times.length };
};

const shaky = 0.2;

const hintAtFlakiness = ({ name }: Service, { flakiness, samples }: ServiceStats): Hint | null => {
  if (flakiness === null || flakiness < shaky || samples.length < enough) return null;
  const message =
    `"${name}" gets ready only after a failed attempt in ${Math.round(flakiness * 100)} % of ${samples.length} boots: ` +
    'see its log; it may need a dependency that it does not name';
  return { code: 'flaky-start', service: name, message, ...notAboutTime, boots: samples.length };
};

/**
 * Leaves out boots so slow that something else must have happened: a suspended laptop, a debugger, a download. Up to a tenth of
 * all may be left out; if there are more, the service is like that.
 */
const withoutAbsurd = (times: readonly Ms[]): readonly Ms[] => {
  const [middle, deviation] = [median(times), robustDeviation(times)];
  if (middle === null || deviation === null) return times;
  const limit = middle + Math.max(10 * deviation, middle);
  const usual = times.filter((ms) => ms <= limit);
  return times.length - usual.length <= Math.max(1, times.length / 10) ? usual : times;
};

const toRounded = (ms: Ms): string => (ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`);
