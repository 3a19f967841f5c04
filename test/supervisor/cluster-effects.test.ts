import { expect } from 'chai';
import type { ServiceEvent } from '../../lib/domain/events.ts';
import type { Pod, WorkloadObject } from '../../lib/domain/kubernetes/status.ts';
import { newRecord } from '../../lib/domain/state.ts';
import type { Cluster } from '../../lib/runtime/kubernetes/cluster.ts';
import type { ClusterObjects } from '../../lib/supervisor/cluster/apply.ts';
import { createClusterEffects } from '../../lib/supervisor/cluster/effects.ts';
import type { Observer } from '../../lib/supervisor/cluster/observer.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const ready = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

/** A cluster in which nothing happens by itself: what it says is put there by the test. */
const rig = (main: ClusterObjects['main'], generation: number, { refuses = null as string | null, dependents = false } = {}) => {
  const asked: string[] = [];
  const posted: ServiceEvent[] = [];
  const clock = createFakeClock();
  const pods: Pod[] = [];
  const waiting: { readonly test: () => boolean; readonly resolve: () => void }[] = [];
  let object: WorkloadObject | null = null;
  let addresses = 0;
  const cluster = {
    apply: ({ kind }: { kind: string }) => {
      asked.push(`apply ${kind}`);
      return Promise.resolve({ ok: true, version: '', generation } as const);
    },
    remove: ({ kind }: { kind: string }) => {
      asked.push(`remove ${kind}`);
      return Promise.resolve(refuses);
    },
    list: () => Promise.resolve({ ok: true, items: [], version: '' } as const),
    eventsOf: () => Promise.resolve([]),
    tail: () => Promise.resolve([]),
  } as unknown as Cluster;
  const observer = { objectOf: () => object, podsOf: () => pods, addressesOf: () => addresses } as unknown as Observer;
  const kinds = dependents ? ['Service', main.kind] : [main.kind];
  const effects = createClusterEffects({
    stack: aStack([aService('web'), ...(dependents ? [aService('page', { dependsOn: [aDependency('web')] })] : [])]),
    cluster,
    clock,
    observer,
    objectsOf: (objectName) => ({
      objectName,
      main,
      objects: kinds.map((kind) => ({ apiVersion: '', kind, metadata: { name: main.name } })),
    }),
    force: false,
    hooks: null,
    anew: false,
    post: (_, event) => {
      posted.push(event);
      for (const { test, resolve } of waiting) if (test()) resolve();
    },
    recordOf: () => ({ ...newRecord, state: { kind: 'waiting', since: 0, on: [], forSlot: false } }),
  });
  return {
    asked,
    clock,
    effects,
    pods,
    posted,
    say: (next: WorkloadObject | null) => {
      object = next;
      effects.look('web');
    },
    sayAddresses: (count: number) => {
      addresses = count;
      effects.look('web');
    },
    until: (test: () => boolean) => new Promise<void>((resolve) => (test() ? resolve() : waiting.push({ test, resolve }))),
    types: () => posted.map((event) => (event.type === 'probed' ? `probed ${event.result.ok}` : event.type)),
  };
};

