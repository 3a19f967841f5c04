import { expect } from 'chai';
import { withCompetition } from '../../lib/domain/competition.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import { play, toReplay } from '../../lib/domain/replay.ts';
import type { Ms, Stack } from '../../lib/domain/service.ts';
import { predict } from '../../lib/domain/what-if.ts';
import { parseWhatIf } from '../../lib/domain/what-if-words.ts';
import { aBoot, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

/** Ready `took` after `at`, of which it computed so long. */
const aWorker = (took: Ms, cpu: Ms, overrides: { readonly at?: Ms; readonly releasedBy?: string } = {}): ServiceTimeline => {
  const timeline = aBoot(took, overrides);
  return { ...timeline, attempts: timeline.attempts.map((attempt) => ({ ...attempt, cpu })) };
};

const whatIf = (run: RunRecord, stack: Stack, ...texts: readonly string[]): Ms =>
  predict({
    run,
    stack,
    graph: buildGraph(stack.services),
    changes: texts.map((text) => {
      const parsed = parseWhatIf(text, [...stack.services.keys()]);
      if (!parsed.ok) throw new Error(parsed.problem);
      return parsed.value;
    }),
    usual: () => null,
  }).after;

//   a ─► b, each computes for all of its 100 ms; on one core
const chain = aStack([aService('a'), aService('b', { dependsOn: [aDependency('a')] })]);
const oneCore = { machine: 'linux-x64-1' };
const chainRun = (overrides: Partial<RunRecord> = {}) =>
  aRun(1, { a: aWorker(100, 100), b: aWorker(100, 100, { at: 100, releasedBy: 'a' }) }, { ...oneCore, ...overrides });

describe('what if, where services compete for the cores', () => {
  it('a → b on one core: without the edge they run beside each other, and nothing is gained', () => {
    expect(whatIf(chainRun(), chain, 'b:without=a')).to.be.closeTo(200, 1e-6);
    expect(whatIf(chainRun({ machine: 'linux-x64-2' }), chain, 'b:without=a')).to.be.closeTo(100, 1e-6);
  });

  it('a → b: half computing and half waiting for something else, they can share a core', () => {
    const run = aRun(1, { a: aWorker(100, 50), b: aWorker(100, 50, { at: 100, releasedBy: 'a' }) }, oneCore);
    expect(whatIf(run, chain, 'b:without=a')).to.be.closeTo(100, 1e-6);
  });

  it('what muster itself computed is not there for the services', () => {
    const run = aRun(1, { a: aWorker(100, 75), b: aWorker(100, 75, { at: 100, releasedBy: 'a' }) }, oneCore);
    expect(whatIf(run, chain, 'b:without=a')).to.be.closeTo(150, 1e-6);
    // It had a quarter of the core over the whole boot.
    expect(whatIf({ ...run, ownCpu: 50 }, chain, 'b:without=a')).to.be.closeTo(200, 1e-6);
  });

  it('two beside each other: without one of them the other has the core for itself', () => {
    const pair = aStack([aService('a'), aService('b')]);
    const run = aRun(1, { a: aWorker(200, 100), b: aWorker(200, 100) }, oneCore);
    expect(whatIf(run, pair, 'b:gone')).to.equal(200);
    // Ready after 150 ms with 100 ms of computing, beside another one: it asked for more than half of the core.
    const busy = aRun(1, { a: aWorker(150, 100), b: aWorker(150, 100) }, oneCore);
    expect(whatIf(busy, pair, 'b:gone')).to.be.closeTo(75, 1);
  });

  it('a given time is a given time, and still takes its share from others', () => {
    expect(whatIf(chainRun(), chain, 'b:without=a', 'b=100ms')).to.be.closeTo(200, 1e-6);
    expect(whatIf(chainRun(), chain, 'b:without=a', 'b=100ms', 'a=100ms')).to.be.closeTo(100, 1e-6);
    expect(whatIf(chainRun(), chain, 'a=40ms')).to.be.closeTo(140, 1e-6);
  });

  it('later and sooner are told apart from computing: a wait that is longer takes nobody anything', () => {
    expect(whatIf(chainRun(), chain, 'a=+50ms', 'b:without=a')).to.be.closeTo(250, 1e-6);
    const idle = aRun(1, { a: aWorker(300, 50), b: aWorker(100, 100, { at: 300, releasedBy: 'a' }) }, oneCore);
    expect(whatIf(idle, chain, 'a=-100ms')).to.be.closeTo(300, 1e-6);
    expect(whatIf(idle, chain, 'a=x0.5')).to.be.closeTo(250, 1e-6);
  });

  it('a retry: what the attempt that got ready computed begins when that attempt began', () => {
    //   x ─► b; a fails at 30, is tried again at 130, and is ready at 230, when x is
    const three = aStack([aService('x'), aService('a'), aService('b', { dependsOn: [aDependency('x')] })]);
    const failed = anAttempt({ failed: 30 });
    const second = anAttempt({ begun: 130, portsClear: 130, spawned: 130, firstProbe: 130, ready: 230, cpu: 100 });
    const services = {
      x: aBoot(230),
      a: aTimeline({ attempts: [failed, second], ready: 230 }),
      b: aWorker(100, 100, { at: 230, releasedBy: 'x' }),
    };
    const run = aRun(1, services, oneCore);
    expect(whatIf(run, three, 'b:without=x')).to.be.closeTo(230, 1e-6);
    expect(whatIf(run, three, 'x=-100ms')).to.be.closeTo(330, 1e-6);
  });

  it('startup_delay decided: however slow the machine, it takes its time', () => {
    const held = anAttempt({ signed: 60, held: 300, ready: 300, cpu: 50 });
    const run = aRun(
      1,
      { a: aTimeline({ attempts: [held], ready: 300 }), b: aWorker(100, 100, { at: 300, releasedBy: 'a' }) },
      oneCore,
    );
    const delayed = aStack([aService('a', { startupDelay: 300 }), aService('b', { dependsOn: [aDependency('a')] })]);
    expect(whatIf(run, delayed, 'b:without=a')).to.be.closeTo(300, 1e-6);
    expect(whatIf(run, delayed, 'a:no-delay')).to.be.closeTo(160, 1e-6);
  });

  it('max_parallel: a slot that is waited for computes nothing', () => {
    const pair = aStack([aService('a'), aService('b')]);
    const run = aRun(1, { a: aWorker(100, 100), b: aWorker(100, 100) }, { machine: 'linux-x64-2' });
    expect(whatIf(run, pair, 'max_parallel=1')).to.be.closeTo(200, 1e-6);
  });

  it('without CPU times, or cores, it is the same replay', () => {
    const old = aRun(1, { a: aBoot(100), b: aBoot(100, { at: 100, releasedBy: 'a' }) }, oneCore);
    for (const run of [old, chainRun({ machine: '' })]) {
      const replay = toReplay(run, chain, buildGraph(chain.services));
      expect(withCompetition(replay, run)).to.equal(replay);
      expect(whatIf(run, chain, 'b:without=a')).to.equal(100);
    }
  });

  it('more computed than one core could have, or than time was there, is believed as far as it can be', () => {
    const run = aRun(1, { a: aWorker(100, 900), b: aWorker(0, 10, { at: 100, releasedBy: 'a' }) }, { machine: 'linux-x64-4' });
    const replay = toReplay(run, chain, buildGraph(chain.services));
    expect(play(withCompetition(replay, run)).total).to.be.closeTo(100, 1e-6);
  });
});
