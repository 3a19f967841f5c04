import { expect } from 'chai';
import { bootAll, post, startStop } from '../support/drive.ts';
import { aProbe, aRig, aService, aStack } from '../support/stacks.ts';

const restart = { ...aService('api').restart, delay: 1_000 };

describe('what an earlier attempt still has to say', () => {
  /** The first attempt has died; the second is under way and not ready yet. */
  const inSecondAttempt = async () => {
    const rig = aRig(aStack([aService('api', { restart, ready: aProbe() })]), {
      api: [{ readyAfter: 10 }, { readyAfter: 60_000 }],
    });
    await bootAll(rig);
    rig.runtime.crash('api', { code: 1, signal: null });
    await rig.runtime.clock.advance(1_100);
    expect([rig.stateOf('api'), rig.supervisor.records.get('api')?.attempt]).to.deep.equal(['starting', 2]);
    return rig;
  };

  it('B9: health from before a restart never counts', async () => {
    const rig = await inSecondAttempt();
    post(rig, 'api', { type: 'probed', attempt: 1, purpose: 'ready', result: { ok: true }, missedAt: null });
    await rig.runtime.clock.advance(1);
    expect(rig.stateOf('api')).to.equal('starting');
  });

  it('F96: a late exit of the old process is none of the new one', async () => {
    const rig = await inSecondAttempt();
    post(rig, 'api', { type: 'exited', attempt: 1, exit: { code: 1, signal: null } });
    await rig.runtime.clock.advance(1);
    expect(rig.stateOf('api')).to.equal('starting');
    expect(rig.runtime.spawned).to.have.length(2);
  });

  it('the end of a grace that comes when the service has ended kills no hook and runs none again', async () => {
    const hooks = { after_stop: { command: { kind: 'direct' as const, program: 'x', args: [] }, timeout: 10_000 } };
    const rig = aRig(aStack([aService('api', { hooks })]), { api: [{ hooks: { after_stop: { takes: 1_000 } } }] });
    await bootAll(rig);
    const { done, isDone } = startStop(rig);
    await rig.runtime.clock.runUntil(() => rig.runtime.hooks.length === 1);
    post(rig, 'api', { type: 'timerFired', timer: 'grace' });
    await rig.runtime.clock.runUntil(isDone);
    await done;
    expect(rig.runtime.hooks.map(({ hook }) => hook)).to.deep.equal(['after_stop']);
    expect(rig.runtime.signals.map(({ signal }) => signal)).to.deep.equal(['SIGTERM']);
    expect(rig.stateOf('api')).to.equal('stopped');
  });
});
