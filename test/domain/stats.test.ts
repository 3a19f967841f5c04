import { expect } from 'chai';
import { clusterMachine, onEngine } from '../../lib/domain/engine.ts';
import { foldHistory, usualLimits } from '../../lib/domain/fold.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import { type Hint, toHints } from '../../lib/domain/hints.ts';
import { emptyHistory, type History, type ServiceTimeline } from '../../lib/domain/history.ts';
import type { Ms, Service } from '../../lib/domain/service.ts';
import { toStats } from '../../lib/domain/stats.ts';
import { toTrend } from '../../lib/domain/trend.ts';
import { median, quantile, robustDeviation } from '../../lib/util/quantile.ts';
import { aBoot, aHistory, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const history = (...times: readonly Ms[]): History => aHistory(...times.map((api) => ({ api })));
const hints = (past: History, service: Partial<Service>): Hint[] => toHints(toStats(past), aStack([aService('api', service)]));
const times = (count: number, at: (index: number) => Ms): Ms[] => Array.from({ length: count }, (_, index) => at(index));

describe('quantiles', () => {
  it('are linear between neighbours, as in R and NumPy', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).to.equal(2.5);
    expect(quantile([10, 20, 30], 0.95)).to.equal(29);
    expect(quantile([7], 0.99)).to.equal(7);
    expect(quantile([], 0.5)).to.equal(null);
    expect(median([9, 1, 5])).to.equal(5);
    expect(robustDeviation([1, 1, 1, 1000])).to.equal(0);
  });
});

describe('the statistics', () => {
  it('tell boots, failures, last, median and p95 of each service and of the stack', () => {
    const past = aHistory({ api: 100, db: 10 }, { api: 300, db: 10 }, { api: 200, db: 10 });
    const failed = aRun(
      4,
      { api: aTimeline({ attempts: [anAttempt({ failed: 5 })], outcome: 'failed' }), db: aTimeline({ outcome: 'skipped' }) },
      { outcome: 'failed', duration: 5 },
    );
    const stats = toStats({ ...past, runs: [...past.runs, failed] });
    const [api, db] = stats.services;
    expect(api).to.deep.include({ name: 'api', boots: 4, failures: 1, flakiness: 0, last: 200, p50: 200, p95: 290 });
    expect(db).to.deep.include({ name: 'db', boots: 3, failures: 0, p50: 10 });
    expect(stats.stack).to.deep.include({ runs: 4, last: 200, p50: 200 });
    expect(stats.stack.outcomes).to.deep.equal({ up: 3, degraded: 0, failed: 1, 'timed-out': 0, interrupted: 0 });
    expect(stats.stack.samples.map(({ run, ms }) => [run, ms])).to.deep.equal([
      [1, 100],
      [2, 300],
      [3, 200],
    ]);
  });

  it('are empty, not absent, without memory', () => {
    const stats = toStats(emptyHistory, { services: ['api'] });
    expect(stats.services[0]).to.deep.include({
      boots: 0,
      last: null,
      p50: null,
      flakiness: null,
      trend: { direction: 'unknown' },
    });
    expect(stats.stack).to.deep.include({ runs: 0, p50: null });
  });

  it('call a service flaky that gets ready, but not at the first attempt', () => {
    const shaky = aTimeline({
      attempts: [anAttempt({ failed: 5 }), anAttempt({ begun: 10, spawned: 10, ready: 40 })],
      ready: 40,
    });
    const stats = toStats({ runs: [aRun(1, { api: shaky }), aRun(2, { api: aBoot(30) })], folded: {} });
    expect(stats.services[0]).to.deep.include({ flakiness: 0.5, failures: 0, last: 30 });
  });

  it('can be asked for an environment, a date and some services', () => {
    const runs = [
      aRun(1, { api: aBoot(1), db: aBoot(1) }),
      aRun(2, { api: aBoot(2) }, { environment: 'test' }),
      aRun(3, { api: aBoot(3), db: aBoot(3) }),
    ];
    expect(toStats({ runs, folded: {} }, { environment: 'test' }).services.map(({ name, last }) => [name, last])).to.deep.equal([
      ['api', 2],
    ]);
    expect(toStats({ runs, folded: {} }, { since: 1_700_000_000_000 + 3 * 60_000 }).stack.runs).to.equal(1);
    expect(toStats({ runs, folded: {} }, { services: ['db'] }).services.map(({ name }) => name)).to.deep.equal(['db']);
  });

  it('count what was folded away, where nothing is filtered', () => {
    const past = foldHistory(history(...times(30, (index) => 100 + index)), { ...usualLimits, maxRuns: 10, perEnvironment: 1 });
    const all = toStats(past);
    expect(all.foldedRuns).to.equal(20);
    expect(all.services[0]).to.deep.include({ boots: 30, p50: 114.5 });
    expect(toStats(past, { environment: 'development' }).services[0]).to.deep.include({ boots: 10, p50: 124.5 });
  });

  it('know how many were folded away by what the memory says of them, not by the numbers of the runs', () => {
    const past = foldHistory(history(...times(30, () => 100)), { ...usualLimits, maxRuns: 10, perEnvironment: 1 });
    const renumbered = { ...past, runs: past.runs.map((run) => ({ ...run, id: run.id + 500 })) };
    expect(toStats(renumbered).foldedRuns).to.equal(20);
    const mixed = history(...times(4, () => 100)).runs.map((run) => (run.id === 1 ? { ...run, machine: clusterMachine } : run));
    for (const isCluster of [true, false])
      expect(toStats(onEngine({ runs: mixed, folded: {} }, isCluster)).foldedRuns, String(isCluster)).to.equal(0);
    const { foldedRuns: _, ...ofOlderMuster } = past;
    expect(toStats(ofOlderMuster).foldedRuns).to.equal(20);
  });

  it('leave boots of a part of the stack, and starts by hand, out of the stack', () => {
    const { runs } = aHistory({ db: 100, api: 800 }, { db: 100, api: 900 }, { db: 90 });
    const byHand = aRun(4, { api: aBoot(50), db: aBoot(50) }, { trigger: 'start' });
    const { stack, services } = toStats({ runs: [...runs, byHand], folded: {} });
    expect(stack).to.deep.include({ runs: 2, partialRuns: 2, last: 900, p50: 850 });
    expect(services.find(({ name }) => name === 'db')).to.include({ boots: 4 });
  });

  it('a service that is gone makes no boot a partial one, one that is new does', () => {
    const without = aHistory({ db: 1, api: 100 }, ...Array.from({ length: 10 }, () => ({ api: 200 })));
    expect(toStats(without).stack).to.include({ runs: 11, last: 200 });
    const lately = aHistory({ db: 1, api: 100 }, { api: 200 });
    expect(toStats(lately).stack).to.include({ runs: 1, last: 100 });
    expect(toStats(lately, { stack: ['api'] }).stack).to.include({ runs: 2, last: 200 });
    expect(toStats(aHistory({ api: 100 }, { api: 200, db: 1 })).stack).to.include({ runs: 1, partialRuns: 1, last: 200 });
  });

  it('leave out warm boots, in which nothing was started', () => {
    const warm = aRun(2, { api: aTimeline({ outcome: 'reused', ready: 3 }) }, { duration: 3 });
    const stats = toStats({ runs: [aRun(1, { api: aBoot(100) }), warm], folded: {} });
    expect(stats.stack.last).to.equal(100);
    expect(stats.services[0]).to.deep.include({ boots: 1, last: 100 });
  });
});

