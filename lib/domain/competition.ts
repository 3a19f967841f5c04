import { own } from '../util/own.ts';
import { type Burst, createBursts } from './bursts.ts';
import type { AttemptTimeline, RunRecord, ServiceTimeline } from './history.ts';
import { coresOf } from './machine-class.ts';
import { play, type Replay } from './replay.ts';
import type { Job, Schedule } from './schedule.ts';
import type { Ms } from './service.ts';

/**
 * What a program computes until it is ready is nearly all done at its beginning: it is loaded, compiled, set up. Then it waits for
 * disks, answers, timers. The record says only how much it was, not when; evenly in the first so many times its CPU time is what
 * has predicted best (bench/RESULTS.md).
 */
const spread = 2;

/** Rounds in which the shares of those that were ready sooner than their share allows are corrected. */
const rounds = 6;

/** Less CPU time than this is nothing that anybody could feel. */
const least = 1;

/**
 * The same boot, with what each service computed in it told apart from what it waited for, so that it can be played again with
 * other competition for the cores. Played as it was, it takes exactly the time that it took. Without CPU times, or where the number of
 * cores is not known, it is the same replay: nobody slows down anybody.
 */
export const withCompetition = (replay: Replay, run: RunRecord): Replay => {
  const cores = toFreeCores(run);
  if (cores === null) return replay;
  const schedule = play(replay);
  const works = replay.names.flatMap((name, job) => {
    const timeline = own(run.services, name);
    return timeline === undefined ? [] : (toWork(timeline, { job, weight: replay.jobs[job]?.weight ?? 0, schedule }) ?? []);
  });
  if (works.length === 0) return replay;
  const bursts = explain(works, cores);
  return { ...replay, cores, jobs: replay.jobs.map((job, index) => withBurst(job, bursts.get(index))) };
};

const withBurst = (job: Job, burst: Job['burst']): Job => (burst === undefined ? job : { ...job, burst });

/** What muster itself did not take of them; it shares them with the services, so never all that one core has. */
const toFreeCores = ({ machine, ownCpu, duration }: RunRecord): number | null => {
  const cores = coresOf(machine);
  if (cores === null) return null;
  return Math.max(cores / 2, cores - (duration > 0 ? (ownCpu ?? 0) / duration : 0));
};

/** Times since the run began. */
type Work = {
  readonly job: number;
  readonly lead: Ms;
  readonly from: Ms;
  readonly until: Ms;
  readonly cpu: Ms;
  readonly fixed: boolean;
};

type WorkOptions = { readonly job: number; readonly weight: Ms; readonly schedule: Schedule };

/** Null: nothing is known of what it computed, or it was not what made it settle. */
const toWork = (timeline: ServiceTimeline, { job, weight, schedule }: WorkOptions): [Work] | null => {
  const attempt = timeline.attempts.findLast(({ ready }) => ready !== null && ready === timeline.ready);
  const played = schedule.jobs[job];
  if (attempt?.cpu === undefined || attempt.cpu < least || played === undefined) return null;
  const begun = timeline.attempts[0]?.begun ?? attempt.begun;
  const lead = Math.min(weight, Math.max(0, (attempt.portsClear ?? attempt.begun) - begun));
  const [from, until] = [played.start + lead, played.settled];
  return until <= from ? null : [{ job, lead, from, until, cpu: attempt.cpu, fixed: isHeld(attempt) }];
};

/** `startup_delay` decided when it was ready: the delay takes its time, however fast the program is. */
const isHeld = ({ held, ready }: AttemptTimeline): boolean => held !== undefined && ready !== null && ready <= held + 1;

/** How much of each boot was computing, at the speed that the competition left to it, and what it waited for after that. */
const explain = (works: readonly Work[], cores: number): Map<number, NonNullable<Job['burst']>> => {
  let shares = works.map(({ cpu, from, until }) => Math.min(cores, Math.max(1 / spread, cpu / (until - from))));
  let parts = playAsItWas(works, shares, cores);
  for (let round = 1; round < rounds; round += 1) {
    const better = works.map(({ cpu }, index) => {
      const { length = 0, isDone = true } = parts[index] ?? {};
      return isDone || length <= 0 ? (shares[index] ?? 0) : Math.min(cores, cpu / length);
    });
    if (better.every((share, index) => Math.abs(share - (shares[index] ?? 0)) < 1e-6)) break;
    shares = better;
    parts = playAsItWas(works, shares, cores);
  }
  return new Map(
    works.map(({ job, lead, fixed }, index) => {
      const { length, rest } = parts[index] ?? { length: 0, rest: 0 };
      return [job, { lead, length, share: shares[index] ?? 0, rest, fixed }];
    }),
  );
};

type Part = Pick<Burst, 'length' | 'rest'> & { readonly isDone: boolean };

/** Everybody begins and is ready when it was; nobody computes on after that. */
const playAsItWas = (works: readonly Work[], shares: readonly number[], cores: number): Part[] => {
  const bursts = createBursts(cores);
  const parts = works.map((): Part => ({ length: 0, rest: 0, isDone: true }));
  const lengthOf = (index: number): Ms => (works[index]?.cpu ?? 0) / (shares[index] || 1);
  const finish = (done: readonly number[], at: Ms): void => {
    for (const index of done) {
      parts[index] = { length: lengthOf(index), rest: Math.max(0, (works[index]?.until ?? at) - at), isDone: true };
    }
  };
  const turns = works
    .flatMap(({ from, until }, index) => [
      { at: from, index, begins: true },
      { at: until, index, begins: false },
    ])
    .sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins));
  for (const { at, index, begins } of turns) {
    for (let end = bursts.next(); end !== null && end <= at; end = bursts.next()) finish(bursts.goOn(end), end);
    bursts.goOn(at);
    if (begins) {
      bursts.begin(index, { share: shares[index] ?? 0, length: lengthOf(index) }, at);
      continue;
    }
    const length = bursts.leave(index, at);
    if (length !== null) parts[index] = { length, rest: 0, isDone: false };
  }
  return parts;
};
