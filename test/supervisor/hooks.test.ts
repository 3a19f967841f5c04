import { expect } from 'chai';
import { toCountdown } from '../../lib/domain/countdown.ts';
import type { Hook, Service } from '../../lib/domain/service.ts';
import { noRestarts } from '../../lib/domain/state.ts';
import { describeState } from '../../lib/domain/state-words.ts';
import type { Script } from '../support/fake-runtime.ts';
import { inState, ready, stopping } from '../support/records.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aRig, aService, aStack, aTask } from '../support/stacks.ts';

const hook: Hook = { command: { kind: 'direct', program: 'x', args: [] }, timeout: 10_000 };
const hooked = (...names: (keyof Service['hooks'])[]): Pick<Service, 'hooks'> => ({
  hooks: Object.fromEntries(names.map((name) => [name, hook])),
});
const all = hooked('before_start', 'after_ready', 'before_stop', 'after_stop');

/** `web before_start@0` for each hook that ran. */
const hooksOf = ({ runtime }: SessionRig): readonly string[] =>
  runtime.hooks.map(({ name, hook: each, at }) => `${name} ${each}@${at}`);

const problemsOf = (stack: Parameters<typeof aSession>[0], scripts: Readonly<Record<string, readonly Script[]>> = {}) => {
  const problems: string[] = [];
  const rig = aSession(stack, scripts, (name, problem) => void problems.push(`${name}: ${problem}`));
  return { rig, problems };
};

