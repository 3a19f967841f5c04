import { expect } from 'chai';
import { withCompetition } from '../../lib/domain/competition.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import { play, type Replay, toReplay } from '../../lib/domain/replay.ts';
import type { Job } from '../../lib/domain/schedule.ts';
import { bootAll } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aRandomStack } from '../support/random-stack.ts';
import { aRig } from '../support/stacks.ts';

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

/** Random boots by the real supervisor, with failures, retries, slots and delays; each attempt computed some part of its time. */
const booted: { readonly seed: number; readonly plain: Replay; readonly replay: Replay; readonly run: RunRecord }[] = [];

const withCpu = (run: RunRecord, seed: number): RunRecord => {
  const random = createRandom(seed * 7919);
  const services = Object.entries(run.services).map(([name, timeline]): [string, ServiceTimeline] => [
    name,
    {
      ...timeline,
      attempts: timeline.attempts.map((attempt) =>
        attempt.ready === null || attempt.spawned === null || random.below(5) === 0
          ? attempt
          : { ...attempt, cpu: ((attempt.ready - attempt.spawned) * random.below(150)) / 100 },
      ),
    },
  ]);
  return {
    ...run,
    ownCpu: run.duration * 0.2,
    machine: `linux-x64-${1 + random.below(4)}`,
    services: Object.fromEntries(services),
  };
};

/** What each has computed, in milliseconds of one core. */
const workOf = ({ jobs }: Replay): number => jobs.reduce((sum, { burst }) => sum + (burst?.length ?? 0) * (burst?.share ?? 0), 0);

const withoutEdges = (jobs: readonly Job[]): Job[] => jobs.map((job) => ({ ...job, edges: [] }));

describe('a boot that is played again with competition for the cores, on random stacks', () => {
  before(async () => {
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const run = withCpu((await bootAll(aRig(stack, scripts))).run, seed);
      const plain = toReplay(run, stack, buildGraph(stack.services));
      booted.push({ seed, plain, run, replay: withCompetition(plain, run) });
    }
  });

  it('takes exactly the times that it took, each service and all of it', () => {
    let competing = 0;
    for (const { seed, plain, replay } of booted) {
      const [then, again] = [play(plain), play(replay)];
      for (const [job, name] of replay.names.entries()) {
        expect(again.jobs[job]?.settled, `seed ${seed}: ${name}`).to.be.closeTo(then.jobs[job]?.settled ?? 0, 1e-6);
        expect(again.jobs[job]?.start, `seed ${seed}: ${name}`).to.be.closeTo(then.jobs[job]?.start ?? 0, 1e-6);
      }
      if (replay !== plain) competing += 1;
    }
    expect(competing, 'most of them compute').to.be.greaterThan(seeds.length / 2);
  });

  it('no service computed for longer than it took, nor more than it did', () => {
    for (const { seed, replay, run } of booted) {
      for (const [job, { burst, weight }] of replay.jobs.entries()) {
        if (burst === undefined) continue;
        const cpu = run.services[replay.names[job] ?? '']?.attempts.find(({ ready }) => ready !== null)?.cpu ?? 0;
        expect(burst.lead + burst.length + burst.rest, `seed ${seed}`).to.be.at.most(weight + 1e-6);
        expect(burst.length * burst.share, `seed ${seed}`).to.be.at.most(cpu + 1e-6);
      }
    }
  });

  it('with all the cores of the world it is never slower, where nobody waits for a slot', () => {
    for (const { seed, replay } of booted) {
      if (replay.slots !== null || replay.cores === undefined) continue;
      expect(play({ ...replay, cores: 1e9 }).total, `seed ${seed}`).to.be.at.most(play(replay).total + 1e-6);
    }
  });

  it('where nobody waits for anybody, more cores are never slower for anyone', () => {
    for (const { seed, replay } of booted) {
      if (replay.cores === undefined) continue;
      const free = { ...replay, slots: null, jobs: withoutEdges(replay.jobs) };
      for (const cores of [0.5, 1, 2, 3]) {
        const [few, more] = [play({ ...free, cores }), play({ ...free, cores: cores + 0.5 })];
        for (const [job, { settled }] of more.jobs.entries())
          expect(settled, `seed ${seed}, ${cores} cores`).to.be.at.most((few.jobs[job]?.settled ?? 0) + 1e-6);
      }
    }
  });

  it('without any edge the work is still all there: the boot takes at least what the cores need for it', () => {
    for (const { seed, replay } of booted) {
      if (replay.cores === undefined) continue;
      const free = { ...replay, jobs: withoutEdges(replay.jobs) };
      expect(workOf(free)).to.equal(workOf(replay));
      const last = Math.max(...play(free).jobs.map(({ settled }) => settled));
      expect(last, `seed ${seed}`).to.be.at.least(workOf(replay) / replay.cores - 1e-6);
    }
  });
});
