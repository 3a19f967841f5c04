import { expect } from 'chai';
import { exitCodeOf } from '../../lib/domain/outcome.ts';
import { bootAll, post, spawnsOf, startBoot, startStop } from '../support/drive.ts';
import { aDependency, aProbe, aRig, aService, aStack, aTask } from '../support/stacks.ts';

describe('starting a stack', () => {
  it('A6: a diamond starts its root once, and each service as soon as its last edge is satisfied', async () => {
    //        web
    //       /   \        db 300 ms, api 100 ms, jobs 200 ms
    //    api     jobs
    //       \   /
    //        db
    const stack = aStack([
      aService('web', { dependsOn: [aDependency('api'), aDependency('jobs')] }),
      aService('api', { dependsOn: [aDependency('db')] }),
      aService('jobs', { dependsOn: [aDependency('db')] }),
      aService('db'),
    ]);
    const rig = aRig(stack, { db: [{ readyAfter: 300 }], api: [{ readyAfter: 100 }], jobs: [{ readyAfter: 200 }] });
    const { outcome, run } = await bootAll(rig);
    expect(outcome.verdict).to.equal('up');
    expect(spawnsOf(rig, 'db')).to.deep.equal([0]);
    expect(spawnsOf(rig, 'api')).to.deep.equal([300]);
    expect(spawnsOf(rig, 'web')).to.deep.equal([500]);
    expect(run.services.web?.releasedBy).to.equal('jobs');
    expect(run.services.web?.satisfied).to.equal(500);
    expect(run.duration).to.equal(500);
  });

  it('A15: an empty stack and a single service are up', async () => {
    expect((await bootAll(aRig(aStack([])))).outcome.verdict).to.equal('up');
    expect((await bootAll(aRig(aStack([aService('a')])))).outcome.verdict).to.equal('up');
  });

  it('B2: an exit before ready fails the attempt in that instant, whatever the code', async () => {
    for (const code of [0, 3]) {
      const rig = aRig(aStack([aService('a', { restart: { ...aService('a').restart, policy: 'no' } })]), {
        a: [{ readyAfter: null, exits: { after: 40, code } }],
      });
      const { outcome, run } = await bootAll(rig);
      expect(outcome.verdict).to.equal('failed');
      expect(run.duration).to.equal(40);
      expect(run.services.a?.reason).to.contain(`${code}`);
    }
  });

  it('writes down what each had computed when it gave its sign, and what muster itself had', async () => {
    //   db (a probe) ─► seed (a task)      api (nothing to ask)
    const stack = aStack([
      aService('db'),
      aService('seed', { type: 'task', ready: null, dependsOn: [aDependency('db')] }),
      aService('api', { ready: null, health: null }),
    ]);
    const rig = aRig(stack, { db: [{ readyAfter: 100 }], seed: [{ readyAfter: null, exits: { after: 50, code: 0 } }] });
    const { run } = await bootAll(rig);
    expect(run.services.db?.attempts[0]?.cpu).to.equal(7);
    expect(run.services.seed?.attempts[0]).not.to.have.property('cpu');
    expect(run.services.api?.attempts[0]).not.to.have.property('cpu');
    expect(run.ownCpu).to.equal(15);
  });

  it('B3: never ready fails at health_timeout, whose clock starts at the spawn and not while it waits', async () => {
    // slow ─► db (ready after 5 s; slow may take 1 s from its own spawn)
    const no = { ...aService('a').restart, policy: 'no' as const };
    const stack = aStack([
      aService('db'),
      aService('slow', { dependsOn: [aDependency('db')], healthTimeout: 1_000, restart: no }),
    ]);
    const rig = aRig(stack, { db: [{ readyAfter: 5_000 }], slow: [{ readyAfter: null }] });
    const { outcome, run } = await bootAll(rig);
    expect(outcome.verdict).to.equal('timed-out');
    expect(run.services.slow?.attempts[0]?.spawned).to.equal(5_000);
    expect(run.services.slow?.attempts[0]?.failed).to.equal(6_000);
    expect(rig.runtime.signals.map(({ name }) => name)).to.include('slow');
  });

  it('B4: while a dependency has restarts left its dependents wait; when it comes up late they are released', async () => {
    // web ─► db (two failures first)
    const stack = aStack([aService('db'), aService('web', { dependsOn: [aDependency('db')] })]);
    const fails = { readyAfter: null, exits: { after: 10, code: 1 } };
    const rig = aRig(stack, { db: [fails, fails, { readyAfter: 5 }] });
    const { outcome } = await bootAll(rig);
    expect(outcome.verdict).to.equal('up');
    expect(spawnsOf(rig, 'db')).to.deep.equal([0, 1_010, 3_020]);
    expect(spawnsOf(rig, 'web')).to.deep.equal([3_025]);
  });

  it('B4: a dependency that succeeds by hand after it had failed releases the skipped ones', async () => {
    // web ─► db
    const no = { ...aService('a').restart, policy: 'no' as const };
    const stack = aStack([aService('db', { restart: no }), aService('web', { dependsOn: [aDependency('db')] })]);
    const rig = aRig(stack, { db: [{ readyAfter: null, exits: { after: 10, code: 1 } }, { readyAfter: 5 }] });
    await bootAll(rig);
    expect(rig.stateOf('web')).to.equal('skipped');
    post(rig, 'db', { type: 'startRequested' });
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'ready');
    expect(rig.stateOf('web')).to.equal('ready');
  });

  it('B9: one lucky pass is not ready when successes asks for more, and a failure starts the count again', async () => {
    const rig = aRig(aStack([aService('a', { ready: aProbe({ successes: 2 }) })]), { a: [{ readyAfter: null }] });
    startBoot(rig);
    await rig.runtime.clock.advance(1);
    rig.runtime.probe('a', { ok: true });
    rig.runtime.probe('a', { ok: false, detail: '503' });
    rig.runtime.probe('a', { ok: true });
    expect(rig.stateOf('a')).to.equal('starting');
    rig.runtime.probe('a', { ok: true });
    expect(rig.stateOf('a')).to.equal('ready');
  });

  it('B13: startup_delay and wait_before_start are cancelled at once by a stop; what was delayed is never spawned', async () => {
    const stack = aStack([aService('late', { waitBeforeStart: 5_000 }), aService('slow', { startupDelay: 5_000, ready: null })]);
    const rig = aRig(stack);
    startBoot(rig);
    await rig.runtime.clock.advance(100);
    expect([rig.stateOf('late'), rig.stateOf('slow')]).to.deep.equal(['delayed', 'starting']);
    const stop = startStop(rig);
    await rig.runtime.clock.runUntil(stop.isDone);
    expect(rig.runtime.clock.now()).to.equal(100);
    await rig.runtime.clock.advance(60_000);
    expect(spawnsOf(rig, 'late')).to.deep.equal([]);
  });

  it('B13: a sign seen during startup_delay counts when the delay is over', async () => {
    const rig = aRig(aStack([aService('a', { startupDelay: 1_000, ready: aProbe({ check: { kind: 'notify' } }) })]), {
      a: [{ readyAfter: 10 }],
    });
    const { run } = await bootAll(rig);
    expect(run.services.a?.ready).to.equal(1_000);
  });

  it('B14: 300 services at once with max_parallel 4 all start, never more than four at a time', async () => {
    // twenty chains of fifteen
    const names = Array.from({ length: 300 }, (_, index) => index);
    const stack = aStack(
      names.map((index) => aService(`s${index}`, { dependsOn: index % 15 === 0 ? [] : [aDependency(`s${index - 1}`)] })),
      { maxParallel: 4 },
    );
    const rig = aRig(stack, Object.fromEntries(names.map((index) => [`s${index}`, [{ readyAfter: 10 + (index % 7) }]])));
    let most = 0;
    rig.supervisor.subscribe(() => {
      most = Math.max(most, [...rig.supervisor.records.values()].filter(({ state }) => state.kind === 'starting').length);
    });
    expect((await bootAll(rig)).outcome.verdict).to.equal('up');
    expect(most).to.equal(4);
  });

  it('B15: a task needed by two runs once; exit 0 counts as up, exit 1 skips its dependents', async () => {
    // a, b ─► migrate
    const edges = [aDependency('migrate', { condition: 'completed' })];
    const no = { ...aService('a').restart, policy: 'no' as const };
    const stack = aStack([
      aTask('migrate', { restart: no }),
      aService('a', { dependsOn: edges }),
      aService('b', { dependsOn: edges }),
    ]);
    const good = aRig(stack, { migrate: [{ exits: { after: 50, code: 0 } }] });
    expect((await bootAll(good)).outcome.verdict).to.equal('up');
    expect(spawnsOf(good, 'migrate')).to.deep.equal([0]);
    expect(spawnsOf(good, 'a')).to.deep.equal([50]);
    const bad = aRig(stack, { migrate: [{ exits: { after: 50, code: 1 } }] });
    const { outcome } = await bootAll(bad);
    expect(outcome.causes.map(({ name, skipped }) => [name, skipped])).to.deep.equal([
      [
        'migrate',
        [
          ['a', 'migrate'],
          ['b', 'migrate'],
        ],
      ],
    ]);
  });

  it('starts the dependents of a started edge at the spawn, and of a probe-less service after its startup_delay', async () => {
    // web ─(started)─► api,  log ─(started)─► sidecar
    const stack = aStack([
      aService('api'),
      aService('web', { dependsOn: [aDependency('api', { condition: 'started' })] }),
      aService('sidecar', { ready: null, startupDelay: 700 }),
      aService('log', { dependsOn: [aDependency('sidecar', { condition: 'started' })] }),
    ]);
    const rig = aRig(stack, { api: [{ readyAfter: 400 }] });
    await bootAll(rig);
    expect(spawnsOf(rig, 'web')).to.deep.equal([0]);
    expect(spawnsOf(rig, 'log')).to.deep.equal([700]);
  });

  it('gives a free slot to the service with the higher priority', async () => {
    const stack = aStack([aService('a'), aService('b'), aService('c')], { maxParallel: 1 });
    const rig = aRig(stack, { a: [{ readyAfter: 10 }], b: [{ readyAfter: 10 }], c: [{ readyAfter: 10 }] });
    await bootAll(rig);
    expect(rig.runtime.spawned.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c']);
  });

  it('is not called timed out where something failed otherwise: more time would not have mended that', async () => {
    const no = { ...aService('a').restart, policy: 'no' as const };
    const stack = aStack([
      aService('slow', { healthTimeout: 1_000, restart: no }),
      aService('late', { healthTimeout: 1_000, restart: no }),
      aService('broken', { restart: no }),
    ]);
    const never = { slow: [{ readyAfter: null }], late: [{ readyAfter: null }] };
    const rig = aRig(stack, { ...never, broken: [{ readyAfter: null, exits: { after: 10, code: 1 } }] });
    const { outcome } = await bootAll(rig);
    expect(outcome.causes.map(({ name }) => name)).to.have.members(['slow', 'late', 'broken']);
    expect(outcome.verdict).to.equal('failed');
  });

  it('a boot_timeout fails what is not up yet and says so', async () => {
    const stack = aStack([aService('fast'), aService('slow')], { bootTimeout: 500 });
    const rig = aRig(stack, { fast: [{ readyAfter: 10 }], slow: [{ readyAfter: null }] });
    const { outcome } = await bootAll(rig);
    expect(outcome.verdict).to.equal('timed-out');
    expect(rig.stateOf('fast')).to.equal('ready');
    expect(rig.stateOf('slow')).to.equal('failed');
  });

  it('a boot_timeout of one is no excuse for another that has failed by itself', async () => {
    const bad = aService('bad', { restart: { ...aService('bad').restart, policy: 'no' } });
    const stack = aStack([bad, aService('slow')], { bootTimeout: 500 });
    const rig = aRig(stack, { bad: [{ readyAfter: null, exits: { after: 10, code: 3 } }], slow: [{ readyAfter: null }] });
    const { outcome } = await bootAll(rig);
    expect(outcome.causes.map(({ name }) => name)).to.have.members(['bad', 'slow']);
    expect([outcome.verdict, exitCodeOf(outcome, false)]).to.deep.equal(['failed', 1]);
  });
});
