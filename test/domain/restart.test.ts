import { expect } from 'chai';
import { decideRestart } from '../../lib/domain/restart.ts';
import type { Failure } from '../../lib/domain/state.ts';
import { aService } from '../support/stacks.ts';

const failure: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };

describe('the wait before the next try', () => {
  it('D1: is none at all, or the longest there is, however many tries there were', () => {
    const waitOf = (delay: number): number | null => {
      const policy = { ...aService('a').restart, delay, max: 100_000 };
      const decision = decideRestart({ policy, failure, count: { times: [], streak: 5_000, sinceReady: 0 }, now: 0 });
      return decision.restart ? decision.after : null;
    };
    expect(waitOf(0)).to.equal(0);
    expect(waitOf(1_000)).to.equal(16_000);
  });
});
