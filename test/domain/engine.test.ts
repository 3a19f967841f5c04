import { expect } from 'chai';
import { clusterMachine, onEngine } from '../../lib/domain/engine.ts';
import type { History, RunRecord } from '../../lib/domain/history.ts';

const aRun = (id: number, machine: string): RunRecord => ({ id, machine }) as RunRecord;

describe('boots on a cluster and on machines', () => {
  const history: History = {
    runs: [aRun(1, 'linux-x64-8'), aRun(2, clusterMachine), aRun(3, '')],
    folded: { api: { boots: 1, failures: 0, quantiles: [], lastRun: 0 } },
  };

  it('are told apart, and what is folded counts for the machines', () => {
    const [cluster, machines] = [onEngine(history, true), onEngine(history, false)];
    expect(cluster.runs.map(({ id }) => id)).to.deep.equal([2]);
    expect(cluster.folded).to.deep.equal({});
    expect(machines.runs.map(({ id }) => id)).to.deep.equal([1, 3]);
    expect(machines.folded).to.deep.equal(history.folded);
  });
});
