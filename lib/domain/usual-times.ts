import { own } from '../util/own.ts';
import { median } from '../util/quantile.ts';
import { bootTimeOf, isBoot, readyAttemptOf } from './fold.ts';
import type { FoldedService, History, RunRecord, ServiceTimeline } from './history.ts';
import type { Ms, Service, ServiceName } from './service.ts';

export type Remembered = {
  /** Newest first, as far as they count. Spawn to ready. */
  readonly bootTimes: readonly Ms[];
  /** From its first slot to ready, or to its failure, with failed attempts and their back-off. A task that had nothing to do: nearly nothing. */
  readonly holds: readonly Ms[];
  /** What it is expected to hold its slot for. Null: nothing is known of that. */
  readonly usual: Ms | null;
  /** It was started, and never got ready. */
  readonly neverReady: boolean;
};

/** What the next boot is like: only what was like it says how long anything takes. */
export type Occasion = {
  readonly environment: string;
  /** As `toMachineClass` has it. Null: not known here, and all are alike. */
  readonly machine: string | null;
  /** Something is up already. Null: not known yet. */
  readonly warm: boolean | null;
};

/** Boots that count: enough that one slow one changes nothing, few enough that the plan follows what the service has become. */
const recent = 20;

/** One boot of a service, and how much it has in common with the next one. */
type Seen = { readonly timeline: ServiceTimeline; readonly likeness: number };

/**
 * What each service took lately, in this environment. The boots that count are those that are most like the next one: first of all
 * on such a machine, then with its present definition, then as cold or as warm. Where there are none, the next best are taken,
 * because a poor estimate corrects itself while the boot runs, and none does not. Without times: it was seen, and no more.
 */
export const collectMemory = (
  services: readonly Service[],
  history: History,
  occasion: Occasion,
): Map<ServiceName, Remembered> => {
  const runs = history.runs.filter(({ environment }) => environment === occasion.environment).toReversed();
  const memory = new Map<ServiceName, Remembered>();
  for (const service of services) {
    const known = remember(service, runs, occasion) ?? recallFolded(own(history.folded, service.name), occasion);
    if (known !== null) memory.set(service.name, known);
  }
  return memory;
};

const remember = (
  { name, definitionHash, type }: Service,
  newestFirst: readonly RunRecord[],
  occasion: Occasion,
): Remembered | null => {
  const [seen, failed]: [Seen[], Seen[]] = [[], []];
  let [isKnown, wasStarted, best] = [false, false, 0];
  for (const run of newestFirst) {
    const timeline = own(run.services, name);
    if (timeline === undefined) continue;
    // A service that was taken over was not started, and says nothing about how long that takes.
    if (type === 'service' && timeline.outcome === 'reused') {
      isKnown = true;
      continue;
    }
    if (isBoot(timeline)) wasStarted = true;
    if (isBoot(timeline) || timeline.outcome === 'reused') isKnown = true;
    const likeness = toLikeness(run, timeline, { ...occasion, definitionHash });
    // One that was cut short, or is still tried, says nothing about how long anything takes.
    if (holdOf(timeline) === null) continue;
    if (readyAttemptOf(timeline) === null && !wasNothingToDo(timeline)) {
      if (timeline.outcome === 'failed') failed.push({ timeline, likeness });
      continue;
    }
    seen.push({ timeline, likeness });
    best = Math.max(best, likeness);
    if (best === mostAlike && seen.filter((one) => one.likeness === best).length >= recent) break;
  }
  if (!isKnown) return null;
  // What never gets ready (an optional service that is not installed) is known by the time until it had failed.
  const counting = pickMostAlike(seen.length > 0 ? seen : failed);
  return {
    bootTimes: counting.flatMap((timeline) => bootTimeOf(timeline) ?? []),
    holds: counting.flatMap((timeline) => holdOf(timeline) ?? []),
    usual: toUsual(counting),
    neverReady: wasStarted && !seen.some(({ timeline }) => isBoot(timeline)),
  };
};

const pickMostAlike = (seen: readonly Seen[]): readonly ServiceTimeline[] => {
  const best = Math.max(0, ...seen.map(({ likeness }) => likeness));
  return seen
    .filter(({ likeness }) => likeness === best)
    .slice(0, recent)
    .map(({ timeline }) => timeline);
};

const mostAlike = 7;

/** Runs of an older muster do not say where they were: they were here, since histories could not be merged then. */
const toLikeness = (
  { machine, warm }: RunRecord,
  timeline: ServiceTimeline,
  next: Occasion & { readonly definitionHash: string },
): number =>
  (next.machine === null || machine === '' || machine === next.machine ? 4 : 0) +
  (timeline.definitionHash === next.definitionHash ? 2 : 0) +
  (next.warm === null || warm === next.warm ? 1 : 0);

/** A task with unchanged inputs. It does as it did last time: either its inputs change between boots, or they do not. */
const wasNothingToDo = ({ outcome, attempts, ready }: ServiceTimeline): boolean =>
  outcome === 'reused' && attempts.length === 0 && ready !== null;

const toUsual = (newestFirst: readonly ServiceTimeline[]): Ms | null => {
  const [last] = newestFirst;
  if (last === undefined) return null;
  const alike = newestFirst.filter((timeline) => wasNothingToDo(timeline) === wasNothingToDo(last));
  return median(alike.flatMap((timeline) => holdOf(timeline) ?? []));
};

const holdOf = (timeline: ServiceTimeline): Ms | null => {
  if (wasNothingToDo(timeline)) return Math.max(0, (timeline.ready ?? 0) - (timeline.delayed ?? timeline.ready ?? 0));
  const last = timeline.attempts.at(-1);
  const settled = readyAttemptOf(timeline)?.ready ?? last?.ended ?? last?.failed ?? null;
  const begun = timeline.attempts[0]?.begun;
  return settled === null || begun === undefined ? null : Math.max(0, settled - begun);
};

/** What it took in runs that are only known by their quantiles, of the kind that is most like the next boot. */
const recallFolded = (folded: FoldedService | undefined, { environment, machine, warm }: Occasion): Remembered | null => {
  const kinds = (folded?.kinds ?? []).filter((kind) => kind.environment === environment && kind.quantiles.length > 0);
  const [best] = kinds
    .map((kind) => ({ kind, likeness: (machine === null || kind.machine === machine ? 2 : 0) + (kind.warm === warm ? 1 : 0) }))
    .sort((a, b) => b.likeness - a.likeness);
  if (best === undefined) return null;
  const { quantiles } = best.kind;
  return { bootTimes: quantiles, holds: quantiles, usual: median(quantiles), neverReady: false };
};
