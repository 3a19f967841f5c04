import { expect } from 'chai';
import { exitCodeOf } from '../../lib/domain/outcome.ts';
import { newRecord } from '../../lib/domain/state.ts';
import { takeServiceSnapshot } from '../../lib/domain/take-snapshot.ts';
import { bootAll, post, spawnsOf, startBoot } from '../support/drive.ts';
import { aDependency, aProbe, aRig, aService, aStack, type Rig } from '../support/stacks.ts';

const no = { ...aService('a').restart, policy: 'no' as const };
const dies = { readyAfter: null, exits: { after: 10, code: 1 } };
const restartOf = (more: { readonly max: number }) => ({ ...aService('a').restart, ...more });
const snapshotOf = ({ supervisor, runtime }: Rig, name: string) => {
  const service = supervisor.stack.services.get(name) ?? aService(name);
  const record = supervisor.records.get(name) ?? newRecord;
  return takeServiceSnapshot({ service, record, now: runtime.clock.now(), began: 0 });
};
const missing = {
  spawnFails: { stage: 'program' as const, code: 'ENOENT', message: '"mailpit" was not found', passing: false },
};

describe('failure and tolerance', () => {
  it('C1: independent branches finish starting when a required service fails; exit code 1', async () => {
    //  web ─► api ─► db ✗      docs ─► cdn
    const stack = aStack([
      aService('db', { restart: no }),
      aService('api', { dependsOn: [aDependency('db')] }),
      aService('web', { dependsOn: [aDependency('api')] }),
      aService('cdn'),
      aService('docs', { dependsOn: [aDependency('cdn')] }),
    ]);
    const rig = aRig(stack, { db: [dies], cdn: [{ readyAfter: 500 }] });
    const { outcome } = await bootAll(rig);
    expect(rig.stateOf('docs')).to.equal('ready');
    expect(exitCodeOf(outcome, false)).to.equal(1);
  });

  it('C1: fail-fast gives up what is not up yet', async () => {
    const stack = aStack([aService('bad', { restart: no }), aService('slow'), aService('quick')]);
    const rig = aRig(stack, { bad: [dies], slow: [{ readyAfter: 60_000 }], quick: [{ readyAfter: 1 }] });
    const { outcome, run } = await bootAll(rig, { failFast: true });
    expect(outcome.verdict).to.equal('failed');
    expect(run.duration).to.equal(10);
    expect(rig.stateOf('slow')).to.equal('stopped');
    expect(rig.stateOf('quick')).to.equal('ready');
  });

  it('C2: one root cause is told once, and the skipped ones show the chain web → api → db', async () => {
    // web ─► api ─► db ✗
    const stack = aStack([
      aService('db', { restart: no }),
      aService('api', { dependsOn: [aDependency('db')] }),
      aService('web', { dependsOn: [aDependency('api')] }),
    ]);
    const { outcome } = await bootAll(aRig(stack, { db: [dies] }));
    expect(outcome.causes).to.have.length(1);
    expect(outcome.causes[0]?.skipped).to.deep.equal([
      ['api', 'db'],
      ['web', 'api', 'db'],
    ]);
  });

  it('C3: an optional service whose program is missing leaves the stack degraded; its dependents start without it', async () => {
    // web ─► mail (optional, not installed)
    const stack = aStack([aService('mail', { optional: true }), aService('web', { dependsOn: [aDependency('mail')] })]);
    const rig = aRig(stack, { mail: [missing] });
    const { outcome } = await bootAll(rig);
    expect(outcome.verdict).to.equal('degraded');
    expect([exitCodeOf(outcome, false), exitCodeOf(outcome, true)]).to.deep.equal([0, 6]);
    expect(rig.stateOf('web')).to.equal('ready');
    expect(spawnsOf(rig, 'mail')).to.deep.equal([]);
  });

  it('C4: a slow optional one is waited for no longer than wait_up_to, is marked late, and is ready when it comes', async () => {
    // web ─(300 ms at most)─► search (optional, 2 s)
    const stack = aStack([
      aService('search', { optional: true }),
      aService('web', { dependsOn: [aDependency('search', { waitUpTo: 300 })] }),
    ]);
    const rig = aRig(stack, { search: [{ readyAfter: 2_000 }] });
    const { outcome, run } = await bootAll(rig);
    expect(run.services.web?.satisfied).to.equal(300);
    expect(outcome.verdict).to.equal('degraded');
    expect(rig.supervisor.records.get('search')?.late).to.equal(true);
    await rig.runtime.clock.runUntil(() => rig.stateOf('search') === 'ready');
    expect(rig.supervisor.outcome().verdict).to.equal('up');
  });

  it('C3: without a probe nothing proves a service but that it lives: one that ends again and again is not up, whenever it is looked at', async () => {
    const stack = aStack([aService('worker', { ready: null, health: null }), aService('web')]);
    const rig = aRig(stack, { worker: [{ exits: { after: 50, code: 3 } }], web: [{ readyAfter: 1_030 }] });
    const { outcome } = await bootAll(rig);
    expect(outcome.causes.map(({ name }) => name)).to.deep.equal(['worker']);
    expect(exitCodeOf(outcome, false)).to.equal(1);
  });

  it('C3: without a probe, a try after an end counts when it has lived as long as it was put off', async () => {
    const stack = aStack([
      aService('worker', { ready: null, health: null }),
      aService('web', { dependsOn: [aDependency('worker', { condition: 'started' })] }),
    ]);
    const rig = aRig(stack, { worker: [{ exits: { after: 50, code: 3 } }, {}], web: [{ readyAfter: 3_000 }] });
    const { outcome, run } = await bootAll(rig);
    expect(outcome.verdict).to.equal('up');
    expect(run.services.worker?.attempts.map(({ spawned, ready }) => [spawned, ready])).to.deep.equal([
      [0, 0],
      [1_050, 2_050],
    ]);
  });

  it('C5: on_loss ignore, restart and stop are obeyed when a dependency dies later', async () => {
    // ignores, restarts, stops ─► db
    const stack = aStack([
      aService('db'),
      aService('ignores', { dependsOn: [aDependency('db', { onLoss: 'ignore' })] }),
      aService('restarts', { dependsOn: [aDependency('db', { onLoss: 'restart' })] }),
      aService('stops', { dependsOn: [aDependency('db', { onLoss: 'stop' })] }),
    ]);
    const rig = aRig(stack, { db: [{ readyAfter: 10 }] });
    await bootAll(rig);
    rig.runtime.crash('db', { code: 1, signal: null });
    await rig.runtime.clock.runUntil(() => rig.stateOf('db') === 'ready');
    await rig.runtime.clock.runUntil(() => rig.stateOf('restarts') === 'ready');
    expect(spawnsOf(rig, 'ignores')).to.have.length(1);
    expect(spawnsOf(rig, 'restarts')).to.have.length(2);
    expect(rig.stateOf('stops')).to.equal('stopped');
    const back = rig.runtime.spawned.filter(({ name }) => name === 'db')[1];
    expect(spawnsOf(rig, 'restarts')[1]).to.be.at.least(back?.spawnedAt ?? Number.POSITIVE_INFINITY);
  });

  it('tells a port conflict by its own exit code, and a timeout by its own', async () => {
    const refusal = { port: 3000, holders: [], why: 'stranger' as const };
    const conflict = await bootAll(
      aRig(aStack([aService('a', { ports: [{ name: null, wanted: 3000 }] })]), { a: [{ portRefused: refusal }] }),
    );
    expect(exitCodeOf(conflict.outcome, false)).to.equal(3);
    const late = await bootAll(aRig(aStack([aService('a', { restart: no, healthTimeout: 100 })]), { a: [{ readyAfter: null }] }));
    expect(exitCodeOf(late.outcome, false)).to.equal(4);
  });
});