describe('the hooks of a service', () => {
  it('run each in its turn: before the spawn, once ready, before the signal, when it is gone', async () => {
    const rig = aSession(aStack([aService('web', all)]), {
      web: [{ readyAfter: 100, stopTakes: 50, hooks: { before_start: { takes: 1_000 }, before_stop: { takes: 300 } } }],
    });
    await rig.boot();
    expect(rig.runtime.spawned.map(({ spawnedAt }) => spawnedAt)).to.deep.equal([1_000]);
    await rig.move(rig.control.stop(['web'], 'refuse'));
    expect(hooksOf(rig)).to.deep.equal([
      'web before_start@0',
      'web after_ready@1100',
      'web before_stop@1100',
      'web after_stop@1450',
    ]);
    expect(rig.runtime.signals).to.deep.equal([{ name: 'web', signal: 'SIGTERM', at: 1_400 }]);
    expect(rig.stateOf('web')).to.equal('stopped');
  });

  it('before_start that fails fails the attempt, which says so, and is tried again as its policy says', async () => {
    const restart = { ...aService('web').restart, max: 2 };
    const rig = aSession(aStack([aService('web', { ...hooked('before_start'), restart })]), {
      web: [{ hooks: { before_start: { code: 3 } } }],
    });
    await rig.boot();
    const [web] = (await rig.control.snapshot()).services;
    expect([web?.state, web?.reason]).to.deep.equal(['failed', 'its before_start hook exited with code 3']);
    expect(hooksOf(rig)).to.have.length(3);
    expect(rig.spawned()).to.deep.equal([]);
  });

  it('a hook that hangs is killed at its timeout', async () => {
    const restart = { ...aService('web').restart, policy: 'no' as const };
    const rig = aSession(aStack([aService('web', { ...hooked('before_start'), restart })]), {
      web: [{ hooks: { before_start: { takes: null } } }],
    });
    await rig.boot();
    expect((await rig.control.snapshot()).services[0]?.reason).to.equal(
      'its before_start hook did not end within 10.0 s, and was killed',
    );
    expect(rig.runtime.clock.now()).to.equal(10_000);
  });

  it('after_ready delays nobody, and its failure is only told', async () => {
    const { rig, problems } = problemsOf(aStack([aService('db', all), aService('web', { dependsOn: [aDependency('db')] })]), {
      db: [{ hooks: { after_ready: { takes: 5_000, code: 1 } } }],
    });
    await rig.boot();
    expect(rig.runtime.spawned.map(({ name, spawnedAt }) => [name, spawnedAt])).to.deep.equal([
      ['db', 0],
      ['web', 0],
    ]);
    await rig.runtime.clock.advance(6_000);
    expect(problems).to.deep.equal(['db: its after_ready hook exited with code 1']);
    expect(rig.states()).to.deep.equal(['ready', 'ready']);
  });

  it('E9: a stop hook that fails or hangs is told, and the stop goes on', async () => {
    const { rig, problems } = problemsOf(aStack([aService('web', all)]), {
      web: [{ hooks: { before_stop: { takes: null }, after_stop: { code: 7 } } }],
    });
    await rig.boot();
    await rig.move(rig.control.stop(['web'], 'refuse'));
    expect(problems).to.deep.equal([
      'web: its before_stop hook did not end within 10.0 s, and was killed; the stop goes on',
      'web: its after_stop hook exited with code 7; the stop goes on',
    ]);
    expect(rig.runtime.signals.at(-1)).to.deep.equal({ name: 'web', signal: 'SIGTERM', at: 10_000 });
    expect(rig.stateOf('web')).to.equal('stopped');
  });

  it('dependents are gone before before_stop, and what it needs is still there for after_stop', async () => {
    // web ─► api ─► db
    const rig = aSession(
      aStack([
        aService('db', all),
        aService('api', { ...all, dependsOn: [aDependency('db')] }),
        aService('web', { dependsOn: [aDependency('api')] }),
      ]),
      { web: [{ stopTakes: 200 }], api: [{ hooks: { after_stop: { takes: 400 } } }] },
    );
    await rig.boot();
    await rig.move(rig.control.down());
    expect(hooksOf(rig).filter((each) => each.includes('stop'))).to.deep.equal([
      'api before_stop@200',
      'api after_stop@200',
      'db before_stop@600',
      'db after_stop@600',
    ]);
  });

  it('E3: hurrying ends a before_stop hook, and leaves an after_stop hook out', async () => {
    const rig = aSession(aStack([aService('web', all)]), { web: [{ stopTakes: 500, hooks: { before_stop: { takes: null } } }] });
    await rig.boot();
    const down = rig.control.down();
    await rig.runtime.clock.advance(2_000);
    await rig.control.hurry(1);
    await rig.move(down);
    expect(rig.runtime.signals.at(-1)).to.deep.equal({ name: 'web', signal: 'SIGTERM', at: 2_000 });
    expect(hooksOf(rig).at(-1)).to.equal('web before_stop@0');
  });

  it('E2: a stop during before_start asks the hook to end, and nothing is spawned', async () => {
    const rig = aSession(aStack([aService('web', all)]), { web: [{ hooks: { before_start: { takes: null } } }] });
    void rig.session.boot(['web'], 'up');
    await rig.runtime.clock.advance(500);
    expect(rig.stateOf('web')).to.equal('starting');
    await rig.move(rig.control.stop(['web'], 'refuse'));
    expect(rig.runtime.signals).to.deep.equal([{ name: 'web', signal: 'SIGTERM', at: 500 }]);
    expect(hooksOf(rig)).to.deep.equal(['web before_start@0']);
    expect(rig.stateOf('web')).to.equal('stopped');
    expect(rig.spawned()).to.deep.equal([]);
  });

  it('an end by itself runs no stop hook; the next attempt runs before_start and after_ready again', async () => {
    const rig = aSession(aStack([aService('web', all)]), { web: [{}] });
    await rig.boot();
    rig.runtime.crash('web', { code: 1, signal: null });
    await rig.runtime.clock.advance(2_000);
    expect(hooksOf(rig).map((each) => each.replace(/@.*/, ''))).to.deep.equal([
      'web before_start',
      'web after_ready',
      'web before_start',
      'web after_ready',
    ]);
  });

  it('a restart runs all of them', async () => {
    const rig = aSession(aStack([aService('web', all)]));
    await rig.boot();
    await rig.move(rig.control.restart(['web']));
    expect(hooksOf(rig).map((each) => each.replace(/@.*/, ''))).to.deep.equal([
      'web before_start',
      'web after_ready',
      'web before_stop',
      'web after_stop',
      'web before_start',
      'web after_ready',
    ]);
  });

  it('health_timeout does not count what before_start takes, and a slot is held meanwhile', async () => {
    const stack = aStack([aService('a', { ...all, healthTimeout: 1_000 }), aService('b')], { maxParallel: 1 });
    const rig = aSession(stack, { a: [{ readyAfter: 900, hooks: { before_start: { takes: 5_000 } } }] });
    await rig.boot();
    expect(rig.runtime.spawned.map(({ name, spawnedAt }) => [name, spawnedAt])).to.deep.equal([
      ['a', 5_000],
      ['b', 5_900],
    ]);
  });

  it('boot_timeout ends a hook, too', async () => {
    const rig = aSession(aStack([aService('web', all)], { bootTimeout: 3_000 }), {
      web: [{ hooks: { before_start: { takes: null } } }],
    });
    await rig.boot();
    expect(rig.stateOf('web')).to.equal('failed');
    expect(rig.runtime.clock.now()).to.equal(3_000);
  });

  it('a task has before_start and after_stop', async () => {
    const rig = aSession(aStack([aTask('migrate', hooked('before_start', 'after_stop'))]), {
      migrate: [{ exits: { after: 100 }, hooks: { before_start: { takes: 50 } } }],
    });
    await rig.boot();
    expect(rig.stateOf('migrate')).to.equal('completed');
    expect(hooksOf(rig)).to.deep.equal(['migrate before_start@0']);
  });

  it('F10: a service that was ready under a supervisor that was killed is ready without its after_ready running again', async () => {
    const rig = aRig(aStack([aService('web', all)]));
    const identity = { pid: 5, startTime: '5', bootId: 'fake' };
    rig.supervisor.post({
      name: 'web',
      event: {
        type: 'adopted',
        adoption: {
          number: 1,
          ports: [],
          restarts: { times: [], streak: 0, sinceReady: 0 },
          as: { kind: 'running', identity, was: 'ready', spawnedAt: 0 },
        },
      },
    });
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'ready');
    expect(rig.runtime.hooks).to.deep.equal([]);
  });

  it('F08: a stop that goes on under another supervisor has the grace that was left; its after_stop runs, its before_stop had', async () => {
    const rig = aRig(aStack([aService('web', all)]));
    await rig.runtime.clock.advance(10_000);
    const identity = { pid: 5, startTime: '5', bootId: 'fake' };
    const next = { to: 'stopped', reason: { kind: 'user' } } as const;
    rig.supervisor.post({
      name: 'web',
      event: {
        type: 'adopted',
        adoption: {
          number: 1,
          ports: [],
          restarts: noRestarts,
          as: { kind: 'stopping', identity, graceLeft: 3_000, next },
        },
      },
    });
    const state = rig.supervisor.records.get('web')?.state ?? ready();
    expect(toCountdown(state, aService('web'), rig.runtime.clock.now())).to.deep.equal({
      kind: 'stop',
      asked: 2_000,
      left: 3_000,
      hurry: null,
    });
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'stopped');
    expect(rig.runtime.hooks.map(({ hook: each }) => each)).to.deep.equal(['after_stop']);
  });

  it('its state says which hook it is at', () => {
    const told = (state: Parameters<typeof inState>[0]): string | null =>
      describeState({ record: inState(state), service: aService('web', all), now: 0 }).detail;
    expect(told(stopping({ phase: 'before-stop' }))).to.equal('runs its before_stop hook');
    expect(told(stopping({ phase: 'after-stop' }))).to.equal('is gone; its after_stop hook runs');
    expect(told(ready())).to.equal(null);
  });
});
