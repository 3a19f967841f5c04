import { createAgenda } from '../util/agenda.ts';
import { createHeap } from '../util/heap.ts';
import { type Burst, type Bursts, createBursts } from './bursts.ts';
import type { Ms } from './service.ts';

/** One service in a schedule. Services are numbers here: their place in topological order. */
export type Job = {
  /** How long it holds its slot, from its beginning to settled. */
  readonly weight: Ms;
  /** Between its dependencies and its wish for a slot. */
  readonly delay: Ms;
  readonly edges: readonly JobEdge[];
  /** The boot ends without it, once somebody's patience with it is over. */
  readonly optional: boolean;
  /** Where cores are counted it takes as long as this takes it, or, if it is `fixed`, its weight all the same. */
  readonly burst?: Burst & { readonly fixed: boolean };
};

export type JobEdge = {
  readonly on: number;
  /** The dependency's spawn is enough. */
  readonly atSpawn: boolean;
  /** After this long of waiting it goes on without. */
  readonly waitUpTo: Ms | null;
};

/** What has happened already, in milliseconds since the run began. */
export type JobProgress = { readonly begun: Ms | null; readonly settled: Ms | null };

export type ScheduleInput = {
  readonly jobs: readonly Job[];
  /** How many may hold a slot at once. Null: no limit. */
  readonly slots: number | null;
  /** Of those that wait for a slot, the one with the lowest rank goes first; no two have the same. */
  readonly ranks: readonly number[];
  /** Everything not settled happens at or after this; 0 for a boot from the beginning. */
  readonly now: Ms;
  /** What is left of one that has begun and not settled. */
  readonly remaining: (job: number) => Ms;
  readonly progress: (job: number) => JobProgress;
  /** How many cores the services have together. Absent: nobody slows down anybody. */
  readonly cores?: number;
};

export type ScheduledJob = {
  /** All its edges were satisfied. */
  satisfied: Ms;
  /** It had its slot. */
  start: Ms;
  settled: Ms;
  /** The dependency whose edge was satisfied last; null: it waited for none. */
  releasedBy: number | null;
  /** The one whose end gave it the slot that it was queueing for. */
  slotFrom: number | null;
  /** Somebody went on without it, and so does the boot. */
  late: boolean;
};

export type Schedule = {
  readonly jobs: readonly ScheduledJob[];
  /** In the order of their starts. */
  readonly sequence: readonly number[];
  /** When the last one that the boot waits for has settled. */
  readonly total: Ms;
};

type Happening =
  | { readonly job: number; readonly what: 'wants-slot' | 'computes' | 'settled' }
  | { readonly job: number; readonly what: 'impatient'; readonly edge: number };

/**
 * Plays a boot: whatever is free to start and gets a slot starts, settles after its weight, and sets its dependents free. Never
 * holds a slot open for somebody better who may come. N services with M edges take (N + M) log N, without recursion.
 */