describe('restarting', () => {
  it('D1, F111: a crash loop is restarted after 1, 2, 4, 8 and 16 s; the sixth crash opens the breaker', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: null, exits: { after: 0, code: 1 } }] });
    const { run } = await bootAll(rig);
    expect(spawnsOf(rig, 'a')).to.deep.equal([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    const state = rig.supervisor.records.get('a')?.state;
    expect(state).to.deep.include({ kind: 'failed', breakerOpen: true, restarts: 5 });
    expect(run.services.a?.attempts).to.have.length(6);
  });

  it('D1: one that fails so slowly that none of its restarts is within the window is told by their number', async () => {
    const policy = { ...restartOf({ max: 3 }), delay: 400, maxDelay: 400, window: 1_000 };
    const rig = aRig(aStack([aService('a', { restart: policy })]), { a: [{ readyAfter: null, exits: { after: 600, code: 1 } }] });
    await bootAll(rig);
    expect(rig.supervisor.records.get('a')?.state).to.deep.include({ restarts: 3, breakerOpen: true, neverReady: true });
    expect(snapshotOf(rig, 'a')).to.deep.include({ restarts: 3, tries: 4, detail: '3 restarts, never ready' });
  });

  it('D2: a start by hand gives one that is on its last try all its tries again, also by a restart before its spawn', async () => {
    for (const [type, at] of [
      ['startRequested', 'starting'],
      ['startRequested', 'waiting'],
      ['restartRequested', 'waiting'],
    ] as const) {
      // a ─► db
      const stack = aStack([aService('db'), aService('a', { restart: restartOf({ max: 1 }), dependsOn: [aDependency('db')] })]);
      const rig = aRig(stack, { db: [{ readyAfter: 0 }, { readyAfter: 5_000 }], a: [{ readyAfter: null }] });
      startBoot(rig);
      await rig.runtime.clock.advance(10);
      rig.runtime.crash('a', { code: 1, signal: null });
      await rig.runtime.clock.advance(1);
      if (at === 'waiting') rig.runtime.crash('db', { code: 1, signal: null });
      await rig.runtime.clock.runUntil(() => rig.stateOf('a') === at);
      expect(snapshotOf(rig, 'a').tries).to.equal(2);
      post(rig, 'a', { type });
      expect([rig.stateOf('a'), snapshotOf(rig, 'a').tries], `${type}, ${at}`).to.deep.equal([at, undefined]);
      await rig.runtime.clock.runUntil(() => spawnsOf(rig, 'a').length === 2);
      await rig.runtime.clock.advance(1);
      rig.runtime.crash('a', { code: 1, signal: null });
      await rig.runtime.clock.advance(1);
      expect(rig.supervisor.records.get('a')?.state).to.include({ kind: 'backoff', retry: 1 });
    }
  });

  it('D2: a boot that goes on after the death of a supervisor gives nothing more tries than were left', async () => {
    const rig = aRig(aStack([aService('a', { restart: restartOf({ max: 1 }) })]), { a: [{ readyAfter: null }] });
    startBoot(rig);
    await rig.runtime.clock.advance(10);
    rig.runtime.crash('a', { code: 1, signal: null });
    await rig.runtime.clock.runUntil(() => spawnsOf(rig, 'a').length === 2);
    await rig.runtime.clock.advance(1);
    post(rig, 'a', { type: 'startRequested', goesOn: true });
    rig.runtime.crash('a', { code: 1, signal: null });
    await rig.runtime.clock.advance(1);
    expect(rig.stateOf('a')).to.equal('failed');
  });

  it('D2: a start by hand resets the breaker', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: null, exits: { after: 0, code: 1 } }] });
    await bootAll(rig);
    rig.runtime.rescript('a', [{ readyAfter: 5 }]);
    post(rig, 'a', { type: 'startRequested' });
    await rig.runtime.clock.runUntil(() => rig.stateOf('a') === 'ready');
    expect(rig.supervisor.records.get('a')?.restarts.streak).to.equal(0);
  });

  it('D3, F112: the back-off begins again after the service has been ready for the window', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: 0 }] });
    await bootAll(rig);
    rig.runtime.crash('a', { code: 1, signal: null });
    await rig.runtime.clock.runUntil(() => rig.stateOf('a') === 'ready');
    await rig.runtime.clock.advance(61_000);
    const before = rig.runtime.clock.now();
    rig.runtime.crash('a', { code: 1, signal: null });
    await rig.runtime.clock.runUntil(() => rig.stateOf('a') === 'ready');
    expect(spawnsOf(rig, 'a').at(-1)).to.equal(before + 1_000);
  });

  it('D4: a stop while it waits for a restart cancels it; there is no late spawn', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: null, exits: { after: 0, code: 1 } }] });
    startBoot(rig);
    await rig.runtime.clock.advance(500);
    expect(rig.stateOf('a')).to.equal('backoff');
    post(rig, 'a', { type: 'stopRequested', reason: { kind: 'user' } });
    expect(rig.stateOf('a')).to.equal('stopped');
    await rig.runtime.clock.advance(60_000);
    expect(spawnsOf(rig, 'a')).to.deep.equal([0]);
  });

  it('D5: a start while stopping is done after the stop', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ stopTakes: 300 }] });
    await bootAll(rig);
    post(rig, 'a', { type: 'stopRequested', reason: { kind: 'user' } });
    await rig.runtime.clock.advance(100);
    post(rig, 'a', { type: 'startRequested' });
    expect(rig.stateOf('a')).to.equal('stopping');
    await rig.runtime.clock.runUntil(() => rig.stateOf('a') === 'ready');
    expect(spawnsOf(rig, 'a')).to.deep.equal([0, 300]);
  });

  it('D6: exit codes in never_on are final', async () => {
    const policy = { ...aService('a').restart, neverOn: [78] };
    const rig = aRig(aStack([aService('a', { restart: policy })]), { a: [{ readyAfter: null, exits: { after: 0, code: 78 } }] });
    await bootAll(rig);
    expect(spawnsOf(rig, 'a')).to.have.length(1);
  });

  it('D7, F109: exit 0 under on-failure is not restarted but reported; under always it is', async () => {
    const always = { ...aService('a').restart, policy: 'always' as const };
    const rig = aRig(aStack([aService('a'), aService('b', { restart: always })]));
    await bootAll(rig);
    rig.runtime.crash('a', { code: 0, signal: null });
    rig.runtime.crash('b', { code: 0, signal: null });
    await rig.runtime.clock.runUntil(() => rig.stateOf('b') === 'ready');
    await rig.runtime.clock.advance(5_000);
    expect(rig.stateOf('a')).to.equal('completed');
    expect(spawnsOf(rig, 'b')).to.have.length(2);
  });

  it('D8: on_unhealthy restarts after retries failures in a row', async () => {
    const policy = { ...aService('a').restart, onUnhealthy: true };
    const rig = aRig(aStack([aService('a', { restart: policy, health: aProbe({ retries: 3 }) })]));
    await bootAll(rig);
    const fail = () => rig.runtime.probe('a', { ok: false, detail: '500' });
    fail();
    fail();
    rig.runtime.probe('a', { ok: true });
    fail();
    fail();
    expect(rig.stateOf('a')).to.equal('ready');
    fail();
    await rig.runtime.clock.runUntil(() => spawnsOf(rig, 'a').length === 2);
    expect(spawnsOf(rig, 'a')).to.deep.equal([0, 1_000]);
  });

  it('D8: without on_unhealthy it is unhealthy, and well again when the probe passes', async () => {
    const rig = aRig(aStack([aService('a', { health: aProbe({ retries: 2 }) })]));
    await bootAll(rig);
    rig.runtime.probe('a', { ok: false, detail: '500' });
    rig.runtime.probe('a', { ok: false, detail: '500' });
    expect(rig.stateOf('a')).to.equal('unhealthy');
    rig.runtime.probe('a', { ok: true });
    expect(rig.stateOf('a')).to.equal('ready');
  });

  it('D9: restarting a dependency brings its dependents back in one ordered wave', async () => {
    // web ─► api ─► db, each edge with restart: true
    const edge = { restart: true };
    const stack = aStack([
      aService('db'),
      aService('api', { dependsOn: [aDependency('db', edge)] }),
      aService('web', { dependsOn: [aDependency('api', edge)] }),
    ]);
    const rig = aRig(stack, {
      db: [{ readyAfter: 10, stopTakes: 5 }],
      api: [{ readyAfter: 10, stopTakes: 5 }],
      web: [{ readyAfter: 10, stopTakes: 5 }],
    });
    await bootAll(rig);
    rig.supervisor.post(...['web', 'api', 'db'].map((name) => ({ name, event: { type: 'restartRequested' as const } })));
    await rig.runtime.clock.runUntil(() => rig.runtime.spawned.length === 6 && rig.stateOf('web') === 'ready');
    const [db, api, web] = ['db', 'api', 'web'].map((name) => rig.runtime.spawned.filter((process) => process.name === name));
    expect([db?.length, api?.length, web?.length]).to.deep.equal([2, 2, 2]);
    expect(web?.[0]?.endedAt).to.be.at.most(api?.[0]?.endedAt ?? 0);
    expect(api?.[0]?.endedAt).to.be.at.most(db?.[0]?.endedAt ?? 0);
    expect(spawnsOf(rig, 'api')[1]).to.equal((spawnsOf(rig, 'db')[1] ?? 0) + 10);
    expect(spawnsOf(rig, 'web')[1]).to.equal((spawnsOf(rig, 'api')[1] ?? 0) + 10);
  });
});