describe('the trend', () => {
  it('sees a lasting change and no single one', () => {
    expect(toTrend([...times(20, () => 900), ...times(5, () => 2700)])).to.deep.equal({
      direction: 'slower',
      before: 900,
      now: 2700,
    });
    expect(toTrend([...times(20, () => 900), ...times(5, () => 100)]).direction).to.equal('faster');
    expect(toTrend([...times(20, () => 900), 900, 90_000, 900, 90_000, 900]).direction).to.equal('steady');
    expect(toTrend(times(25, (index) => 900 + 200 * (index % 2))).direction).to.equal('steady');
    expect(toTrend(times(9, () => 1)).direction).to.equal('unknown');
  });
});

describe('H7: hints', () => {
  it('H7: one slow boot never makes a hint', () => {
    for (const at of [0, 10, 29]) {
      const past = history(...times(30, (index) => (index === at ? 59_000 : 800 + index)));
      expect(hints(past, { healthTimeout: 60_000 })).to.deep.equal([]);
    }
  });

  it('says when a health_timeout is too tight for what the service takes', () => {
    const [hint] = hints(history(...times(30, (index) => 6000 + 100 * index)), { healthTimeout: 10_000 });
    expect(hint).to.deep.include({ code: 'health-timeout-tight', service: 'api', boots: 30 });
    expect(hint?.message).to.equal(
      '"api" takes up to 8.9s to get ready (p99 of 30 boots) and has 10s: raise its health_timeout to 18s',
    );
  });

  it('says when a startup_delay is all that is waited for, and what it costs', () => {
    const [hint] = hints(history(...times(10, (index) => (index === 3 ? 9000 : 2010))), { startupDelay: 2000 });
    expect(hint).to.deep.include({ code: 'startup-delay-useless', saves: 2000 });
    expect(hint?.message).to.equal(
      '"api" is ready with the first probe after its startup_delay of 2s in 9 of 10 boots: remove the delay and let the probe decide',
    );
  });

  it('lets a startup_delay be that is no longer than the boot, or decides without a probe', () => {
    expect(hints(history(...times(10, () => 4000)), { startupDelay: 2000 })).to.deep.equal([]);
    expect(hints(history(...times(10, () => 2000)), { startupDelay: 2000, ready: null })).to.deep.equal([]);
    expect(hints(history(2000, 2000), { startupDelay: 2000 })).to.deep.equal([]);
  });

  it('a startup_delay that was added since is not blamed for the boots before it', () => {
    const before = aHistory(...times(8, () => 900).map((api) => ({ api })));
    const after = times(6, (index) => aRun(9 + index, { api: aBoot(3000, { definitionHash: 'delayed' }) }).id);
    const runs = [...before.runs, ...after.map((id) => aRun(id, { api: aBoot(3000, { definitionHash: 'delayed' }) }))];
    const stack = aStack([aService('api', { startupDelay: 2000, definitionHash: 'delayed' })]);
    const evidence = { runs, graph: buildGraph(stack.services) };
    expect(toHints(toStats({ runs, folded: {} }), stack, evidence)).to.deep.equal([]);
    const [hint] = toHints(
      toStats({ runs: runs.slice(8), folded: {} }),
      aStack([aService('api', { startupDelay: 2990, definitionHash: 'delayed' })]),
    );
    expect(hint?.boots).to.equal(6);
  });

  it('says when a service comes up only after a failed attempt, again and again', () => {
    const shaky = aTimeline({ attempts: [anAttempt({ failed: 5 }), anAttempt({ ready: 40 })], ready: 40 });
    const runs = times(12, (index) => index).map((index) => aRun(index + 1, { api: index % 2 === 0 ? shaky : aBoot(40) }));
    expect(hints({ runs, folded: {} }, {}).map(({ code }) => code)).to.deep.equal(['flaky-start']);
  });

  it('leaves services alone that the stack no longer has', () => {
    expect(toHints(toStats(history(...times(30, () => 59_000))), aStack([]))).to.deep.equal([]);
  });

  //   db (delay 400) ─► api        cache (delay 400)
  it('H7: a useless delay says what the boot would save, which is nothing where the boot waits for others meanwhile', () => {
    const one = aStack([
      aService('db', { startupDelay: 400, definitionHash: 'one' }),
      aService('cache', { startupDelay: 400, definitionHash: 'one' }),
      aService('api', { dependsOn: [aDependency('db')] }),
    ]);
    const runs = times(6, (index) => index + 1).map((id) =>
      aRun(id, { db: aBoot(405), cache: aBoot(402), api: aBoot(600, { at: 410, releasedBy: 'db' }) }),
    );
    const found = toHints(toStats({ runs, folded: {} }), one, { runs, graph: buildGraph(one.services) });
    expect(found.map(({ service, saves, savesOfBoot }) => [service, saves, savesOfBoot])).to.deep.equal([
      ['db', 400, 400],
      ['cache', 400, 0],
    ]);
    expect(found[0]?.message).to.match(/let the probe decide; the boot would take up to 400ms less$/);
    expect(found[1]?.message).to.match(/let the probe decide; the boot waits for others meanwhile, and would take as long$/);
  });

  it('H7: a service that is often ended because its time was over has too little of it, though no boot that came up says so', () => {
    const givenUp = aTimeline({ attempts: [anAttempt({ spawned: 2, failed: 3002 })], outcome: 'failed' });
    const broken = aTimeline({ attempts: [anAttempt({ spawned: 2, failed: 50 })], outcome: 'failed' });
    const hintsOf = (bad: ServiceTimeline) => {
      const runs = times(10, (index) => index).map((index) => aRun(index + 1, { api: index % 4 === 0 ? bad : aBoot(900) }));
      const stack = aStack([aService('api', { healthTimeout: 3000 })]);
      return toHints(toStats({ runs, folded: {} }), stack, { runs, graph: buildGraph(stack.services) });
    };
    expect(hintsOf(broken)).to.deep.equal([]);
    expect(hintsOf(givenUp).map(({ message }) => message)).to.deep.equal([
      '"api" was given up after its health_timeout of 3s in 3 of 10 boots: if it was still starting then, raise it',
    ]);
  });
});
