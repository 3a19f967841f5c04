import { expect } from 'chai';
import { bootAll, post, spawnsOf, startBoot, startStop, stopAll } from '../support/drive.ts';
import { aDependency, aRig, aService, aStack, aTask } from '../support/stacks.ts';

// c ─► b ─► a
const chain = (overrides: Record<string, object> = {}) =>
  aStack([
    aService('a', overrides.a),
    aService('b', { dependsOn: [aDependency('a')], ...overrides.b }),
    aService('c', { dependsOn: [aDependency('b')], ...overrides.c }),
  ]);

describe('stopping a stack', () => {
  it('E1: takes the longest chain of stop times, not their sum', async () => {
    // c ─► b ─► a, and x beside them
    const stack = aStack([...chain().services.values(), aService('x')]);
    const rig = aRig(stack, {
      a: [{ stopTakes: 100 }],
      b: [{ stopTakes: 200 }],
      c: [{ stopTakes: 300 }],
      x: [{ stopTakes: 550 }],
    });
    await bootAll(rig);
    const began = rig.runtime.clock.now();
    await stopAll(rig);
    expect(rig.runtime.clock.now() - began).to.equal(600);
    expect(rig.runtime.signals.map(({ name, at }) => [name, at - began])).to.deep.equal([
      ['x', 0],
      ['c', 0],
      ['b', 300],
      ['a', 500],
    ]);
  });

  it('E1: what stands behind a completed task is needed until its dependents are gone', async () => {
    // api ─► migrate (done) ─► db
    const stack = aStack([
      aService('db'),
      aTask('migrate', { dependsOn: [aDependency('db')] }),
      aService('api', { dependsOn: [aDependency('migrate', { condition: 'completed' })] }),
    ]);
    const rig = aRig(stack, { api: [{ stopTakes: 300 }], migrate: [{ exits: { after: 5, code: 0 } }] });
    await bootAll(rig);
    const began = rig.runtime.clock.now();
    await stopAll(rig);
    expect(rig.runtime.signals.map(({ name, at }) => [name, at - began])).to.deep.equal([
      ['api', 0],
      ['db', 300],
    ]);
  });

  it('E2: a stop while booting cancels waits, delays and probes at once, and stops in order what was spawned', async () => {
    const rig = aRig(chain({ b: { healthTimeout: 60_000 } }), {
      a: [{ stopTakes: 50 }],
      b: [{ readyAfter: null, stopTakes: 50 }],
    });
    const { result } = startBoot(rig);
    await rig.runtime.clock.advance(100);
    expect([rig.stateOf('a'), rig.stateOf('b'), rig.stateOf('c')]).to.deep.equal(['ready', 'starting', 'waiting']);
    await stopAll(rig);
    expect(rig.runtime.signals.map(({ name }) => name)).to.deep.equal(['b', 'a']);
    expect(spawnsOf(rig, 'c')).to.deep.equal([]);
    expect(['stopped', 'stopped', 'stopped']).to.deep.equal(['a', 'b', 'c'].map(rig.stateOf));
    await result;
  });

  it('E3: a hurried stop gives everybody one second, in whatever order; a second hurry kills now', async () => {
    const stubborn = [{ stopTakes: null }];
    const rig = aRig(chain(), { a: stubborn, b: stubborn, c: stubborn });
    await bootAll(rig);
    const began = rig.runtime.clock.now();
    const stop = startStop(rig);
    await rig.runtime.clock.advance(500);
    stop.hurry(1_000);
    await rig.runtime.clock.runUntil(stop.isDone);
    expect(rig.runtime.clock.now() - began).to.equal(1_500);
    const again = aRig(chain(), { a: stubborn, b: stubborn, c: stubborn });
    await bootAll(again);
    const now = startStop(again);
    now.hurry(0);
    await again.runtime.clock.runUntil(now.isDone);
    expect(again.runtime.clock.now()).to.equal(0);
  });

  it('E6: one that ignores SIGTERM is killed after its grace, and the record says after how long', async () => {
    const rig = aRig(aStack([aService('a')]), { a: [{ stopTakes: null }] });
    await bootAll(rig);
    await stopAll(rig);
    expect(rig.supervisor.records.get('a')?.state).to.deep.include({ kind: 'stopped', killedAfter: 5_000 });
    expect(rig.runtime.signals.map(({ signal }) => signal)).to.deep.equal(['SIGTERM', 'SIGKILL']);
  });

  it('E8: eight in a chain that ignore SIGTERM end within the shutdown deadline', async () => {
    // s7 ─► s6 ─► … ─► s0
    const names = Array.from({ length: 8 }, (_, index) => index);
    const stack = aStack(
      names.map((index) => aService(`s${index}`, { dependsOn: index === 0 ? [] : [aDependency(`s${index - 1}`)] })),
      { shutdownDeadline: 12_000 },
    );
    const rig = aRig(stack, Object.fromEntries(names.map((index) => [`s${index}`, [{ stopTakes: null }]])));
    await bootAll(rig);
    await stopAll(rig);
    expect(rig.runtime.clock.now()).to.equal(12_000);
  });

  it('E10: one that cannot be stopped is listed, and the others stop all the same', async () => {
    const rig = aRig(chain(), { b: [{ stopTakes: null, immortal: true }] });
    await bootAll(rig);
    const { done, isDone } = startStop(rig);
    await rig.runtime.clock.runUntil(isDone);
    const { survivors } = await done;
    expect(survivors.map(({ name }) => name)).to.deep.equal(['b']);
    expect(rig.stateOf('a')).to.equal('stopped');
  });

  it('E12: stopping what is stopped changes nothing', async () => {
    const rig = aRig(aStack([aService('a')]));
    await bootAll(rig);
    await stopAll(rig);
    const { length } = rig.runtime.signals;
    await stopAll(rig);
    expect(rig.runtime.signals).to.have.length(length);
  });

  it('a stop that comes while a spawn is under way stops what was spawned', async () => {
    const rig = aRig(aStack([aService('a', { ports: [{ name: null, wanted: 1 }] })]), { a: [{ stopTakes: 5 }] });
    const { processes, clock, spawned } = rig.runtime;
    const { spawn } = processes;
    let isUnderWay = false;
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    Object.assign(processes, {
      spawn: async (...options: Parameters<typeof spawn>) => {
        isUnderWay = true;
        await held;
        return spawn(...options);
      },
    });
    startBoot(rig);
    await clock.runUntil(() => isUnderWay);
    expect(isUnderWay).to.equal(true);
    post(rig, 'a', { type: 'stopRequested', reason: { kind: 'user' } });
    letGo();
    await clock.advance(1_000);
    expect(rig.stateOf('a')).to.equal('stopped');
    expect(spawned.map(({ endedAt }) => endedAt)).to.deep.equal([5]);
  });
});
