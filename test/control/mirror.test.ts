import { expect } from 'chai';
import { createMirror, type Mirror } from '../../lib/interfaces/control/mirror.ts';
import type { ControlEvent } from '../../lib/interfaces/control.ts';
import { aServiceSnapshot, aStackSnapshot } from '../support/snapshots.ts';

/** A monotonic clock and a wall clock that a test moves. */
const aClock = (): { readonly now: () => number; readonly wall: () => number; pass(ms: number): void } => {
  let passed = 0;
  return { now: () => 7 + passed, wall: () => 1_000_000 + passed, pass: (ms) => void (passed += ms) };
};

const changed = (service: ReturnType<typeof aServiceSnapshot>, at: number): ControlEvent => ({
  type: 'changed',
  service,
  news: null,
  at,
});

const serviceOf = (mirror: Mirror, name: string) => mirror.snapshot().services.find((service) => service.name === name);

describe('a stack seen by its events', () => {
  it('times run on by themselves, in the words of a wait, too', () => {
    const clock = aClock();
    const backoff = aServiceSnapshot('api', 'backoff', {
      detail: 'next try in 4.0 s (3/5)',
      countdown: { kind: 'retry', left: 4_000, retry: 3, of: 5 },
    });
    const mirror = createMirror(aStackSnapshot([backoff]), clock);
    clock.pass(1_500);
    expect(mirror.snapshot()).to.include({ elapsed: 61_500 });
    expect(serviceOf(mirror, 'api')).to.include({ for: 2_700, detail: 'next try in 2.5 s (3/5)' });
    clock.pass(60_000);
    expect(serviceOf(mirror, 'api')?.detail).to.match(/^next try in 0/);
  });

  it('E13: who is awaited, and how long still', () => {
    const clock = aClock();
    const mirror = createMirror(aStackSnapshot([aServiceSnapshot('api', 'ready')]), clock);
    const stopping = aServiceSnapshot('api', 'stopping', {
      for: 0,
      countdown: { kind: 'stop', asked: 0, left: 5_000, hurry: null },
    });
    mirror.hear(changed(stopping, clock.wall()));
    clock.pass(2_100);
    expect(serviceOf(mirror, 'api')?.detail).to.equal('asked to stop 2.1 s ago, is killed in 2.9 s');
  });

  it('B12: of another stack, which a further up has made of it, it knows all services, in their order, and none that is gone', () => {
    const clock = aClock();
    const mirror = createMirror(aStackSnapshot([aServiceSnapshot('db', 'ready'), aServiceSnapshot('old', 'ready')]), clock);
    const services = [aServiceSnapshot('fresh', 'idle'), aServiceSnapshot('db', 'ready')];
    mirror.hear({ type: 'applied', services, at: clock.wall() });
    expect(mirror.snapshot().services.map(({ name }) => name)).to.deep.equal(['fresh', 'db']);
    mirror.hear(changed(aServiceSnapshot('fresh', 'ready'), clock.wall()));
    expect(mirror.snapshot().services.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['fresh ready', 'db ready']);
  });

  it('an event that took a while to arrive is as old as it is', () => {
    const clock = aClock();
    const mirror = createMirror(aStackSnapshot([aServiceSnapshot('api', 'ready')]), clock);
    mirror.hear(changed(aServiceSnapshot('api', 'starting', { for: 0 }), clock.wall() - 300));
    expect(serviceOf(mirror, 'api')).to.include({ state: 'starting', for: 300 });
  });

  it('knows when each service of a boot began and settled, also of what was before it looked', () => {
    const clock = aClock();
    const first = aStackSnapshot(
      [
        aServiceSnapshot('db', 'ready', { for: 400, bootTime: 100 }),
        aServiceSnapshot('api', 'starting', { for: 200 }),
        aServiceSnapshot('web', 'waiting'),
      ],
      { booting: true, elapsed: 1_000 },
    );
    const mirror = createMirror(first, clock);
    clock.pass(500);
    mirror.hear(changed(aServiceSnapshot('api', 'ready'), clock.wall()));
    mirror.hear(changed(aServiceSnapshot('web', 'starting'), clock.wall()));
    expect([...mirror.progress]).to.deep.equal([
      ['db', { begun: 500, settled: 600 }],
      ['api', { begun: 800, settled: 1_500 }],
      ['web', { begun: 1_500, settled: null }],
    ]);
  });
});
