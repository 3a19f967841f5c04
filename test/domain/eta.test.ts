import { expect } from 'chai';
import { estimate, type Progress } from '../../lib/domain/eta.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { type Plan, toPlan } from '../../lib/domain/plan.ts';
import type { Ms, Service, ServiceName, Stack } from '../../lib/domain/service.ts';
import { aHistory, aRandom } from '../support/runs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const on = (...names: readonly ServiceName[]): Partial<Service> => ({ dependsOn: names.map((name) => aDependency(name)) });
const plan = (stack: Stack, history: History): Plan => toPlan(stack, buildGraph(stack.services), history);
const progress = (times: Readonly<Record<ServiceName, readonly [Ms | null, Ms | null]>>): Progress =>
  new Map(Object.entries(times).map(([name, [begun, settled]]) => [name, { begun, settled }]));

describe('the estimate of a running boot', () => {
  // db (300) → api (600);  cache (100)
  const stack = aStack([aService('db'), aService('api', on('db')), aService('cache')]);
  const usual = plan(stack, aHistory({ db: 300, api: 600, cache: 100 }, { db: 300, api: 600, cache: 100 }));

  it('is the whole plan before anything has begun', () => {
    expect(estimate(usual, new Map(), 0)).to.deep.equal({
      ...{ total: 900, remaining: 900, waitsFor: [] },
      ...{ overdue: [], memory: 'full' },
    });
  });

  it('names what is starting, the one that decides first', () => {
    const now = estimate(usual, progress({ db: [0, null], cache: [0, null] }), 50);
    expect(now).to.deep.include({ total: 900, remaining: 850, waitsFor: ['db', 'cache'] });
  });

  it('follows what really happened, earlier and later than usual, and takes it as half a sign of how fast it goes today', () => {
    // db took 200 in place of 300, cache its 100, and 300 ms are taken to go as usual: 600 in place of 700, and half of it is believed.
    const early = estimate(usual, progress({ db: [0, 200], api: [200, null], cache: [0, 100] }), 300);
    expect(early.remaining).to.be.closeTo(600 * (1 - 1 / 7 / 2) - 100, 1);
    const late = estimate(usual, progress({ db: [0, 500], api: [500, null], cache: [0, 100] }), 600);
    expect(late.total).to.be.closeTo(500 + 600 * (1 + 2 / 7 / 2), 1);
  });

  it('is not misled by one service that hangs: it counts as twice its time', () => {
    const { total } = estimate(usual, progress({ db: [0, 60_000], api: [60_000, null], cache: [0, 100] }), 60_000);
    expect(total).to.be.within(60_600, 60_900);
  });

  it('names what has taken clearly longer than ever: a fifth, and more than nobody would notice', () => {
    const now = progress({ db: [0, 300], api: [300, null], cache: [0, 100] });
    expect(estimate(usual, now, 800).overdue).to.deep.equal([]);
    expect(estimate(usual, now, 950).overdue).to.deep.equal([]);
    expect(estimate(usual, now, 1101).overdue).to.deep.equal(['api']);
    const long = plan(aStack([aService('db')]), aHistory({ db: 10_000 }));
    expect(estimate(long, progress({ db: [0, null] }), 11_900).overdue).to.deep.equal([]);
    expect(estimate(long, progress({ db: [0, null] }), 12_100).overdue).to.deep.equal(['db']);
  });

  it('ends at nothing when everything has settled', () => {
    const all = progress({ db: [0, 300], api: [300, 880], cache: [0, 100] });
    expect(estimate(usual, all, 900)).to.deep.include({ total: 880, remaining: 0, waitsFor: [] });
  });

  it('grows again for a service that is over its time, and is never nothing while it is pending', () => {
    let before = 0;
    for (const now of [900, 1000, 2000, 4000, 8000]) {
      const { remaining, total } = estimate(usual, progress({ db: [0, 300], cache: [0, 100], api: [300, null] }), now);
      expect(remaining).to.be.greaterThan(before);
      expect(total).to.equal(now + (remaining ?? 0));
      before = remaining ?? 0;
    }
  });

  it('expects of a late service what others took that were as late', () => {
    // db, usually 100, every third time 2000
    const moody = plan(aStack([aService('db')]), aHistory({ db: 100 }, { db: 100 }, { db: 2000 }, { db: 100 }));
    expect(estimate(moody, progress({ db: [0, null] }), 0).remaining).to.equal(100);
    expect(estimate(moody, progress({ db: [0, null] }), 150).remaining).to.equal(1850);
  });

  it('says nothing without memory, but what it waits for', () => {
    const blank = plan(stack, emptyHistory);
    expect(estimate(blank, progress({ db: [0, null] }), 50)).to.deep.equal({
      ...{ total: null, remaining: null, waitsFor: ['db'] },
      ...{ overdue: [], memory: 'none' },
    });
    const partly = plan(stack, aHistory({ cache: 100 }));
    expect(estimate(partly, progress({ db: [0, null], cache: [0, 90] }), 100).total).to.equal(null);
  });

  it('C4: does not wait for a late optional service', () => {
    // cache (optional, 4000) ─wait_up_to 1000→ api (300)
    const patient = aStack([
      aService('cache', { optional: true }),
      aService('api', { dependsOn: [aDependency('cache', { waitUpTo: 1_000 })] }),
    ]);
    const late = plan(patient, aHistory({ cache: 4_000, api: 300 }));
    expect(estimate(late, progress({ cache: [0, null] }), 500).total).to.equal(1_300);
    expect(estimate(late, progress({ cache: [0, null], api: [1_000, null] }), 1_200)).to.deep.include({
      total: 1_300,
      remaining: 100,
      waitsFor: ['api', 'cache'],
    });
  });

  it('counts the wait for a slot', () => {
    // a (100);  b (100);  c (100), one at a time
    const narrow = plan(
      aStack([aService('a'), aService('b'), aService('c')], { maxParallel: 1 }),
      aHistory({ a: 100, b: 100, c: 100 }),
    );
    expect(estimate(narrow, progress({ a: [0, null] }), 40).remaining).to.equal(260);
  });

  it('is never below zero at any moment of random boots', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = aRandom(seed);
      const begun = random() * 100;
      const states = { db: [begun, random() < 0.5 ? null : begun + random() * 900] as const, cache: [null, null] as const };
      const { remaining } = estimate(usual, progress(states), begun + 1000 * random());
      expect(remaining).to.be.greaterThan(0);
    }
  });
});
