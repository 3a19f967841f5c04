import { expect } from 'chai';
import { watchHealth } from '../../lib/interfaces/library/watch-health.ts';

describe('what is watched', () => {
  it('while it is ill, a single pass does not take away what the last check said that failed', () => {
    let report: (ok: boolean, detail: string | null) => void = () => undefined;
    const told: boolean[] = [];
    const { now } = watchHealth({
      name: 'db',
      probe: { retries: 2, successes: 2 },
      ask: (_purpose, hear) => {
        report = hear;
        return { stop: () => undefined };
      },
      emit: (event) => {
        if (event.type === 'healthChanged') told.push(event.healthy);
      },
    });
    report(false, 'refused');
    report(true, null);
    expect(now()).to.include({ healthy: false, detail: 'refused' });
    report(false, 'timed out');
    expect(now()).to.include({ healthy: false, detail: 'timed out' });
    report(true, null);
    report(true, null);
    expect(now()).to.include({ healthy: true, detail: null });
    expect(told).to.deep.equal([false, true]);
  });
});
