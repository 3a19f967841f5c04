import { expect } from 'chai';
import type { History, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import { collectMemory, type Occasion, type Remembered } from '../../lib/domain/usual-times.ts';
import { aBoot, aRun, aTimeline } from '../support/runs.ts';
import { aService, aTask } from '../support/stacks.ts';

const here: Occasion = { environment: 'development', machine: 'linux-x64-2', warm: false };

/** Oldest first. */
const historyOf = (...runs: readonly (readonly [ServiceTimeline, Partial<RunRecord>?])[]): History => ({
  runs: runs.map(([api, overrides], index) => aRun(index + 1, { api }, overrides)),
  folded: {},
});

const recall = (history: History, occasion: Partial<Occasion> = {}): Remembered | undefined =>
  collectMemory([aService('api', { definitionHash: 'one' })], history, { ...here, ...occasion }).get('api');

describe('what a service usually takes', () => {
  const onCi = { machine: 'linux-x64-4-ci' };

  it('is told by boots on the same kind of machine, however many there are from elsewhere', () => {
    const history = historyOf([aBoot(100)], [aBoot(900), onCi], [aBoot(910), onCi], [aBoot(920), onCi]);
    expect(recall(history)?.usual).to.equal(100);
    expect(recall(history, { machine: 'linux-x64-4-ci' })?.usual).to.equal(910);
  });

  it('is told by those from elsewhere where there are no others', () => {
    expect(recall(historyOf([aBoot(900), onCi]))?.usual).to.equal(900);
    expect(recall(historyOf([aBoot(900), onCi]), { environment: 'test' })).to.equal(undefined);
  });

  it('keeps cold and warm boots apart, and takes what there is', () => {
    const history = historyOf([aBoot(100)], [aBoot(30), { warm: true }]);
    expect(recall(history)?.usual).to.equal(100);
    expect(recall(history, { warm: true })?.usual).to.equal(30);
    expect(recall(historyOf([aBoot(30), { warm: true }]))?.usual).to.equal(30);
    expect(recall(history, { warm: null })?.usual).to.equal(65);
  });

  it('puts the machine before the definition, and the definition before warmth', () => {
    const changed = { definitionHash: 'two' };
    expect(recall(historyOf([aBoot(100, changed)], [aBoot(900), onCi]))?.usual).to.equal(100);
    expect(recall(historyOf([aBoot(100, changed)], [aBoot(30), { warm: true }]))?.usual).to.equal(30);
  });

  it('counts runs of an older muster, which do not say where they were, as made here', () => {
    expect(recall(historyOf([aBoot(100), { machine: '' }], [aBoot(900), onCi]))?.usual).to.equal(100);
  });

  it('a task does as it did last time: it had nothing to do, or it had', () => {
    const nothing = aTimeline({ satisfied: 50, delayed: 50, ready: 51, outcome: 'reused' });
    const recallTask = (history: History): Remembered | undefined =>
      collectMemory([aTask('api', { definitionHash: 'one', inputs: ['*.sql'] })], history, here).get('api');
    expect(recallTask(historyOf([aBoot(300)], [nothing], [nothing]))).to.deep.include({ usual: 1, bootTimes: [300] });
    expect(recallTask(historyOf([nothing], [aBoot(300)], [nothing], [aBoot(320)]))?.usual).to.equal(310);
    expect(recallTask(historyOf([nothing], [aBoot(300)]))?.holds).to.deep.equal([300, 1]);
  });

  it('a service that was taken over was not started: that says nothing about how long it takes', () => {
    const takenOver = aTimeline({ satisfied: 1, delayed: 1, ready: 2, outcome: 'reused' });
    const history = historyOf([aBoot(300)], [takenOver, { warm: true }], [takenOver, { warm: true }]);
    for (const warm of [true, false, null]) expect(recall(history, { warm })).to.deep.include({ usual: 300, holds: [300] });
    expect(recall(historyOf([takenOver, { warm: true }]))).to.deep.include({ usual: null, holds: [], neverReady: false });
  });

  it('is told by the folded times of its kind where no run is left that knows it', () => {
    const sketch = { boots: 3, failures: 0, quantiles: [10, 20, 30] };
    const kinds = [
      { ...sketch, environment: 'development', machine: 'linux-x64-4-ci', warm: false, quantiles: [900] },
      { ...sketch, environment: 'development', machine: 'linux-x64-2', warm: false },
      { ...sketch, environment: 'test', machine: 'linux-x64-2', warm: false, quantiles: [1] },
    ];
    const history: History = { runs: [], folded: { api: { ...sketch, lastRun: 1, kinds } } };
    expect(recall(history)).to.deep.include({ usual: 20, holds: [10, 20, 30] });
    expect(recall({ runs: [], folded: { api: { ...sketch, lastRun: 1 } } })).to.equal(undefined);
  });
});
