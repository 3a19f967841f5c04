import { expect } from 'chai';
import type { Difference } from '../../lib/domain/difference.ts';
import type { Service } from '../../lib/domain/service.ts';
import type { ClaimPorts } from '../../lib/runtime/sockets.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aProbe, aService, aStack } from '../support/stacks.ts';

const isLeft = ({ runtime }: SessionRig): readonly string[] =>
  runtime.spawned.flatMap(({ name, attempt, endedAt }) => (endedAt === null ? [`${name} ${attempt}`] : []));

/** `muster up` on the running stack, with these in its file by then. */
const up = ({ session }: SessionRig, toServices: () => readonly Service[], told: Difference[] = []): Promise<string | null> =>
  session.apply({
    read: async () => ({ stack: aStack(toServices()), names: [] }),
    environment: {},
    onDifference: (difference) => told.push(difference),
  });

const changed = (name: string): Service => aService(name, { definitionHash: `another ${name}` });

describe('what is asked for while something else is under way', () => {
  it('a restart of what others need does not bring back one that is being stopped', async () => {
    // web ═► api (restarts with it)
    const stack = aStack([aService('api'), aService('web', { dependsOn: [aDependency('api', { restart: true })] })]);
    const rig = aSession(stack, { web: [{ stopTakes: 3_000 }] });
    await rig.boot();
    const stop = rig.session.stopServices(['web']);
    await rig.runtime.clock.advance(1_000);
    expect(rig.stateOf('web')).to.equal('stopping');
    const restart = rig.session.restartServices(['api']);
    await rig.move(Promise.all([stop, restart]));
    expect(await restart).to.deep.equal(['api']);
    expect([rig.stateOf('api'), rig.stateOf('web')]).to.deep.equal(['ready', 'stopped']);
    expect(rig.spawned()).to.deep.equal(['api', 'web', 'api']);
  });

  it('two ups: the second one finds what the first one has made of the stack, and nothing runs unsupervised', async () => {
    const rig = aSession(aStack([aService('y'), aService('z')]), { y: [{ stopTakes: 1_000 }], z: [{ stopTakes: 4_000 }] });
    await rig.boot();
    const told: Difference[] = [];
    const first = up(rig, () => [changed('y'), aService('z'), aService('x')], told);
    await rig.runtime.clock.advance(700);
    const second = up(rig, () => [changed('y'), changed('z')], told);
    await rig.move(Promise.all([first, second]));
    expect(told.map(({ added, removed, changed: other }) => ({ added, removed, other }))).to.deep.equal([
      { added: ['x'], removed: [], other: ['y'] },
      { added: [], removed: ['x'], other: ['z'] },
    ]);
    expect(rig.session.graph.order.map((name) => `${name} ${rig.stateOf(name)}`)).to.have.members(['y ready', 'z ready']);
    expect(isLeft(rig)).to.have.members(['y 2', 'z 2']);
  });

  it('a second up, which mends what the first one has broken, does not wait for that to settle', async () => {
    const rig = aSession(aStack([aService('y')]), { y: [{}, { readyAfter: null }, {}] });
    await rig.boot();
    const first = up(rig, () => [changed('y')]);
    await rig.runtime.clock.advance(100);
    expect(rig.stateOf('y')).to.equal('starting');
    const second = up(rig, () => [aService('y', { definitionHash: 'mended' })]);
    await rig.move(Promise.all([first, second]));
    expect([rig.stateOf('y'), rig.runtime.clock.now()]).to.deep.equal(['ready', 100]);
  });

  it('an up that cannot be read changes nothing, and the next one can', async () => {
    const rig = aSession(aStack([aService('y')]));
    await rig.boot();
    const broken = rig.session.apply({ read: async () => 'services.yaml:1:1: no', environment: {} });
    const torn = rig.session.apply({ read: () => Promise.reject(new Error('torn')), environment: {} });
    const whole = up(rig, () => [aService('y'), aService('x')]);
    const [first, second, third] = await rig.move(Promise.allSettled([broken, torn, whole]));
    expect([first, third]).to.deep.equal([
      { status: 'fulfilled', value: 'services.yaml:1:1: no' },
      { status: 'fulfilled', value: null },
    ]);
    expect(second.status).to.equal('rejected');
    expect(rig.stateOf('x')).to.equal('ready');
  });

  it('a start of what an up is about to take away: it is stopped again before it goes', async () => {
    const rig = aSession(aStack([aService('old'), aService('slow')]), {
      old: [{ stopTakes: 1_000 }],
      slow: [{ stopTakes: 3_000 }],
    });
    await rig.boot();
    const applied = up(rig, () => [changed('slow')]);
    await rig.runtime.clock.advance(500);
    expect(rig.stateOf('old')).to.equal('stopping');
    const started = rig.session.startServices(['old']);
    await rig.runtime.clock.advance(1_000);
    expect(rig.stateOf('old')).to.equal('ready');
    await rig.move(Promise.all([applied, started]));
    expect(isLeft(rig)).to.deep.equal(['slow 2']);
    expect(rig.session.graph.order).to.deep.equal(['slow']);
  });

  it('a restart of what an up is about to change: it comes back as the file has it', async () => {
    const rig = aSession(aStack([aService('y'), aService('slow')]), { y: [{ stopTakes: 1_000 }], slow: [{ stopTakes: 3_000 }] });
    await rig.boot();
    const applied = up(rig, () => [changed('y'), changed('slow')]);
    await rig.runtime.clock.advance(500);
    await rig.move(Promise.all([applied, rig.session.restartServices(['y'])]));
    expect(isLeft(rig)).to.have.members(['y 3', 'slow 2']);
    expect(rig.stateOf('y')).to.equal('ready');
  });
});

