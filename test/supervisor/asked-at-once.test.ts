import { expect } from 'chai';
import { aSession } from '../support/sessions.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

/** Several people, or programs, ask for something at the same time. */
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
});
