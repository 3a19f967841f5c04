import { expect } from 'chai';
import { type CriticalPath, type Segment, sumByKind, toCriticalPath } from '../../lib/domain/critical-path.ts';
import type { RunRecord } from '../../lib/domain/history.ts';
import { interrupt, playRandomBoot } from '../support/make-believe-boot.ts';
import { aBoot, anAttempt, aRandom, aRun, aTimeline } from '../support/runs.ts';

const show = ({ segments }: CriticalPath): string[] =>
  segments.map(({ service, kind, from, to }) => `${service ?? '-'} ${kind} ${from}..${to}`);

/** One after the other from 0 to the end of the run, none of them empty, and their sum is the wall time. */
const expectToAddUp = (path: CriticalPath, run: RunRecord): void => {
  let at = 0;
  for (const { from, to } of path.segments) {
    expect(from).to.equal(at);
    expect(to).to.be.greaterThan(from);
    at = to;
  }
  expect(at).to.equal(run.duration);
  const sum = [...sumByKind(path.segments).values()].reduce((total, ms) => total + ms, 0);
  expect(sum).to.be.closeTo(run.duration, 1e-6);
};

describe('the critical path of a run', () => {
  it('follows the dependency that released each service', () => {
    // db (0-300) → api (300-900) → web (900-1000);  cache (0-200) → api
    const run = aRun(1, {
      db: aBoot(300),
      cache: aBoot(200),
      api: aBoot(600, { at: 300, releasedBy: 'db' }),
      web: aBoot(100, { at: 900, releasedBy: 'api' }),
    });
    const path = toCriticalPath(run);
    expect(path.chain).to.deep.equal(['db', 'api', 'web']);
    expect(show(path)).to.deep.equal(['db boot 0..300', 'api boot 300..900', 'web boot 900..1000']);
  });

  it('tells queue, delays, ports, spawn, boot and probe lag apart', () => {
    // api
    const attempt = anAttempt({ begun: 130, portsClear: 140, spawned: 145, firstProbe: 245, lastMiss: 300, ready: 310 });
    const run = aRun(1, { api: aTimeline({ satisfied: 5, delayed: 100, attempts: [attempt], ready: 310 }) }, { duration: 312 });
    expect(show(toCriticalPath(run))).to.deep.equal([
      '- overhead 0..5',
      'api delay 5..100',
      'api queue 100..130',
      'api ports 130..140',
      'api spawn 140..145',
      'api delay 145..245',
      'api boot 245..300',
      'api probe 300..310',
      'api overhead 310..312',
    ]);
  });

  it('counts failed attempts and their back-off', () => {
    // api (fails twice)
    const attempts = [
      anAttempt({ begun: 0, spawned: 2, failed: 50 }),
      anAttempt({ begun: 1050, spawned: 1052, failed: 1100 }),
      anAttempt({ begun: 3100, portsClear: 3100, spawned: 3102, firstProbe: 3102, ready: 3200 }),
    ];
    const path = toCriticalPath(aRun(1, { api: aTimeline({ attempts, ready: 3200 }) }));
    expect(Object.fromEntries(sumByKind(path.segments))).to.deep.equal({ retry: 100, backoff: 3000, spawn: 2, boot: 98 });
  });

  it('goes through a dependency that only had to be started, up to that moment', () => {
    // db (started at 10, ready at 500) ─started→ api (10-800)
    const run = aRun(1, { db: aBoot(500), api: aBoot(790, { at: 10, releasedBy: 'db' }) });
    expect(show(toCriticalPath(run))).to.deep.equal(['db boot 0..10', 'api boot 10..800']);
  });

  it('goes through a failure that was not required, and past one that was skipped by it', () => {
    // db (fails at 400) → cache (skipped) ─not required→ api
    const run = aRun(1, {
      db: aTimeline({ attempts: [anAttempt({ failed: 400 })], outcome: 'failed' }),
      cache: aTimeline({ satisfied: null, delayed: null, outcome: 'skipped' }),
      api: aBoot(100, { at: 400, releasedBy: 'cache' }),
    });
    const path = toCriticalPath(run);
    expect(path.chain).to.deep.equal(['db', 'cache', 'api']);
    expect(show(path)).to.deep.equal(['db retry 0..400', 'api boot 400..500']);
  });

  it('ends with what was still starting when the boot was given up', () => {
    // db (0-100) → api (never ready);  mail (late, optional)
    const run = aRun(
      1,
      {
        db: aBoot(100),
        api: aTimeline({
          satisfied: 100,
          delayed: 100,
          releasedBy: 'db',
          attempts: [anAttempt({ begun: 100, portsClear: 100, spawned: 105, firstProbe: 105 })],
          outcome: 'unsettled',
        }),
      },
      { outcome: 'interrupted', duration: 5000 },
    );
    expect(show(toCriticalPath(run))).to.deep.equal(['db boot 0..100', 'api spawn 100..105', 'api boot 105..5000']);
  });

  it('does not blame an optional service that was late for the end of a boot', () => {
    // mail (optional, still starting);  api (0-100)
    const run = aRun(
      1,
      { mail: aTimeline({ attempts: [anAttempt()], outcome: 'unsettled' }), api: aBoot(100) },
      { outcome: 'degraded' },
    );
    expect(toCriticalPath(run).chain).to.deep.equal(['api']);
  });

  it('accounts for an empty run, a circle and missing services as overhead', () => {
    const empty = aRun(1, {}, { duration: 7 });
    expect(show(toCriticalPath(empty))).to.deep.equal(['- overhead 0..7']);
    const circle = aRun(1, { a: aBoot(10, { at: 5, releasedBy: 'b' }), b: aBoot(8, { at: 5, releasedBy: 'a' }) });
    expectToAddUp(toCriticalPath(circle), circle);
    const gone = aRun(1, { a: aBoot(10, { at: 5, releasedBy: 'toString' }) });
    expect(show(toCriticalPath(gone))).to.deep.equal(['- overhead 0..5', 'a boot 5..15']);
  });

  it('adds up to the wall time on 2,000 random boots with failures, retries, delays and slots, and misses nothing', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const { run, overhead } = playRandomBoot(seed);
      const path = toCriticalPath(run);
      expectToAddUp(path, run);
      const counted = path.segments
        .filter(({ kind }: Segment) => kind === 'overhead')
        .reduce((sum, { from, to }) => sum + to - from, 0);
      expect(counted, `seed ${seed}`).to.be.closeTo(overhead, 1e-6);
      for (const [index, name] of path.chain.entries()) {
        const next = run.services[path.chain[index + 1] ?? ''];
        if (next !== undefined && next.outcome !== 'skipped') expect(next.releasedBy, `seed ${seed}`).to.equal(name);
      }
    }
  });

  it('adds up on random boots that were given up at any moment', () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const { run } = playRandomBoot(seed);
      const cut = interrupt(run, run.duration * aRandom(seed + 5000)());
      expectToAddUp(toCriticalPath(cut), cut);
    }
  });
});
