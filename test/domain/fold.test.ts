import { expect } from 'chai';
import { appendRun, type FoldLimits, foldHistory, nextRunId, usualLimits } from '../../lib/domain/fold.ts';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { toCompactJson } from '../../lib/util/compact-json.ts';
import { quantile } from '../../lib/util/quantile.ts';
import { aBoot, aHistory, aLongHistory, anAttempt, aRandom, aRun, aTimeline } from '../support/runs.ts';

const limits = (overrides: Partial<FoldLimits>): FoldLimits => ({ ...usualLimits, perEnvironment: 1, ...overrides });

describe('folding the history', () => {
  it('leaves a history within the limits as it is', () => {
    const history = aHistory({ api: 1 }, { api: 2 });
    expect(foldHistory(history)).to.equal(history);
  });

  it('keeps the newest runs in full and what the others took, exactly while it is little', () => {
    const folded = foldHistory(aHistory({ api: 30 }, { api: 10 }, { api: 20 }, { api: 40 }), limits({ maxRuns: 1 }));
    expect(folded.runs.map(({ id }) => id)).to.deep.equal([4]);
    expect(folded.folded.api).to.deep.include({ boots: 3, failures: 0, lastRun: 3, quantiles: [10, 20, 30] });
    expect(folded.foldedRuns).to.deep.equal({ count: 3, uids: ['run-1', 'run-2', 'run-3'] });
    expect(nextRunId(folded)).to.equal(5);
    expect(nextRunId(emptyHistory)).to.equal(1);
  });

  it('tells environments, machines and warm boots apart, the largest first', () => {
    const history: History = {
      runs: [
        aRun(1, { api: aBoot(10) }),
        aRun(2, { api: aBoot(900) }, { machine: 'linux-x64-2-ci' }),
        aRun(3, { api: aBoot(20) }),
        aRun(4, { api: aBoot(5) }, { warm: true }),
        aRun(5, { api: aBoot(30) }, { environment: 'test' }),
        aRun(6, { api: aBoot(1) }),
      ],
      folded: {},
    };
    const { folded } = foldHistory(history, limits({ maxRuns: 1, perEnvironment: 0 }));
    const told = folded.api?.kinds?.map(({ environment, machine, warm, quantiles }) => [environment, machine, warm, quantiles]);
    expect(told).to.deep.equal([
      ['development', 'linux-x64-2', false, [10, 20]],
      ['development', 'linux-x64-2', true, [5]],
      ['development', 'linux-x64-2-ci', false, [900]],
      ['test', 'linux-x64-2', false, [30]],
    ]);
    expect(folded.api?.quantiles).to.deep.equal([5, 10, 20, 30, 900]);
  });

  it('counts failures, and boots of reused and skipped services not at all', () => {
    const run = aRun(1, {
      bad: aTimeline({ attempts: [anAttempt({ failed: 10 })], outcome: 'failed' }),
      idle: aTimeline({ outcome: 'skipped' }),
      warm: aTimeline({ outcome: 'reused' }),
    });
    const { folded } = foldHistory({ runs: [run, aRun(2, {})], folded: {} }, limits({ maxRuns: 1 }));
    expect(folded.bad).to.deep.include({ boots: 1, failures: 1, quantiles: [] });
    expect(folded.idle).to.deep.include({ boots: 0, failures: 0 });
    expect(folded.warm).to.deep.include({ boots: 0 });
  });

  it('F49: stays within its size however many runs are added, and its quantiles stay right', () => {
    const random = aRandom(1);
    let history: History = emptyHistory;
    for (let id = 1; id <= 3000; id++)
      history = appendRun(history, aRun(id, { api: aBoot(1000 + 1000 * random()) }), limits({ maxRuns: 50 }));
    expect(history.runs).to.have.lengthOf(50);
    expect(history.folded.api?.boots).to.equal(2950);
    const sketch = history.folded.api?.quantiles ?? [];
    expect(sketch).to.have.lengthOf(21);
    expect(quantile(sketch, 0.5)).to.be.within(1350, 1650);
    expect(quantile(sketch, 0.95)).to.be.within(1850, 2000);
  });

  it('follows a service that has become slower', () => {
    let history: History = emptyHistory;
    for (let id = 1; id <= 1000; id++)
      history = appendRun(history, aRun(id, { api: aBoot(id <= 500 ? 100 : 900) }), limits({ maxRuns: 10 }));
    expect(quantile(history.folded.api?.quantiles ?? [], 0.5)).to.be.within(880, 900);
  });

  it('H4: 1,000 runs of 50 services stay below 2 MB', () => {
    const history = foldHistory(aLongHistory(1000, 50));
    expect(toCompactJson(history).length).to.be.lessThan(2_000_000);
    expect(history.runs.length).to.be.within(100, 200);
    expect(history.runs.at(-1)?.id).to.equal(1000);
  });

  it('folds by size before it folds by number', () => {
    const { runs } = foldHistory(aLongHistory(100, 50), limits({ maxSize: 100_000 }));
    expect(runs.length).to.be.within(3, 20);
  });

  it('keeps the newest runs of an environment that is seldom used', () => {
    const runs = Array.from({ length: 20 }, (_, index) =>
      aRun(index + 1, {}, { environment: index === 0 ? 'production' : 'test' }),
    );
    const kept = foldHistory({ runs, folded: {} }, limits({ maxRuns: 3 }));
    expect(kept.runs.map(({ id }) => id)).to.deep.equal([1, 19, 20]);
  });

  it('H4: forgets a service that has been gone for long, and keeps one that was renamed yesterday', () => {
    let history = aHistory({ gone: 1 });
    for (let id = 2; id <= 8; id++)
      history = appendRun(history, aRun(id, { api: aBoot(1) }), limits({ maxRuns: 2, forgetAfter: 5 }));
    expect(history.folded).to.have.all.keys('api');
    const fresh = foldHistory({ ...aHistory({ old: 1 }, { renamed: 1 }), folded: {} }, limits({ maxRuns: 1, forgetAfter: 5 }));
    expect(fresh.folded).to.have.all.keys('old');
  });

  it('F36: folds services that are called like what every object has', () => {
    const { folded } = foldHistory(aHistory({ constructor: 5 }, { constructor: 6 }), limits({ maxRuns: 1 }));
    expect(Object.keys(folded)).to.deep.equal(['constructor']);
  });
});
