import { expect } from 'chai';
import { watchForeignExits } from '../../lib/supervisor/foreign-exits.ts';
import { createFakeClock } from '../support/fake-clock.ts';

describe('the end of a process that was taken over', () => {
  it('F150: is not told of where no process can be looked at for a while, and is when it has come', async () => {
    const clock = createFakeClock();
    let seen: 'alive' | 'gone' | 'nothing' = 'alive';
    const exits = watchForeignExits(clock, () => {
      if (seen === 'nothing') throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return seen === 'alive';
    });
    const told: number[] = [];
    void exits.watch({ pid: 5, startTime: '5', bootId: 'fake' }).then(() => told.push(clock.now()));
    await clock.advance(2_000);
    seen = 'nothing';
    await clock.advance(60_000);
    expect(told).to.deep.equal([]);
    seen = 'alive';
    await clock.advance(1_000);
    expect(told).to.deep.equal([]);
    seen = 'gone';
    await clock.advance(1_000);
    expect(told).to.deep.equal([63_500]);
    expect(await clock.next(), 'nobody is looked at any more').to.equal(false);
  });
});
