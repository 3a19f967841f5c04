import { expect } from 'chai';
import type { Adoption } from '../../lib/domain/events.ts';
import { explain } from '../../lib/domain/explain.ts';
import { noRestarts } from '../../lib/domain/state.ts';
import { takeSnapshot } from '../../lib/domain/take-snapshot.ts';
import { bootAll, post, spawnsOf, startBoot, stopAll } from '../support/drive.ts';
import { aDependency, aProbe, aRig, aService, aStack, aTask } from '../support/stacks.ts';

const no = { ...aService('a').restart, policy: 'no' as const };

describe('waiting no longer than was asked for', () => {
  it('C4: a late optional service that keeps failing does not hold up the verdict', async () => {
    // web ─(200 ms at most)─► cache (optional, fails each time after 800 ms)
    const stack = aStack([
      aService('cache', { optional: true }),
      aService('web', { startupDelay: 2_000, ready: null, dependsOn: [aDependency('cache', { waitUpTo: 200 })] }),
    ]);
    const rig = aRig(stack, { cache: [{ readyAfter: null, exits: { after: 800, code: 1 } }] });
    const { outcome, run } = await bootAll(rig);
    expect(run.duration).to.equal(2_200);
    expect(outcome.verdict).to.equal('degraded');
    expect(outcome.unwell).to.deep.equal(['cache']);
  });

  it('C4: what was waited out once is not waited for again when the service itself is tried again', async () => {
    // web ─(300 ms at most)─► search (optional, never ready)
    const stack = aStack([
      aService('search', { optional: true, healthTimeout: null }),
      aService('web', { dependsOn: [aDependency('search', { waitUpTo: 300 })] }),
    ]);
    const rig = aRig(stack, {
      search: [{ readyAfter: null }],
      web: [{ readyAfter: null, exits: { after: 10, code: 1 } }, { readyAfter: 5 }],
    });
    await bootAll(rig);
    expect(spawnsOf(rig, 'web')).to.deep.equal([300, 1_310]);
  });

  it('a dependency that goes during wait_before_start is waited for within wait_up_to only', async () => {
    // web ─(500 ms at most)─► cache (optional, crashes at 600 ms, back after 6 s)
    const stack = aStack([
      aService('cache', { optional: true, restart: { ...no, policy: 'on-failure', delay: 6_000 } }),
      aService('web', { waitBeforeStart: 1_000, dependsOn: [aDependency('cache', { waitUpTo: 500 })] }),
    ]);
    const rig = aRig(stack, { cache: [{ readyAfter: 0, exits: { after: 600, code: 1 } }, { readyAfter: 0 }] });
    startBoot(rig);
    await rig.runtime.clock.runUntil(() => spawnsOf(rig, 'web').length === 1);
    expect(spawnsOf(rig, 'web')[0]).to.be.at.most(3_000);
  });

  it('C6: an unhealthy dependency is no reason to wait for ever: a soft edge goes on, a required one is skipped until it is well', async () => {
    // soft ╌► db ◄─ strict
    const stack = aStack([
      aService('db', { health: aProbe({ retries: 1 }) }),
      aService('soft', { dependsOn: [aDependency('db', { required: false })] }),
      aService('strict', { dependsOn: [aDependency('db')] }),
    ]);
    const rig = aRig(stack);
    await bootAll(rig, { names: ['db'] });
    rig.runtime.probe('db', { ok: false, detail: '500' });
    expect(rig.stateOf('db')).to.equal('unhealthy');
    await bootAll(rig, { names: ['soft', 'strict'] });
    expect([rig.stateOf('soft'), rig.stateOf('strict')]).to.deep.equal(['ready', 'skipped']);
    rig.runtime.probe('db', { ok: true });
    await rig.runtime.clock.runUntil(() => rig.stateOf('strict') === 'ready');
    expect(rig.stateOf('strict')).to.equal('ready');
  });

  it('C2: a boot_timeout is told of what was under way, and the rest is skipped because of it', async () => {
    // web ─► api ─► db (never ready)
    const stack = aStack(
      [aService('db'), aService('api', { dependsOn: [aDependency('db')] }), aService('web', { dependsOn: [aDependency('api')] })],
      { bootTimeout: 1_500 },
    );
    const { outcome } = await bootAll(aRig(stack, { db: [{ readyAfter: null }] }));
    expect(outcome.causes.map(({ name, skipped }) => [name, skipped.length])).to.deep.equal([['db', 2]]);
  });

  it('a boot_timeout ends also what is being stopped for another try, and keeps the reason of a crash loop', async () => {
    const stubborn = aStack(
      [aService('a', { healthTimeout: 1_000, stop: { signal: 'SIGTERM', timeout: 2_000, command: null } })],
      { bootTimeout: 1_500 },
    );
    const rig = aRig(stubborn, { a: [{ readyAfter: null, stopTakes: null }] });
    const { run } = await bootAll(rig);
    expect(run.duration).to.equal(3_000);
    expect(spawnsOf(rig, 'a')).to.have.length(1);
    const looping = aRig(aStack([aService('a')], { bootTimeout: 2_500 }), {
      a: [{ readyAfter: null, exits: { after: 1, code: 7 } }],
    });
    await bootAll(looping);
    const state = looping.supervisor.records.get('a')?.state;
    expect(state).to.have.nested.property('failure.last.exit.code', 7);
  });

  it('an interrupted boot is recorded as interrupted, not as one that came up with everything stopped', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: null, exits: { after: 0, code: 1 } }] });
    const interruption = new AbortController();
    const { result } = startBoot(rig, { interrupted: interruption.signal });
    await rig.runtime.clock.advance(500);
    interruption.abort();
    await stopAll(rig);
    expect((await result).run.outcome).to.equal('interrupted');
  });

  it('F4: what a crashed attempt left and cannot be ended keeps a new attempt from starting beside it', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: 0 }] });
    await bootAll(rig);
    const kill = rig.runtime.processes.killTree;
    Object.assign(rig.runtime.processes, { killTree: async () => [{ pid: 7, command: 'worker', user: null }] });
    rig.runtime.crash('a', { code: 1, signal: null });
    await rig.runtime.clock.advance(10_000);
    Object.assign(rig.runtime.processes, { killTree: kill });
    expect(rig.supervisor.records.get('a')?.state).to.have.nested.property('failure.kind', 'survived');
    expect(spawnsOf(rig, 'a')).to.have.length(1);
  });
});

