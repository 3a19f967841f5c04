import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Observation } from '../../lib/domain/kubernetes/observe.ts';
import { type Sight, toClusterSnapshot } from '../../lib/domain/kubernetes/snapshot.ts';
import type { WorkloadObject } from '../../lib/domain/kubernetes/status.ts';
import { toInput } from '../exporters/rig.ts';

const minutes = 60_000;
const now = Date.UTC(2026, 0, 1, 12);
const stampOf = (ago: number): string => new Date(now - ago).toISOString();

const sightOf = (seen: Observation, status: WorkloadObject['status'] = {}): Sight => ({
  seen,
  object: { kind: 'Deployment', metadata: { creationTimestamp: stampOf(10 * minutes) }, status },
  restarts: 2,
  readyPods: 0,
  wantedPods: 1,
});

/** a and b beside each other */
const see = async (a: Sight, b: Sight = sightOf({ kind: 'ready' })) => {
  const { stack } = await toInput({ name: 'shop', services: { a: { command: 'a' }, b: { command: 'b', optional: true } } });
  const graph = buildGraph(stack.services);
  return toClusterSnapshot({ stack, order: graph.order, sights: new Map(Object.entries({ a, b })), now });
};

describe('a stack on a cluster, in the form of one on this machine', () => {
  it('has run since its first object, and is up when all of it is', async () => {
    const whole = { ...sightOf({ kind: 'ready' }), readyPods: 1 };
    const { elapsed, outcome, services } = await see(whole, whole);
    expect(elapsed).to.equal(10 * minutes);
    expect(outcome).to.include({ settled: true, verdict: 'up' });
    expect(services.map(({ state, detail, restarts, pid }) => [state, detail, restarts, pid])).to.deep.equal([
      ['ready', null, 2, null],
      ['ready', null, 2, null],
    ]);
  });

  it('what had been rolled out and is not ready is unhealthy since it is so; what was never is starting', async () => {
    const conditions = [
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      { type: 'Available', status: 'False', lastTransitionTime: stampOf(3 * minutes) },
    ];
    const seen = { kind: 'progressing', reason: 'no answer in time from /health' } as const;
    const { services, outcome } = await see(sightOf(seen, { conditions }), sightOf(seen));
    expect(services.map(({ state, for: since, reason }) => [state, since, reason])).to.deep.equal([
      ['unhealthy', 3 * minutes, seen.reason],
      ['starting', 10 * minutes, seen.reason],
    ]);
    expect(services[0]?.detail).to.equal('0 of 1 pod ready');
    expect(outcome.settled).to.equal(false);
  });

  it('a failure is the cause of the verdict, and what is not there is stopped', async () => {
    const absent = { ...sightOf({ kind: 'absent' }), object: null, restarts: 0 };
    const { services, outcome } = await see(sightOf({ kind: 'failed', reason: 'exited with code 1' }), absent);
    expect(services.map(({ state, reason }) => [state, reason])).to.deep.equal([
      ['failed', 'exited with code 1'],
      ['stopped', null],
    ]);
    expect(outcome.verdict).to.equal('failed');
    expect(outcome.causes.map(({ name }) => name)).to.deep.equal(['a']);
  });
});
