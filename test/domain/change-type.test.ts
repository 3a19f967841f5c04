import { expect } from 'chai';
import { toChangeType } from '../../lib/domain/change-type.ts';
import type { Change, Resumed } from '../../lib/domain/events.ts';
import { newRecord, type ServiceState } from '../../lib/domain/state.ts';
import { inState, ready, starting, stopping } from '../support/records.ts';

const identity = { pid: 7, startTime: '1', bootId: 'b' };
const failed: ServiceState = {
  kind: 'failed',
  since: 0,
  failure: { kind: 'earlier', said: 'exited with code 1' },
  restarts: 1,
  breakerOpen: false,
};

const typeOf = (as: Resumed, after: ServiceState): ReturnType<typeof toChangeType> => {
  const adoption = { number: 1, ports: [], restarts: { times: [], streak: 0, sinceReady: 0 }, as };
  const change: Change = { name: 'api', before: newRecord, after: inState(after), event: { type: 'adopted', adoption }, at: 0 };
  return toChangeType(change);
};

describe('what is told of a service that goes on after the death of its supervisor', () => {
  it('F06: that it is taken over while it starts; it was told to have been started before', () => {
    expect(typeOf({ kind: 'running', identity, was: 'starting', spawnedAt: 0 }, starting())).to.equal('serviceAdopted');
  });

  it('F08: that its stop goes on; it was told to be stopping before', () => {
    const as: Resumed = { kind: 'stopping', identity, graceLeft: 100, next: { to: 'stopped', reason: { kind: 'user' } } };
    expect(typeOf(as, stopping())).to.equal('serviceAdopted');
  });

  it('F14: that it is ready, where it is', () => {
    expect(typeOf({ kind: 'running', identity, was: 'ready', spawnedAt: 0 }, ready())).to.equal('serviceReady');
  });

  it('F15: nothing of what had failed or was stopped before; but that it died meanwhile', () => {
    expect(typeOf({ kind: 'failed', failure: failed.failure }, failed)).to.equal(null);
    const stopped: ServiceState = { kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null };
    expect(typeOf({ kind: 'stopped', reason: { kind: 'user' } }, stopped)).to.equal(null);
    expect(typeOf({ kind: 'died', beforeReady: false }, failed)).to.equal('serviceFailed');
  });
});
