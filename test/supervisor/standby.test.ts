import { expect } from 'chai';
import { bootAll, post, spawnsOf, startBoot, stopAll } from '../support/drive.ts';
import { aDependency, aRig, aService, aStack } from '../support/stacks.ts';

/** Lets the turns of the event loop pass in which processes are made ahead. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
};

describe('processes that are made before their turn', () => {
  // db ──► api ──► web
  const chain = [
    aService('db'),
    aService('api', { dependsOn: [aDependency('db')] }),
    aService('web', { dependsOn: [aDependency('api')] }),
  ];

  it('one after the other along a chain, each while what it needs is on its way; nothing else is different', async () => {
    const scripts = { db: [{ readyAfter: 100 }], api: [{ readyAfter: 50 }], web: [{ readyAfter: 20 }] };
    const rig = aRig(aStack(chain), scripts);
    const { done } = startBoot(rig);
    await turns();
    expect(rig.runtime.standbys).to.deep.equal([{ name: 'api', attempt: 1, dismissed: false }]);
    expect(rig.stateOf('api')).to.equal('waiting');
    expect(rig.runtime.spawned.map(({ name }) => name)).to.deep.equal(['db']);
    await rig.runtime.clock.runUntil(done);
    expect(spawnsOf(rig, 'api')).to.deep.equal([100]);
    expect(spawnsOf(rig, 'web')).to.deep.equal([150]);
    expect(rig.runtime.standbys.map(({ name }) => name)).to.deep.equal(['api', 'web']);
  });

  it('none where nobody waits for anybody', async () => {
    const rig = aRig(aStack(Array.from({ length: 50 }, (_, index) => aService(`s${index}`))));
    await bootAll(rig);
    await turns();
    expect(rig.runtime.standbys).to.deep.equal([]);
  });

  it('four at most of many that wait for one', async () => {
    const fan = Array.from({ length: 50 }, (_, index) => aService(`s${index}`, { dependsOn: [aDependency('db')] }));
    const rig = aRig(aStack([aService('db'), ...fan]), { db: [{ readyAfter: 100 }] });
    const { done } = startBoot(rig);
    await turns();
    expect(rig.runtime.standbys).to.have.length(4);
    await rig.runtime.clock.runUntil(done);
    expect(rig.runtime.spawned).to.have.length(51);
    expect(rig.runtime.standbys).to.have.length(4);
  });

  it('is dismissed when what it needs has failed, and made anew when that comes back', async () => {
    const fails = { readyAfter: null, exits: { after: 10, code: 1 } };
    const rig = aRig(aStack(chain.slice(0, 2)), { db: [fails, { readyAfter: 50 }], api: [{}] });
    const { done } = startBoot(rig);
    await turns();
    await rig.runtime.clock.runUntil(() => rig.stateOf('db') === 'backoff');
    await turns();
    expect(rig.runtime.standbys).to.deep.equal([{ name: 'api', attempt: 1, dismissed: true }]);
    await rig.runtime.clock.runUntil(() => rig.stateOf('db') === 'starting');
    await turns();
    expect(rig.runtime.standbys).to.have.length(2);
    await rig.runtime.clock.runUntil(done);
    expect(rig.stateOf('api')).to.equal('ready');
  });

  it('is dismissed by a stop, of one or of all, and at the end', async () => {
    const rig = aRig(aStack(chain), { db: [{ readyAfter: null }] });
    startBoot(rig);
    await turns();
    post(rig, 'api', { type: 'stopRequested', reason: { kind: 'user' } });
    expect(rig.runtime.standbys).to.deep.equal([{ name: 'api', attempt: 1, dismissed: true }]);
    post(rig, 'api', { type: 'startRequested' });
    await turns();
    expect(rig.runtime.standbys.map(({ dismissed }) => dismissed)).to.deep.equal([true, false]);
    await stopAll(rig);
    expect(rig.runtime.standbys.map(({ dismissed }) => dismissed)).to.deep.equal([true, true]);

    const other = aRig(aStack(chain), { db: [{ readyAfter: null }] });
    startBoot(other);
    await turns();
    other.supervisor.dispose();
    expect(other.runtime.standbys.map(({ dismissed }) => dismissed)).to.deep.equal([true]);
  });

  it('none while the ports that it will have are not known', async () => {
    const port = { name: null, wanted: null };
    const rig = aRig(aStack([aService('db'), aService('api', { ports: [port], dependsOn: [aDependency('db')] })]), {
      db: [{ readyAfter: 100 }],
    });
    startBoot(rig);
    await turns();
    expect(rig.runtime.standbys).to.deep.equal([]);
  });
});
