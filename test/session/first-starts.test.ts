import { expect } from 'chai';
import { afterFirstStarts } from '../../lib/interfaces/session/first-starts.ts';
import { aSession } from '../support/sessions.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

// api ─► db
const two = aStack([aService('db'), aService('api', { dependsOn: [aDependency('db')] })]);

describe('what waits for the first starts', () => {
  it('comes when those have started that could at once', async () => {
    const { session, states, move } = aSession(two);
    const booting = session.boot(session.graph.order, 'up');
    const begun = afterFirstStarts(session, new Promise(() => undefined));
    await move(booting);
    await begun;
    expect(states()).to.deep.equal(['ready', 'ready']);
  });

  it('comes with the end of a boot in which nothing was started, or that has failed', async () => {
    const { session } = aSession(two);
    await afterFirstStarts(session, Promise.resolve());
    await afterFirstStarts(session, Promise.reject(new Error('of no interest here')));
  });
});
