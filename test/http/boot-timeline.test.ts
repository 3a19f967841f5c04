import { expect } from 'chai';
import type { StateKind } from '../../lib/domain/state.ts';
import type { ControlEvent } from '../../lib/interfaces/control.ts';
import { toBootTimeline } from '../../lib/interfaces/http/boot-timeline.ts';
import { anAttempt, aRun, aTimeline } from '../support/runs.ts';
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
});