export const simulate = (input: ScheduleInput): Schedule => {
  const { jobs, ranks, now } = input;
  const results = jobs.map((): ScheduledJob => ({ ...unscheduled }));
  const dependents = toDependents(jobs);
  const unmet = jobs.map(({ edges }) => new Set(edges.keys()));
  const byRank = toByRank(ranks);
  const agenda = createAgenda<Happening>();
  const bursts = input.cores === undefined ? null : createBursts(input.cores);
  const queue = createHeap();
  const sequence: number[] = [];
  let freeSlots = input.slots ?? Number.POSITIVE_INFINITY;
  let freed: number[] = [];

  const meet = (job: number, edge: number, at: Ms): void => {
    const result = results[job];
    if (result === undefined || !unmet[job]?.delete(edge)) return;
    if (at >= result.satisfied) {
      result.satisfied = at;
      result.releasedBy = jobs[job]?.edges[edge]?.on ?? null;
    }
    if (unmet[job]?.size === 0) free(job);
  };

  const free = (job: number): void => {
    if (input.progress(job).begun !== null || input.progress(job).settled !== null) return;
    const at = Math.max(now, (results[job]?.satisfied ?? 0) + (jobs[job]?.delay ?? 0));
    agenda.add(at, { job, what: 'wants-slot' });
  };

  const release = (job: number, at: Ms, isSpawn: boolean): void => {
    for (const { job: dependent, edge, atSpawn } of dependents[job] ?? []) if (!isSpawn || atSpawn) meet(dependent, edge, at);
  };

  const start = (job: number, at: Ms, weight: Ms): void => {
    const result = results[job];
    if (result === undefined) return;
    result.start = at;
    freeSlots -= 1;
    sequence.push(job);
    const burst = bursts === null ? undefined : jobs[job]?.burst;
    if (burst !== undefined) agenda.add(at + burst.lead, { job, what: 'computes' });
    if (burst?.fixed !== false) agenda.add(Math.max(now, at + weight), { job, what: 'settled' });
    release(job, at, true);
  };

  const compute = (job: number, at: Ms): void => {
    const burst = jobs[job]?.burst;
    if (burst !== undefined) bursts?.begin(job, burst, at);
  };

  /** Those that have computed at this moment all that they had to. */
  const goOn = (at: Ms): void => {
    for (const job of bursts?.goOn(at) ?? []) {
      const burst = jobs[job]?.burst;
      if (burst?.fixed === false) agenda.add(at + burst.rest, { job, what: 'settled' });
    }
  };

  const settle = (job: number, at: Ms): void => {
    const result = results[job];
    if (result === undefined) return;
    result.settled = at;
    release(job, at, false);
  };

  const happen = (happening: Happening, at: Ms): void => {
    const { job, what } = happening;
    if (what === 'impatient') meet(job, happening.edge, at);
    else if (what === 'wants-slot') queue.push(ranks[job] ?? 0);
    else if (what === 'computes') compute(job, at);
    else {
      freeSlots += 1;
      freed.push(job);
      settle(job, at);
    }
  };

  const giveSlots = (at: Ms): void => {
    while (freeSlots > 0) {
      const job = byRank[queue.pop() ?? -1];
      if (job === undefined) return;
      const result = results[job];
      if (result !== undefined && at > Math.max(now, result.satisfied + (jobs[job]?.delay ?? 0)))
        result.slotFrom = freed.shift() ?? null;
      start(job, at, jobs[job]?.weight ?? 0);
    }
  };

  const begin = (): void => {
    for (const [job, { edges }] of jobs.entries()) {
      const { begun, settled } = input.progress(job);
      if (settled !== null) {
        const result = results[job];
        if (result !== undefined) result.start = begun ?? settled;
        release(job, begun ?? settled, true);
        settle(job, settled);
      } else if (begun !== null) {
        start(job, begun, now - begun + Math.max(0, input.remaining(job)));
      } else {
        if (edges.length === 0) free(job);
        for (const [edge, { waitUpTo }] of edges.entries()) {
          if (waitUpTo !== null) agenda.add(Math.max(now, waitUpTo), { job, what: 'impatient', edge });
        }
      }
    }
  };

  begin();
  for (let at = earliest(agenda.peek(), bursts); at !== null; at = earliest(agenda.peek(), bursts)) {
    freed = [];
    goOn(at);
    if (agenda.peek() === at) agenda.next();
    // What happens at this moment may make more happen in the same moment, before and after slots are given.
    for (let happening = agenda.take(at); happening !== null; happening = agenda.take(at)) happen(happening, at);
    giveSlots(at);
  }
  for (const [job, result] of results.entries()) {
    result.late =
      jobs[job]?.optional === true &&
      (dependents[job] ?? []).some((dependent) => wentOnWithout(result, dependent, input, results));
  }
  const total = results.reduce((latest, { settled, late }) => (late ? latest : Math.max(latest, settled)), 0);
  return { jobs: results, sequence, total };
};

const earliest = (at: Ms | null, bursts: Bursts | null): Ms | null => {
  const end = bursts?.next() ?? null;
  if (at === null || end === null) return at ?? end;
  return Math.min(at, end);
};

/** Nothing has happened to it yet. */
export const unscheduled: ScheduledJob = { satisfied: 0, start: 0, settled: 0, releasedBy: null, slotFrom: null, late: false };

/** The dependent was released before what it waited for had come: by its patience, as nothing else does that. */
const wentOnWithout = (
  awaited: ScheduledJob,
  { job, edge, atSpawn }: Dependent,
  { jobs, progress }: ScheduleInput,
  results: readonly ScheduledJob[],
): boolean => {
  const dependent = results[job];
  if (dependent === undefined || (jobs[job]?.edges[edge]?.waitUpTo ?? null) === null) return false;
  const { begun, settled } = progress(job);
  const released = begun === null && settled === null ? dependent.satisfied : dependent.start;
  return released < (atSpawn ? awaited.start : awaited.settled);
};

type Dependent = { readonly job: number; readonly edge: number; readonly atSpawn: boolean };

const toDependents = (jobs: readonly Job[]): Dependent[][] => {
  const dependents = jobs.map((): Dependent[] => []);
  for (const [job, { edges }] of jobs.entries()) {
    for (const [edge, { on, atSpawn }] of edges.entries()) dependents[on]?.push({ job, edge, atSpawn });
  }
  return dependents;
};

const toByRank = (ranks: readonly number[]): number[] => {
  const byRank: number[] = [];
  for (const [job, rank] of ranks.entries()) byRank[rank] = job;
  return byRank;
};
