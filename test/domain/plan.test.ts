import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { type Plan, type PlanOptions, toPlan } from '../../lib/domain/plan.ts';
import type { Ms, Service, ServiceName, Stack } from '../../lib/domain/service.ts';
import { aBoot, aHistory, anAttempt, aRandom, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const plan = (stack: Stack, history: History = emptyHistory, options: PlanOptions = {}): Plan =>
  toPlan(stack, buildGraph(stack.services), history, options);

const on = (...names: readonly ServiceName[]): Partial<Service> => ({ dependsOn: names.map((name) => aDependency(name)) });

const show = ({ services }: Plan): Record<ServiceName, string> =>
  Object.fromEntries([...services].map(([name, { start, ready, slack }]) => [name, `${start}..${ready} slack ${slack}`]));

describe('the plan', () => {
  it('expects the usual time of each service and finds the chain that decides', () => {
    // db (300) → api (600) → web (100);  cache (200) → api;  mail (50)
    const stack = aStack([
      aService('db'),
      aService('cache'),
      aService('api', on('db', 'cache')),
      aService('web', on('api')),
      aService('mail'),
    ]);
    const found = plan(stack, aHistory({ db: 300, cache: 200, api: 600, web: 100, mail: 50 }));
    expect(show(found)).to.deep.equal({
      db: '0..300 slack 0',
      cache: '0..200 slack 100',
      mail: '0..50 slack 950',
      api: '300..900 slack 0',
      web: '900..1000 slack 0',
    });
    expect(found.critical).to.deep.equal(['db', 'api', 'web']);
    expect(found.total).to.equal(1000);
    expect(found.memory).to.equal('full');
    expect(found.services.get('api')).to.deep.include({
      releasedBy: 'db',
      depth: 1,
      expected: 600,
      remaining: 700,
      critical: true,
    });
  });

  it('works without memory, counts a second for each, and says that it does not know', () => {
    // db → api
    const found = plan(aStack([aService('db'), aService('api', on('db'))]));
    expect(found).to.deep.include({ total: null, memory: 'none', unknown: ['db', 'api'], critical: ['db', 'api'] });
    expect(found.services.get('api')).to.deep.include({ expected: null, weight: 1000, start: 1000, index: 1, depth: 1 });
  });

  it('says which services it has no memory of', () => {
    // db → api (new)
    const found = plan(aStack([aService('db'), aService('api', on('db'))]), aHistory({ db: 200 }));
    expect(found).to.deep.include({ total: 1200, memory: 'partial', unknown: ['api'] });
  });

  it('plans an empty stack', () => {
    expect(plan(aStack([]))).to.deep.include({ total: 0, memory: 'full', critical: [], unknown: [] });
  });

  it('H7: one absurd boot does not move what is expected', () => {
    // api
    const found = plan(
      aStack([aService('api')]),
      aHistory({ api: 100 }, { api: 110 }, { api: 90_000 }, { api: 105 }, { api: 95 }),
    );
    expect(found.total).to.equal(105);
  });

  it('learns from runs of this environment only, and from the present definition as soon as there is one', () => {
    // api
    const old = aRun(1, { api: aBoot(5000, { definitionHash: 'old' }) });
    const other = aRun(2, { api: aBoot(9000, { definitionHash: 'api' }) }, { environment: 'test' });
    const stack = aStack([aService('api')]);
    expect(plan(stack, { runs: [old, other], folded: {} }).total).to.equal(5000);
    const present = aRun(3, { api: aBoot(700, { definitionHash: 'api' }) });
    expect(plan(stack, { runs: [old, other, present], folded: {} }).total).to.equal(700);
    expect(
      plan(aStack([aService('api')], { environment: 'production' }), { runs: [old, other, present], folded: {} }).total,
    ).to.equal(null);
  });

  it('counts ports, failed attempts and back-off that are usual, and shows the time from the last spawn', () => {
    // api (usually fails once)
    const attempts = [anAttempt({ failed: 50 }), anAttempt({ begun: 1050, portsClear: 1060, spawned: 1070, ready: 1100 })];
    const history = { runs: [aRun(1, { api: aTimeline({ attempts, ready: 1100, definitionHash: 'api' }) })], folded: {} };
    expect(plan(aStack([aService('api')]), history).services.get('api')).to.deep.include({ expected: 30, weight: 1100 });
  });

  it('knows wait_before_start, the condition started, and wait_up_to', () => {
    // db (500) ─started→ api (100, waits 40 before);  db ─wait_up_to 200→ web (100);  tool (no probe, 50) ─started→ late (10)
    const stack = aStack([
      aService('db'),
      aService('api', { dependsOn: [aDependency('db', { condition: 'started' })], waitBeforeStart: 40 }),
      aService('web', { dependsOn: [aDependency('db', { waitUpTo: 200, required: false })] }),
      aService('tool', { ready: null }),
      aService('late', { dependsOn: [aDependency('tool', { condition: 'started' })] }),
    ]);
    const found = plan(stack, aHistory({ db: 500, api: 100, web: 100, tool: 50, late: 10 }));
    expect(show(found)).to.deep.equal({
      db: '0..500 slack 0',
      api: '40..140 slack 360',
      web: '200..300 slack 200',
      tool: '0..50 slack 440',
      late: '50..60 slack 440',
    });
  });

  it('knows a service that never gets ready by its failures only, not by boots that ended before', () => {
    // mail (optional)
    const stack = aStack([aService('mail', { optional: true })]);
    const failed = aTimeline({ attempts: [anAttempt({ failed: 32 })], outcome: 'failed' });
    const cut = aTimeline({ attempts: [anAttempt({ failed: 4_000 }), anAttempt({ begun: 4_100 })], outcome: 'unsettled' });
    const runs = [aRun(1, { mail: failed }), aRun(2, { mail: cut }, { outcome: 'interrupted' })];
    const found = plan(stack, { runs, folded: {} });
    expect(found).to.deep.include({ total: 32, unknown: [], unseen: [] });
    expect(found.services.get('mail')).to.deep.include({ neverReady: true, expected: null, weight: 32 });
    const open = plan(stack, { runs: runs.slice(1), folded: {} });
    expect(open).to.deep.include({ total: null, unknown: ['mail'], unseen: [] });
    expect(plan(stack).unseen).to.deep.equal(['mail']);
  });

  it('C4: counts no longer for a late optional service than others wait for it', () => {
    // init (50) → cache (optional, 4000) ─wait_up_to 1000→ api (300)
    const edges = [aDependency('cache', { waitUpTo: 1_000 })];
    const stack = (optional: boolean): Stack =>
      aStack([aService('init'), aService('cache', { optional, ...on('init') }), aService('api', { dependsOn: edges })]);
    const history = aHistory({ init: 50, cache: 4_000, api: 300 });
    const found = plan(stack(true), history);
    expect(found).to.deep.include({ total: 1_300, critical: ['cache', 'api'] });
    expect(found.services.get('cache')).to.deep.include({ ready: 4_050, slack: Number.POSITIVE_INFINITY });
    expect(found.services.get('init')?.slack).to.equal(1_250);
    expect(plan(stack(false), history).total).to.equal(4_050);
    expect(plan(stack(true), aHistory({ init: 50, cache: 100, api: 300 })).total).to.equal(450);
  });

  it('starts the longest remaining path first where max_parallel limits', () => {
    // a (10);  b (10);  c (10) → d (500)
    const stack = aStack([aService('a'), aService('b'), aService('c'), aService('d', on('c'))], { maxParallel: 1 });
    const found = plan(stack, aHistory({ a: 10, b: 10, c: 10, d: 500 }));
    const byPriority = [...found.services.values()].sort((a, b) => b.priority - a.priority).map(({ name }) => name);
    expect(byPriority).to.deep.equal(['c', 'd', 'a', 'b']);
    expect(found.total).to.equal(530);
    expect(found.services.get('a')).to.deep.include({ start: 510, queued: 510 });
    expect(found.critical).to.deep.equal(['c', 'd', 'a', 'b']);
  });

  it('plans what would be if a service took another time', () => {
    // db (300) → api (600)
    const stack = aStack([aService('db'), aService('api', on('db'))]);
    const found = plan(stack, aHistory({ db: 300, api: 600 }), { durations: new Map([['db', 50]]) });
    expect(found.total).to.equal(650);
  });

  it('F36: plans services that are called like what every object has', () => {
    // constructor → toString → hasOwnProperty
    const stack = aStack([
      aService('constructor'),
      aService('toString', on('constructor')),
      aService('hasOwnProperty', on('toString')),
    ]);
    expect(plan(stack, aHistory({ constructor: 100 })).unknown).to.deep.equal(['toString', 'hasOwnProperty']);
  });

  it('A7: plans a chain of 10,000 services, and 10,000 that wait for one slot each, without recursion', () => {
    // s0 → s1 → … → s9999
    const chain = aStack(
      Array.from({ length: 10_000 }, (_, index) => aService(`s${index}`, index === 0 ? {} : on(`s${index - 1}`))),
    );
    expect(plan(chain).critical).to.have.lengthOf(10_000);
    // s0;  s1;  … s9999
    const flat = aStack(
      Array.from({ length: 10_000 }, (_, index) => aService(`s${index}`)),
      { maxParallel: 2 },
    );
    expect(plan(flat).critical).to.have.lengthOf(5_000);
  });

  it('is never later than starting by name, and earlier on average, on 300 random graphs with two slots', () => {
    // random
    let [byPlan, byName] = [0, 0];
    for (let seed = 1; seed <= 300; seed++) {
      const { stack, history, times } = aRandomStack(seed, 2);
      const total = plan(stack, history).total ?? Number.NaN;
      const named = totalByName(stack, times, 2);
      expect(total, `seed ${seed}`).to.be.at.most(named);
      byPlan += total;
      byName += named;
    }
    expect(byPlan).to.be.lessThan(byName * 0.97);
  });

  it('C7: on random graphs nothing starts before its dependencies, no more start than may, and the slack is real', () => {
    // random
    for (let seed = 1; seed <= 200; seed++) {
      const slots = seed % 2 === 0 ? null : 1 + (seed % 3);
      const { stack, history } = aRandomStack(seed, slots);
      const found = plan(stack, history);
      const planned = [...found.services.values()];
      for (const { name, start } of planned) {
        for (const { on: dependency } of stack.services.get(name)?.dependsOn ?? []) {
          expect(start).to.be.at.least(found.services.get(dependency)?.ready ?? Number.NaN);
        }
        const running = planned.filter((other) => other.start <= start && other.ready > start).length;
        expect(running).to.be.at.most(slots ?? planned.length);
      }
      const [first] = planned.filter(({ critical }) => critical);
      expect(first?.slack).to.be.closeTo(0, 1e-9);
      const loose = planned.find(({ slack }) => slack > 1);
      if (loose === undefined || slots !== null) continue;
      expect(plan(stack, history, { durations: new Map([[loose.name, loose.weight + loose.slack]]) }).total).to.be.closeTo(
        found.total ?? 0,
        1e-6,
      );
      expect(
        plan(stack, history, { durations: new Map([[loose.name, loose.weight + loose.slack + 5]]) }).total,
      ).to.be.greaterThan(found.total ?? 0);
    }
  });
});

type RandomStack = { readonly stack: Stack; readonly history: History; readonly times: Readonly<Record<ServiceName, Ms>> };

const aRandomStack = (seed: number, maxParallel: number | null): RandomStack => {
  const random = aRandom(seed);
  const count = 2 + Math.floor(random() * 25);
  const services = Array.from({ length: count }, (_, index) => {
    const needs = Array.from({ length: index }, (_unused, other) => `s${other}`).filter(() => random() < 2 / count);
    return aService(`s${index}`, on(...needs));
  });
  const times = Object.fromEntries(services.map(({ name }) => [name, 50 + Math.floor(random() * 750)]));
  return { stack: aStack(services, { maxParallel }), history: aHistory(times), times };
};

/** Plainly: at every end, the first by name of those that may start. */
const totalByName = ({ services }: Stack, times: Readonly<Record<ServiceName, Ms>>, slots: number): Ms => {
  const ends = new Map<ServiceName, Ms>();
  const names = [...services.keys()].sort();
  const isFree = (name: ServiceName, now: Ms): boolean =>
    !ends.has(name) &&
    (services.get(name)?.dependsOn ?? []).every((edge) => (ends.get(edge.on) ?? Number.POSITIVE_INFINITY) <= now);
  for (let now = 0; ; now = Math.min(...[...ends.values()].filter((end) => end > now))) {
    for (;;) {
      const busy = [...ends.values()].filter((end) => end > now).length;
      const next = busy < slots ? names.find((name) => isFree(name, now)) : undefined;
      if (next === undefined) break;
      ends.set(next, now + (times[next] ?? 0));
    }
    if (ends.size === names.length) return Math.max(...ends.values());
  }
};