describe('taking over what an earlier supervisor left', () => {
  const identity = { pid: 4_711, startTime: '1', bootId: 'fake' };
  const adoption: Adoption = {
    number: 3,
    ports: [],
    restarts: noRestarts,
    as: { kind: 'running', identity, was: 'ready', spawnedAt: 0 },
  };

  it('F10: a service that runs is taken over and not spawned; the next attempt counts on', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ readyAfter: 5 }] });
    const { run } = await bootAll(rig, { adoptions: new Map([['a', adoption]]) });
    expect(rig.runtime.spawned).to.deep.equal([]);
    expect(run.services.a?.outcome).to.equal('reused');
    post(rig, 'a', { type: 'restartRequested' });
    await rig.runtime.clock.runUntil(() => rig.runtime.spawned.length === 1);
    expect(rig.runtime.spawned[0]?.attempt).to.equal(4);
  });

  it('F14: how long one took to get ready that was ready when it was taken over is not known', async () => {
    const rig = aRig(aStack([aService('a'), aService('b', { ready: null }), aService('c')]), {
      a: [{ readyAfter: 5 }],
      c: [{ readyAfter: 7 }],
    });
    await bootAll(rig, {
      adoptions: new Map([
        ['a', adoption],
        ['b', adoption],
      ]),
    });
    await rig.runtime.clock.runUntil(() => rig.stateOf('a') === 'ready' && rig.stateOf('c') === 'ready');
    const { stack, records, graph } = rig.supervisor;
    const options = { stack, records, now: rig.runtime.clock.now() };
    const { services } = takeSnapshot({ ...options, order: ['a', 'b', 'c'], began: 0 });
    expect(services.map(({ state, bootTime }) => [state, bootTime])).to.deep.equal([
      ['ready', null],
      ['ready', null],
      ['ready', 7],
    ]);
    expect(explain('a', { ...options, graph, wall: 0 })[0]?.because).to.match(/^has been ready for [^;]*$/);
  });

  it('D8, F14: one that is taken over as unhealthy is started again by its on_unhealthy once a check says so again', async () => {
    const restart = { ...aService('a').restart, onUnhealthy: true };
    const as = { ...adoption.as, was: 'unhealthy' } as Adoption['as'];
    const rig = aRig(aStack([aService('a', { restart, health: aProbe({ retries: 3 }) })]));
    await bootAll(rig, { adoptions: new Map([['a', { ...adoption, as }]]) });
    expect(rig.stateOf('a')).to.equal('unhealthy');
    rig.runtime.probe('a', { ok: false, detail: '500' });
    await rig.runtime.clock.runUntil(() => rig.runtime.spawned.length === 1);
    expect(rig.runtime.spawned[0]?.attempt).to.equal(4);
  });

  it('F15: one that died unseen is told by looking, and started again by its policy', async () => {
    const rig = aRig(aStack([aService('a', { ready: null })]));
    await bootAll(rig, { adoptions: new Map([['a', adoption]]) });
    await rig.runtime.clock.runUntil(() => rig.runtime.spawned.length === 1);
    expect(rig.runtime.clock.now()).to.be.at.most(2_000);
  });

  it('a task with inputs that is stopped half way has not been done, whatever its exit code', async () => {
    const done = new Map<string, string>();
    const rig = aRig(aStack([aTask('migrate', { inputs: ['*.sql'] })]), { migrate: [{ stopTakes: 1 }] }, done);
    startBoot(rig);
    await rig.runtime.clock.advance(10);
    rig.runtime.exitOnStop('migrate', 0);
    await stopAll(rig);
    expect([...done]).to.deep.equal([]);
  });
});
