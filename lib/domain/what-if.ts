import { own } from '../util/own.ts';
import { withCompetition } from './competition.ts';
import type { RunRecord } from './history.ts';
import type { PlanGraph } from './plan.ts';
import { play, type Replay, toReplay } from './replay.ts';
import type { Job, Schedule } from './schedule.ts';
import type { Ms, ServiceName, Stack } from './service.ts';
import { toRemainingPaths } from './slack.ts';
import { applyToAttempt, type Note } from './what-if-times.ts';
import type { Change } from './what-if-words.ts';

export type Prediction = {
  readonly run: number;
  /** What it took, and what it would have taken. */
  readonly before: Ms;
  readonly after: Ms;
  readonly chainBefore: readonly ServiceName[];
  readonly chainAfter: readonly ServiceName[];
  /** Those that would settle at another time (by more than a millisecond), the most moved first. Since the run began. */
  readonly moved: readonly { readonly service: ServiceName; readonly before: Ms; readonly after: Ms }[];
  /** What the prediction cannot know, or a change that changes nothing and why. */
  readonly notes: readonly string[];
};

export type WhatIfInput = {
  readonly run: RunRecord;
  readonly stack: Stack;
  readonly graph: PlanGraph;
  readonly changes: readonly Change[];
  /** What a service usually takes from its slot to ready: for one that never began in this run. */
  readonly usual: (service: ServiceName) => Ms | null;
};

/**
 * Plays the recorded boot through the planner twice, as it was and with the changes, and adds the difference to what it took: so
 * what the planner does not know of the machine is in both and falls out. Where the record says what the services computed, they
 * compete for the cores in both.
 */
export const predict = ({ run, stack, graph, changes, usual }: WhatIfInput): Prediction => {
  const replay = withCompetition(toReplay(run, stack, graph), run);
  const notes: string[] = [];
  const note: Note = (text) => void notes.push(text);
  const mended = changes.reduce((so, change) => applyChange(so, change, { run, stack, note }), replay);
  const changed = revive(mended, { run, stack, changes, usual, note });
  const [base, next] = [play(replay), play(changed)];
  const gone = new Set(changes.flatMap((change) => (change.kind === 'gone' ? [change.service] : [])));
  const moved = replay.names.flatMap((service, job) => {
    const [before, after] = [base.jobs[job]?.settled ?? 0, next.jobs[job]?.settled ?? 0];
    return gone.has(service) || Math.abs(after - before) <= 1 ? [] : [{ service, before, after }];
  });
  moved.sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  return {
    run: run.id,
    before: run.duration,
    after: Math.max(0, run.duration + next.total - base.total),
    chainBefore: toChain(replay, base),
    chainAfter: toChain(changed, next).filter((name) => !gone.has(name)),
    moved,
    notes,
  };
};

type Applying = { readonly run: RunRecord; readonly stack: Stack; readonly note: Note };

const applyChange = (replay: Replay, change: Change, { run, stack, note }: Applying): Replay => {
  if (change.kind === 'max_parallel') return withSlots(replay, change.slots);
  const job = replay.names.indexOf(change.service);
  const timeline = own(run.services, change.service);
  if (job < 0 || timeline === undefined) {
    note(`"${change.service}" had no part in run ${run.id}`);
    return replay;
  }
  switch (change.kind) {
    case 'takes':
    case 'times':
    case 'shift':
    case 'no-delay': {
      const service = stack.services.get(change.service);
      return withJob(replay, job, (old) => applyToAttempt(change, { job: old, timeline, service, note }));
    }
    case 'optional':
      if (timeline.outcome !== 'failed')
        note(`"${change.service}" did not fail in run ${run.id}; who waits for it would wait as long`);
      return withJob(replay, job, (old) => ({ ...old, optional: true }));
    case 'gone':
      return withoutEdges(
        withJob(replay, job, ({ optional }) => ({ weight: 0, delay: 0, edges: [], optional })),
        (edge) => edge === job,
      );
    case 'without':
    case 'started': {
      const on = replay.names.indexOf(change.on);
      if (!replay.jobs[job]?.edges.some((edge) => edge.on === on)) note(`"${change.service}" does not wait for "${change.on}"`);
      return withJob(replay, job, (old) => ({
        ...old,
        edges:
          change.kind === 'without'
            ? old.edges.filter((edge) => edge.on !== on)
            : old.edges.map((edge) => (edge.on === on ? { ...edge, atSpawn: true } : edge)),
      }));
    }
  }
};

const withJob = (replay: Replay, at: number, change: (job: Job) => Job): Replay => ({
  ...replay,
  jobs: replay.jobs.map((job, index) => (index === at ? change(job) : job)),
});

const withoutEdges = (replay: Replay, isGone: (on: number) => boolean): Replay => ({
  ...replay,
  jobs: replay.jobs.map((job) => ({ ...job, edges: job.edges.filter(({ on }) => !isGone(on)) })),
});

/** With another limit the order of then says nothing: the longest remaining path goes first, as in a real boot. */
const withSlots = (replay: Replay, slots: number | null): Replay => {
  const remaining = toRemainingPaths(replay.jobs);
  const order = [...replay.names.keys()].sort((a, b) => (remaining[b] ?? 0) - (remaining[a] ?? 0) || a - b);
  const ranks = replay.names.map(() => 0);
  for (const [rank, job] of order.entries()) ranks[job] = rank;
  return { ...replay, slots, ranks };
};

type Reviving = Pick<WhatIfInput, 'run' | 'stack' | 'changes' | 'usual'> & { readonly note: Note };

/** Those that were skipped, and by these changes would not be, begin and take what they usually take. */
const revive = (replay: Replay, { run, stack, changes, usual, note }: Reviving): Replay => {
  // What takes a given time gets ready, and who waits for an optional one goes on.
  const mended = new Set(
    changes.flatMap((change) => (change.kind === 'takes' || change.kind === 'optional' ? [change.service] : [])),
  );
  const dead = new Set<ServiceName>();
  const jobs = replay.jobs.map((job, index) => {
    const name = replay.names[index] ?? '';
    const outcome = own(run.services, name)?.outcome;
    const isOptional = stack.services.get(name)?.optional === true || mended.has(name);
    if (outcome === 'failed' && !isOptional) dead.add(name);
    if (outcome !== 'skipped') return job;
    const service = stack.services.get(name);
    const needs = job.edges.map(({ on }) => replay.names[on] ?? '');
    if (needs.some((on) => dead.has(on) && service?.dependsOn.find((edge) => edge.on === on)?.required !== false)) {
      dead.add(name);
      return job;
    }
    const weight = usual(name);
    if (weight === null) note(`"${name}" was skipped in run ${run.id}, and how long it takes is not known; it counts as nothing`);
    return { ...job, weight: weight ?? 0 };
  });
  return { ...replay, jobs };
};

const toChain = ({ names }: Replay, { jobs, total }: Schedule): ServiceName[] => {
  const chain: ServiceName[] = [];
  let at: number | null = jobs.findIndex(({ settled, late }) => !late && settled === total);
  while (at !== null && at >= 0) {
    const job: Schedule['jobs'][number] | undefined = jobs[at];
    chain.push(names[at] ?? '');
    at = job?.late === true ? null : (job?.slotFrom ?? job?.releasedBy ?? null);
  }
  return chain.reverse();
};
