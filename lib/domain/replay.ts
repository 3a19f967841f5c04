import { own } from '../util/own.ts';
import type { RunRecord, ServiceTimeline } from './history.ts';
import type { PlanGraph } from './plan.ts';
import { type Job, type JobEdge, type Schedule, simulate } from './schedule.ts';
import type { Dependency, Ms, Service, ServiceName, Stack } from './service.ts';
import { toLatest } from './slack.ts';

/** A boot that happened, as work for the planner: played through, it takes the time that it took. */
export type Replay = {
  /** Dependencies before dependents; a job is known by its place here. */
  readonly names: readonly ServiceName[];
  readonly jobs: readonly Job[];
  readonly slots: number | null;
  /** As they got their slots then. */
  readonly ranks: readonly number[];
  /** That the services had together, where what they compute is told apart. Absent: nobody slows down anybody. */
  readonly cores?: number;
};

/**
 * The record says how long everything took, the stack who waits for whom. An edge that the record speaks against was not there at
 * the time; the one that released a service was. What muster itself took in between stays with the service that it kept waiting.
 */
export const toReplay = (run: RunRecord, stack: Stack, graph: PlanGraph): Replay => {
  const gone = Object.keys(run.services).filter((name) => !stack.services.has(name));
  const names = [...gone, ...graph.order.filter((name) => Object.hasOwn(run.services, name))];
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const jobs = names.map((name): Job => {
    const timeline = own(run.services, name) ?? neverSeen;
    const known = graph.dependenciesOf(name).flatMap((edge): JobEdge[] => {
      const atSpawn = isAtSpawn(edge.condition, stack.services.get(edge.on));
      const isKept = isOfRun({ run, timeline, edge, atSpawn });
      return isKept ? [{ on: indexOf.get(edge.on) ?? 0, atSpawn, waitUpTo: edge.waitUpTo }] : [];
    });
    const by = timeline.releasedBy === null ? undefined : indexOf.get(timeline.releasedBy);
    const isMissing = by !== undefined && by < (indexOf.get(name) ?? 0) && !known.some(({ on }) => on === by);
    const all = isMissing ? [...known, { on: by, atSpawn: false, waitUpTo: null }] : known;
    return {
      weight: holdOf(timeline),
      delay: toDelay(timeline, { edges: all, run, names }),
      edges: all,
      optional: stack.services.get(name)?.optional ?? false,
    };
  });
  return { names, jobs, slots: run.maxParallel, ranks: toRanks(names, run) };
};

export const play = ({ names: _names, ...work }: Replay): Schedule =>
  simulate({ ...work, now: 0, remaining: () => 0, progress: () => nothingYet });

/** How much later each could have settled without the whole taking longer. Infinite: the boot does not wait for it. */
export const toSlack = (replay: Replay): ReadonlyMap<ServiceName, Ms> => {
  const schedule = play(replay);
  const latest = toLatest(replay.jobs, schedule);
  return new Map(replay.names.map((name, job) => [name, Math.max(0, (latest[job] ?? 0) - (schedule.jobs[job]?.settled ?? 0))]));
};

const isAtSpawn = (condition: Dependency['condition'], dependency: Service | undefined): boolean =>
  condition === 'started' && dependency !== undefined && (dependency.ready !== null || dependency.type === 'task');

const nothingYet = { begun: null, settled: null } as const;

const neverSeen: ServiceTimeline = {
  satisfied: null,
  releasedBy: null,
  delayed: null,
  attempts: [],
  ready: null,
  outcome: 'unsettled',
  reason: null,
  definitionHash: '',
};

type EdgeOfRun = {
  readonly run: RunRecord;
  readonly timeline: ServiceTimeline;
  readonly edge: Dependency;
  readonly atSpawn: boolean;
};

/** It waited for it then, too: both are in the run, and it was not released before what the edge asks for was there. */
const isOfRun = ({ run, timeline, edge, atSpawn }: EdgeOfRun): boolean => {
  const dependency = own(run.services, edge.on);
  if (dependency === undefined) return false;
  const { satisfied, releasedBy } = timeline;
  // Whose patience was over shows nothing of that in its times.
  if (satisfied === null || releasedBy === edge.on || edge.waitUpTo !== null) return true;
  const came = atSpawn ? (firstBegun(dependency) ?? dependency.satisfied) : settledOf(dependency);
  return came !== null && came <= satisfied + aMoment;
};

/** Times are rounded when they are written down. */
const aMoment = 1;

/** From its slot until it had settled, one way or the other. */
const holdOf = (timeline: ServiceTimeline): Ms => {
  const begun = timeline.attempts[0]?.begun ?? timeline.delayed ?? timeline.satisfied;
  const settled = settledOf(timeline);
  return begun === null || settled === null ? 0 : Math.max(0, settled - begun);
};

const settledOf = ({ attempts, ready, outcome }: ServiceTimeline): Ms | null => {
  const last = attempts.at(-1);
  return outcome === 'failed' ? (last?.failed ?? last?.ready ?? ready) : (ready ?? last?.ready ?? last?.failed ?? null);
};

type DelayOf = { readonly edges: readonly JobEdge[]; readonly run: RunRecord; readonly names: readonly ServiceName[] };

/** Everything between the moment at which the planner releases it and its wish for a slot; without slots, until it began. */
const toDelay = (timeline: ServiceTimeline, { edges, run, names }: DelayOf): Ms => {
  const first = timeline.attempts[0];
  const wished = timeline.delayed ?? timeline.satisfied;
  const until = run.maxParallel === null ? (first?.begun ?? wished) : wished;
  if (until === null) return 0;
  const released = edges.reduce((latest, { on, atSpawn, waitUpTo }) => {
    const dependency = own(run.services, names[on] ?? '');
    const at = dependency === undefined ? null : atSpawn ? firstBegun(dependency) : settledOf(dependency);
    return Math.max(latest, Math.min(at ?? 0, waitUpTo ?? Number.POSITIVE_INFINITY));
  }, 0);
  return Math.max(0, until - released);
};

const firstBegun = ({ attempts }: ServiceTimeline): Ms | null => attempts[0]?.begun ?? null;

const toRanks = (names: readonly ServiceName[], run: RunRecord): number[] => {
  const begun = names.map((name) => {
    const timeline = own(run.services, name);
    return timeline?.attempts[0]?.begun ?? timeline?.satisfied ?? Number.POSITIVE_INFINITY;
  });
  const ranks = names.map(() => 0);
  const order = [...names.keys()].sort((a, b) =>
    (begun[a] ?? 0) === (begun[b] ?? 0) ? a - b : (begun[a] ?? 0) - (begun[b] ?? 0),
  );
  for (const [rank, job] of order.entries()) ranks[job] = rank;
  return ranks;
};
