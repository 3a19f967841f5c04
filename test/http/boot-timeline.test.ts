import { expect } from 'chai';
import type { StateKind } from '../../lib/domain/state.ts';
import type { ControlEvent } from '../../lib/interfaces/control.ts';
import { pickBoot, toBootTimeline } from '../../lib/interfaces/http/boot-timeline.ts';
import { aBoot, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aServiceSnapshot, aStackSnapshot } from '../support/snapshots.ts';

const change = (name: string, state: StateKind, at: number): ControlEvent => ({
  type: 'changed',
  service: aServiceSnapshot(name, state),
  news: null,
  at,
});

describe('the timeline of a boot', () => {
  it('grows while the boot is under way: what is over has an end, what goes on has none', () => {
    const story = [
      change('db', 'starting', 1_000),
      change('api', 'waiting', 1_000),
      change('db', 'starting', 1_020),
      change('db', 'ready', 1_300),
      change('api', 'starting', 1_310),
    ];
    const snapshot = { ...aStackSnapshot([]), booting: true };
    expect(toBootTimeline({ snapshot, story, last: null, now: 1_500 })).to.deep.equal({
      booting: true,
      run: null,
      startedAt: 1_000,
      elapsed: 500,
      outcome: null,
      services: [
        { name: 'db', spans: [{ state: 'starting', from: 0, to: 300 }], ready: 300 },
        {
          name: 'api',
          spans: [
            { state: 'waiting', from: 0, to: 310 },
            { state: 'starting', from: 310, to: null },
          ],
          ready: null,
        },
      ],
    });
  });

  it('is that of the record afterwards, in the same words: waiting, delay, each try and the pauses between them', () => {
    const api = aTimeline({
      satisfied: 100,
      delayed: 150,
      attempts: [
        anAttempt({ begun: 150, spawned: 152, ready: null, failed: 200 }),
        anAttempt({ begun: 1_200, spawned: 1_201, ready: 1_500 }),
      ],
      ready: 1_500,
    });
    const last = { ...aRun(1, { api }), duration: 1_500 };
    const [row] = toBootTimeline({ snapshot: aStackSnapshot([]), story: [], last, now: 0 }).services;
    expect(row?.spans).to.deep.equal([
      { state: 'waiting', from: 0, to: 100 },
      { state: 'delayed', from: 100, to: 150 },
      { state: 'starting', from: 150, to: 200 },
      { state: 'backoff', from: 200, to: 1_200 },
      { state: 'starting', from: 1_200, to: 1_500 },
    ]);
  });

  it('one that failed after it had been ready failed when it was lost, not when it was ready', () => {
    const api = aTimeline({ attempts: [anAttempt({ ready: 13, ended: 1_113 })], ready: 13, outcome: 'failed' });
    const [row] = toBootTimeline({ snapshot: aStackSnapshot([]), story: [], last: aRun(1, { api }), now: 0 }).services;
    expect(row?.spans).to.deep.equal([
      { state: 'starting', from: 0, to: 13 },
      { state: 'failed', from: 1_113, to: 1_113 },
    ]);
  });

  it('is of the newest boot of the whole stack: a start by hand, or a boot of a part, takes its place only where there is none', () => {
    const whole = aRun(1, { db: aBoot(10), api: aBoot(20) });
    const part = aRun(2, { api: aBoot(20) });
    const byHand = aRun(3, { db: aBoot(10), api: aBoot(20) }, { trigger: 'start' });
    const pick = (...runs: readonly ReturnType<typeof aRun>[]) => pickBoot(runs, ['db', 'api'])?.id ?? null;
    expect(pick(whole, part, byHand)).to.equal(1);
    expect(pick(part, byHand)).to.equal(2);
    expect(pick(byHand)).to.equal(3);
    expect(pick()).to.equal(null);
  });
});
