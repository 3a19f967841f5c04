import { expect } from 'chai';
import type { Change } from '../../lib/domain/events.ts';
import type { Service } from '../../lib/domain/service.ts';
import type { WatchOptions } from '../../lib/runtime/watcher.ts';
import { createGate } from '../../lib/util/gate.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const watching = (...globs: string[]): Pick<Service, 'watch'> => ({ watch: { folder: '/', globs, debounce: 500, isOn: true } });

const whyOf = async (rig: SessionRig, name: string): Promise<string> => {
  const why = await rig.control.why(name);
  return 'steps' in why ? (why.steps[0]?.because ?? '') : '';
};

/** A file changes, and time goes on until nothing more comes of it. */
const change = async (rig: SessionRig, ...files: readonly string[]): Promise<void> => {
  for (const file of files) rig.runtime.changeFile(file);
  await rig.runtime.clock.advance(2_000);
};

describe('hot reload', () => {
  it('restarts the service whose file changed, and says which one', async () => {
    const rig = aSession(aStack([aService('db'), aService('web', { ...watching('src/a.js'), dependsOn: [aDependency('db')] })]));
    await rig.boot();
    await change(rig, 'src/a.js', 'src/a.js');
    expect(rig.spawned()).to.deep.equal(['db', 'web', 'web']);
    expect(rig.states()).to.deep.equal(['ready', 'ready']);
    const web = (await rig.control.snapshot()).services.find(({ name }) => name === 'web');
    expect([web?.detail, web?.restarts]).to.deep.equal(['restarted: src/a.js changed', 0]);
    expect(await whyOf(rig, 'web')).to.include('restarted: src/a.js changed');
  });

  it('tells the file with the events, as the reason of the stop', async () => {
    const rig = aSession(aStack([aService('web', watching('src/a.js'))]));
    await rig.boot();
    const reasons: (string | null)[] = [];
    const ending = new AbortController();
    const listening = (async () => {
      for await (const event of rig.control.events(ending.signal))
        if (event.type === 'changed' && event.news?.type === 'serviceStopping') reasons.push(event.news.text, event.news.cause);
    })();
    await change(rig, 'src/a.js');
    ending.abort();
    await listening;
    expect(reasons).to.deep.equal(['stopping: src/a.js changed', 'src/a.js changed']);
  });

  it('takes those along whose edge asks for it, dependents first, and tells them apart', async () => {
    // web ─(restart)─► api ─► db, all up; a file of api changes
    const rig = aSession(
      aStack([
        aService('db'),
        aService('api', { ...watching('api.js'), dependsOn: [aDependency('db')] }),
        aService('web', { dependsOn: [aDependency('api', { restart: true })] }),
        aService('other', { dependsOn: [aDependency('api')] }),
      ]),
    );
    await rig.boot();
    await change(rig, 'api.js');
    expect(rig.spawned().slice(4)).to.deep.equal(['api', 'web']);
    expect(rig.runtime.signals.map(({ name }) => name)).to.deep.equal(['web', 'api']);
    expect(await whyOf(rig, 'web')).to.include('restarted: api was restarted: api.js changed');
  });

  it('two services of one file restart in one wave', async () => {
    const both = watching('shared.js');
    const rig = aSession(aStack([aService('api', both), aService('web', { ...both, dependsOn: [aDependency('api')] })]));
    await rig.boot();
    await change(rig, 'shared.js');
    expect(rig.runtime.signals.map(({ name }) => name)).to.deep.equal(['web', 'api']);
    expect(rig.spawned().slice(2)).to.deep.equal(['api', 'web']);
  });

  it('is none of the tries of the restart policy', async () => {
    const restart = { ...aService('web').restart, max: 2 };
    const rig = aSession(aStack([aService('web', { ...watching('a.js', 'b.js'), restart })]));
    await rig.boot();
    for (let round = 0; round < 6; round += 1) {
      await change(rig, round % 2 === 0 ? 'a.js' : 'b.js');
      expect(rig.stateOf('web')).to.equal('ready');
    }
  });

  it('brings back what has failed, at once and with all its tries: the change may have mended it', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js'))]), {
      web: [{ readyAfter: null, exits: { after: 1, code: 1 } }],
    });
    await rig.boot();
    expect(rig.stateOf('web')).to.equal('failed');
    rig.runtime.rescript('web', [{ readyAfter: 0 }]);
    await change(rig, 'a.js');
    expect(rig.stateOf('web')).to.equal('ready');
  });

  it('ends a back-off', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js'))]), { web: [{ readyAfter: 0 }] });
    await rig.boot();
    rig.runtime.crash('web', { code: 1, signal: null });
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'backoff');
    const began = rig.runtime.clock.now();
    rig.runtime.changeFile('a.js');
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'ready');
    expect(rig.runtime.clock.now() - began).to.equal(500);
  });

  it('leaves alone what was stopped by hand, also when it is started later', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js'))]));
    await rig.boot();
    await rig.move(rig.control.stop(['web'], 'refuse'));
    await change(rig, 'a.js');
    expect(rig.stateOf('web')).to.equal('stopped');
    await rig.move(rig.control.start(['web']));
    await change(rig);
    expect(rig.spawned()).to.have.length(2);
  });

  it('F173: a change while it starts restarts it once it has spawned something, and not before', async () => {
    const slow = { ...watching('a.js'), waitBeforeStart: 3_000 };
    const rig = aSession(aStack([aService('web', slow)]), { web: [{ readyAfter: 3_000 }] });
    const booting = rig.session.boot(['web'], 'up');
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'delayed');
    rig.runtime.changeFile('a.js');
    await rig.runtime.clock.advance(1_000);
    expect(rig.stateOf('web')).to.equal('delayed');
    await rig.runtime.clock.runUntil(() => rig.spawned().length === 1);
    rig.runtime.changeFile('a.js');
    await rig.move(booting);
    await rig.runtime.clock.runUntil(() => rig.stateOf('web') === 'ready');
    expect(rig.spawned()).to.have.length(2);
    expect(rig.stateOf('web')).to.equal('ready');
  });

  it('F169: status and why say that the files of a loop are not watched, until it is started or restarted by hand', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js'))]));
    await rig.boot();
    for (let round = 0; round < 5; round += 1) {
      rig.runtime.changeFile('a.js');
      await rig.runtime.clock.advance(600);
    }
    const web = async () => (await rig.control.snapshot()).services[0];
    const detail = async (): Promise<string | null | undefined> => (await web())?.detail;
    const told = 'watch paused: it changes a.js itself; a start or restart by hand resumes it';
    expect(await detail()).to.equal(told);
    expect((await web())?.watchPausedBy).to.equal('a.js');
    expect(await whyOf(rig, 'web')).to.include(told);
    const spawned = rig.spawned().length;
    await change(rig, 'a.js');
    expect(rig.spawned()).to.have.length(spawned);
    await rig.move(rig.control.restart(['web']));
    expect(await detail()).to.equal(null);
    await rig.runtime.clock.advance(20_000);
    await change(rig, 'a.js');
    expect(rig.spawned()).to.have.length(spawned + 2);
  });

  it('F169: a start by hand of one that is up already watches the files of a loop again, and it is not restarted by that', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js')), aService('other')]));
    await rig.boot();
    for (let round = 0; round < 5; round += 1) {
      rig.runtime.changeFile('a.js');
      await rig.runtime.clock.advance(600);
    }
    const pausedBy = async (): Promise<string | undefined> => (await rig.control.snapshot()).services[0]?.watchPausedBy;
    await rig.move(rig.control.start(['other']));
    expect(await pausedBy()).to.equal('a.js');
    const spawned = rig.spawned().length;
    await rig.move(rig.control.start(['web']));
    expect([await pausedBy(), rig.spawned().length]).to.deep.equal([undefined, spawned]);
    await rig.runtime.clock.advance(20_000);
    await change(rig, 'a.js');
    expect(rig.spawned()).to.have.length(spawned + 1);
  });

  it('a stop of everything ends the watching', async () => {
    const rig = aSession(aStack([aService('web', watching('a.js'))]));
    await rig.boot();
    rig.runtime.changeFile('a.js');
    await rig.move(rig.control.down());
    await change(rig, 'a.js');
    expect(rig.spawned()).to.have.length(1);
  });

  it('F172: watches what a changed file says, and no longer what it said', async () => {
    const before = aStack([aService('web', watching('old.js'))]);
    const rig = aSession(before);
    await rig.boot();
    const after = aStack([aService('web', watching('new.js'))]);
    await rig.move(rig.session.apply({ read: async () => ({ stack: after, names: [] }), environment: {} }));
    await change(rig, 'old.js');
    expect(rig.spawned()).to.have.length(1);
    await change(rig, 'new.js');
    expect(rig.spawned()).to.have.length(2);
  });

  it('F172: what has changed is not forgotten when another service is watched otherwise from then on', async () => {
    const web = aService('web', watching('web.js'));
    const rig = aSession(aStack([web, aService('api', watching('old.js'))]));
    await rig.boot();
    rig.runtime.changeFile('web.js');
    const after = aStack([web, aService('api', watching('new.js'))]);
    await rig.session.apply({ read: async () => ({ stack: after, names: [] }), environment: {} });
    expect(rig.spawned()).to.deep.equal(['web', 'api']);
    await rig.runtime.clock.advance(2_000);
    expect(rig.spawned()).to.deep.equal(['web', 'api', 'web']);
  });

  it('F172: what changes before the new watch stands is seen by the old one, but for what nobody watches any more', async () => {
    const web = aService('web', watching('web.js'));
    const rig = aSession(aStack([web, aService('api', watching('old.js'))]));
    await rig.boot();
    const { watchFiles } = rig.runtime;
    const gate = createGate();
    Object.assign(rig.runtime, {
      watchFiles: async (options: WatchOptions) => {
        await gate.opened;
        return watchFiles(options);
      },
    });
    const after = aStack([web, aService('api', watching('new.js'))]);
    await rig.session.apply({ read: async () => ({ stack: after, names: [] }), environment: {} });
    await change(rig, 'web.js', 'old.js');
    expect(rig.spawned()).to.deep.equal(['web', 'api', 'web']);
    gate.open();
    await change(rig, 'old.js');
    await change(rig, 'new.js');
    await change(rig, 'web.js');
    expect(rig.spawned()).to.deep.equal(['web', 'api', 'web', 'api', 'web']);
  });

  it('where watching is off nothing happens', async () => {
    const changes: Change[] = [];
    const off = { watch: { folder: '/', globs: ['a.js'], debounce: 500, isOn: false } };
    const rig = aSession(aStack([aService('web', off)]));
    await rig.boot();
    rig.session.subscribe((news) => changes.push(...news));
    await change(rig, 'a.js');
    expect(changes).to.deep.equal([]);
  });
});