describe('a choice of ports that fails', () => {
  const moves = aService('moves', { ports: [{ name: null, wanted: null }], portConflict: 'next' });

  /** Claims go on like this, until the answer is called. */
  const claim = ({ runtime }: SessionRig, like: (own: ClaimPorts) => ClaimPorts): (() => void) => {
    const { claimPorts } = runtime;
    Object.assign(runtime, { claimPorts: like(claimPorts) });
    return () => void Object.assign(runtime, { claimPorts });
  };
  const fails: ClaimPorts = () => Promise.reject(new Error('EMFILE: too many open files'));

  it('fails whoever needs them, and is made again for the next one; a stop needs none, and comes after the starts before it', async () => {
    const rig = aSession(aStack([aService('a')]));
    await rig.boot();
    const mend = claim(rig, () => fails);
    const [failed] = await rig.move(Promise.allSettled([up(rig, () => [aService('a'), moves])]));
    expect(failed.status).to.equal('rejected');
    await rig.move(rig.session.stopServices(['a']));
    expect(rig.stateOf('a')).to.equal('stopped');
    mend();
    const { clock } = rig.runtime;
    const hurry = claim(rig, (own) => async (options) => {
      await new Promise<void>((resolve) => clock.setTimer(200, resolve));
      return own(options);
    });
    const start = rig.session.startServices(['a']);
    const stop = rig.session.stopServices(['a']);
    await rig.move(Promise.all([start, stop]));
    expect([rig.stateOf('a'), clock.now()]).to.deep.equal(['stopped', 200]);
    hurry();
    await rig.move(rig.session.startServices([]));
    expect([rig.stateOf('a'), rig.stateOf('moves')]).to.deep.equal(['ready', 'ready']);
  });
});

describe('what an edit asks of one that runs on', () => {
  it('D8: on_unhealthy, of one that is unhealthy already: it is started again once a check says so again', async () => {
    const health = aProbe({ retries: 2 });
    const rig = aSession(aStack([aService('y', { health })]));
    await rig.boot();
    const fail = (): void => rig.runtime.probe('y', { ok: false, detail: '500' });
    for (let check = 0; check < 3; check += 1) fail();
    expect([rig.stateOf('y'), rig.spawned()]).to.deep.equal(['unhealthy', ['y']]);
    const restart = { ...aService('y').restart, onUnhealthy: true };
    await rig.move(up(rig, () => [aService('y', { health, restart })]));
    expect(rig.stateOf('y')).to.equal('unhealthy');
    fail();
    await rig.runtime.clock.runUntil(() => rig.spawned().length === 2);
    expect(isLeft(rig)).to.deep.equal(['y 2']);
  });
});