describe('a cluster in the place of this machine', () => {
  it('what it says of the form before is not taken for the one that was applied', async () => {
    const { effects, say, until, types } = rig({ kind: 'Deployment', name: 'web' }, 2);
    say({ kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 1 }, status: ready });
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawned'));
    say({ kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 1 }, status: ready });
    say({ kind: 'Deployment', metadata: { generation: 2 }, spec: { replicas: 1 }, status: ready });
    say({ kind: 'Deployment', metadata: { generation: 2 }, spec: { replicas: 1 }, status: { ...ready, observedGeneration: 2 } });
    await until(() => types().includes('probed true'));
    expect(types()).to.deep.equal(['spawned', 'probed true']);
    effects.dispose();
  });

  it('what its check meets is told as an event only, so one on its way is looked at again without being told to', async () => {
    const { clock, effects, pods, posted, say, until, types } = rig({ kind: 'Deployment', name: 'web' }, 1);
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawned'));
    say({ kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 1 }, status: {} });
    await clock.advance(0);
    expect(types()).to.deep.equal(['spawned']);
    pods.push({
      metadata: { name: 'web-1' },
      status: { containerStatuses: [{ ready: false, started: false, state: { running: {} } }] },
    });
    await clock.advance(1_000);
    await until(() => types().includes('probed false'));
    expect(posted.at(-1)).to.deep.include({ result: { ok: false, detail: 'runs, and has not answered its check yet' } });
    effects.dispose();
  });

  it('a Job that has failed makes room for a further one, and is waited for to be gone', async () => {
    const { asked, effects, say, until, types } = rig({ kind: 'Job', name: 'web-1' }, 1);
    say({ kind: 'Job', metadata: { generation: 1 }, status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await Promise.resolve();
    expect(asked).to.deep.equal(['remove Job']);
    say(null);
    await until(() => types().includes('spawned'));
    expect(asked).to.deep.equal(['remove Job', 'apply Job']);
    say({ kind: 'Job', metadata: { generation: 1 }, status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    await until(() => types().includes('exited'));
    effects.dispose();
  });

  it('one that the cluster does not take away is told of after a minute, and nothing is applied over it', async () => {
    const { asked, clock, effects, posted, say, until, types } = rig({ kind: 'Job', name: 'web-1' }, 1);
    say({ kind: 'Job', metadata: { generation: 1 }, status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await clock.advance(59_000);
    expect(types()).to.deep.equal([]);
    await clock.advance(2_000);
    await until(() => types().includes('spawnFailed'));
    expect(posted.at(-1))
      .to.have.property('failure')
      .that.has.property('message')
      .that.matches(/^the failed Job web-1 was removed, and the cluster has not taken it away: .*finalizer/);
    expect(asked).to.deep.equal(['remove Job']);
    effects.dispose();
  });

  it('a failed Job that may not be taken away is told of, and nothing is applied over it', async () => {
    const { asked, effects, posted, say, until, types } = rig({ kind: 'Job', name: 'web-1' }, 1, {
      refuses: 'jobs is forbidden',
    });
    say({ kind: 'Job', metadata: { generation: 1 }, status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawnFailed'));
    expect(posted.at(-1))
      .to.have.property('failure')
      .that.deep.includes({ message: 'the failed Job web-1 cannot be taken away: jobs is forbidden' });
    expect(asked).to.deep.equal(['remove Job']);
    effects.dispose();
  });

  it('one that others need counts when its Service sends to all of its pods, and the nodes have had time to learn it', async () => {
    const { clock, effects, posted, say, sayAddresses, until, types } = rig({ kind: 'Deployment', name: 'web' }, 1, {
      dependents: true,
    });
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawned'));
    const two = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
    say({ kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 2 }, status: two });
    sayAddresses(1);
    await clock.advance(999);
    // As it is for a moment at every start.
    expect(types()).to.deep.equal(['spawned']);
    await clock.advance(1);
    await until(() => types().includes('probed false'));
    expect(posted.at(-1)).to.deep.include({
      result: { ok: false, detail: 'is ready, and its Service does not send to it yet' },
    });
    sayAddresses(2);
    await clock.advance(0);
    await clock.advance(999);
    expect(types()).not.to.include('probed true');
    await clock.advance(1);
    await until(() => types().includes('probed true'));
    effects.dispose();
  });

  it('what is told twice is posted once, and one that is given up stays where it is', async () => {
    const { asked, effects, say, until, types } = rig({ kind: 'Deployment', name: 'web' }, 1);
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawned'));
    const whole: WorkloadObject = { kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 1 }, status: ready };
    say(whole);
    await until(() => types().includes('probed true'));
    say(whole);
    say(whole);
    effects.run({ type: 'stopTree', name: 'web', attempt: 1 });
    await until(() => types().includes('treeEnded'));
    expect(types()).to.deep.equal(['spawned', 'probed true', 'treeEnded']);
    expect(asked).to.deep.equal(['apply Deployment']);
    effects.dispose();
  });

  it('one that was ready at once, for want of a check, and then ends is waited for again, with why', async () => {
    const { clock, effects, pods, posted, say, until, types } = rig({ kind: 'Deployment', name: 'web' }, 1);
    effects.run({ type: 'spawn', name: 'web', attempt: 1 });
    await until(() => types().includes('spawned'));
    const whole: WorkloadObject = { kind: 'Deployment', metadata: { generation: 1 }, spec: { replicas: 1 }, status: ready };
    say(whole);
    await until(() => types().includes('probed true'));
    effects.run({ type: 'stopProbing', name: 'web' });
    const terminated = { exitCode: 3 };
    pods.push({
      metadata: { name: 'web-1' },
      status: { containerStatuses: [{ ready: false, restartCount: 0, state: { terminated } }] },
    });
    say({ ...whole, status: { ...ready, readyReplicas: 0, availableReplicas: 0 } });
    await until(() => types().includes('probed false'));
    expect(posted.find(({ type }) => type === 'restartedElsewhere')).to.deep.equal({
      type: 'restartedElsewhere',
      attempt: 1,
      detail: 'exited with code 3',
    });
    pods.length = 0;
    say(whole);
    // For a moment each time is not enough.
    await clock.advance(9_000);
    expect(types().at(-1)).to.equal('probed false');
    await clock.advance(1_000);
    await until(() => types().at(-1) === 'probed true');
    expect(types()).to.deep.equal(['spawned', 'probed true', 'restartedElsewhere', 'probed false', 'probed true']);
    effects.dispose();
  });
});
