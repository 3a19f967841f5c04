import { expect } from 'chai';
import { depthsOf, rootsOf } from '../../lib/domain/causes.ts';
import { explain } from '../../lib/domain/explain.ts';
import { withoutSearched } from '../../lib/domain/explain-notes.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Service, Stack } from '../../lib/domain/service.ts';
import { type Failure, noRestarts, type ServiceRecord, type ServiceState } from '../../lib/domain/state.ts';
import { inState, ready, starting, stopping } from '../support/records.ts';
import { aDependency, aService, aStack, aTask } from '../support/stacks.ts';

const now = 10_000;
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };

// web ─► api ─► db, and api ─► mail (optional)
const services = (overrides: Readonly<Record<string, Partial<Service>>> = {}): Service[] => [
  aService('db', overrides.db),
  aService('mail', { optional: true, ...overrides.mail }),
  aService('api', { dependsOn: [aDependency('db'), aDependency('mail', { required: false })], ...overrides.api }),
  aService('web', { dependsOn: [aDependency('api')], ...overrides.web }),
];

type States = Readonly<Record<string, ServiceState | ServiceRecord>>;

const why = (name: string, states: States, stack: Stack = aStack(services())): string[] =>
  explain(name, {
    stack,
    graph: buildGraph(stack.services),
    records: new Map(Object.entries(states).map(([of, state]) => [of, 'state' in state ? state : inState(state)])),
    now,
    wall: 1_000_000,
    toTime: (epoch) => `t=${epoch / 1000}`,
  }).map(({ service, state, because }) => `${service} (${state}): ${because}`);

const waitsFor = (...on: readonly string[]): ServiceState => ({ kind: 'waiting', since: 0, on, forSlot: false });
const skipped = (...chain: readonly string[]): ServiceState => ({ kind: 'skipped', since: 0, chain });
const backoff: ServiceState = { kind: 'backoff', since: 9_000, until: 14_200, failure: crashed, retry: 3, of: 5 };
const failed = (failure: Failure = crashed, breakerOpen = false): ServiceState => ({
  kind: 'failed',
  since: 9_000,
  failure,
  restarts: 5,
  breakerOpen,
});
const stopped = (
  reason: Extract<ServiceState, { kind: 'stopped' }>['reason'],
  killedAfter: number | null = null,
): ServiceState => ({
  kind: 'stopped',
  since: 8_000,
  reason,
  killedAfter,
});

describe('why a service is in its state', () => {
  it('nobody: a name that the stack does not have', () => {
    expect(why('nobody', {})).to.deep.equal([]);
  });

  it('waiting: what it waits for, down to the root', () => {
    const states = { web: waitsFor('api'), api: waitsFor('db'), db: starting({ lastProbe: 'connection refused' }) };
    expect(why('web', states)).to.deep.equal([
      'web (waiting): waits for api',
      'api (waiting): waits for db',
      'db (starting): spawned, waits for port 1, so far for 10.0 s of at most 1m 0s; the last check said: connection refused',
    ]);
  });

  it('waiting for several: the one in the most trouble is followed', () => {
    const states = { api: waitsFor('db', 'mail'), db: starting(), mail: backoff };
    expect(why('api', states)).to.deep.equal([
      'api (waiting): waits for db, mail',
      'mail (backoff): exited with code 1 before it was ready; next try in 4.2 s (3/5)',
    ]);
  });

  it('waiting for a slot: who has them', () => {
    const stack = aStack(services(), { maxParallel: 2 });
    const states = { web: { kind: 'waiting', since: 0, on: [], forSlot: true }, api: starting(), db: starting() } as const;
    expect(why('web', states, stack)).to.deep.equal([
      'web (waiting): waits for a free slot (max_parallel is 2, taken by db, api)',
    ]);
  });

  it('delayed and starting: how long yet, and how long at most', () => {
    const stack = aStack([aService('a', { waitBeforeStart: 3_000 }), aTask('t')]);
    const delayed: ServiceState = { kind: 'delayed', since: 9_000, until: 11_500 };
    expect(why('a', { a: delayed }, stack)).to.deep.equal(['a (delayed): starts in 1.5 s (wait_before_start is 3.0 s)']);
    expect(why('a', { a: starting({ phase: 'ports', process: null }) }, stack)).to.deep.equal([
      'a (starting): is about to be spawned',
    ]);
    expect(why('t', { t: starting() }, stack)).to.deep.equal(['t (starting): runs, for 10.0 s']);
  });

  it('ready: since when, and what it does without', () => {
    const states = { api: ready({ since: 4_000 }), db: ready(), mail: failed() };
    expect(why('api', states)).to.deep.equal([
      'api (ready): has been ready for 6.0 s, since t=994; it took 4.0 s; runs without mail, which failed',
    ]);
    const failing = { db: ready({ since: 4_000, failures: 2, lastProbe: 'no answer in 1 s' }) };
    expect(why('db', failing)[0]).to.match(/; last check failed \(2\): no answer in 1 s$/);
  });

  it('C4: says who did not wait for it', () => {
    const late = { api: ready(), mail: inState(ready({ since: 4_000 }), { late: true }) };
    expect(why('mail', late)).to.deep.equal([
      'mail (ready): has been ready for 6.0 s, since t=994; it took 4.0 s; it came late: api did not wait for it',
    ]);
    expect(why('mail', { api: ready(), mail: inState(backoff, { late: true }) })[0]).to.match(/; api did not wait for it$/);
  });

  it('unhealthy: what the last check said', () => {
    const state: ServiceState = {
      kind: 'unhealthy',
      since: 7_000,
      readySince: 1_000,
      process: ready().process,
      passes: 0,
      detail: '503 Service Unavailable',
    };
    expect(why('db', { db: state })).to.deep.equal([
      'db (unhealthy): has been unhealthy for 3.0 s, since t=997: 503 Service Unavailable',
    ]);
  });

  it('failed: the failure, and why it is not tried again', () => {
    expect(why('db', { db: failed(crashed, true) })).to.deep.equal([
      'db (failed): exited with code 1 before it was ready; 5 restarts in 60 s, so it is not tried again',
    ]);
    expect(why('db', { db: failed() })).to.deep.equal(['db (failed): exited with code 1 before it was ready']);
  });

  it('skipped: the chain to the one that failed', () => {
    const states = { web: skipped('api', 'db'), api: skipped('db'), db: failed() };
    expect(why('web', states)).to.deep.equal([
      'web (skipped): was not started, because it needs api',
      'api (skipped): was not started, because it needs db',
      'db (failed): exited with code 1 before it was ready',
    ]);
  });

  // web ─► api, db, mail (optional); api and db failed
  it('skipped for several: a chain to each root, and none to what it would do without', () => {
    const needs = ['api', 'db'].map((on) => aDependency(on));
    const stack = aStack(
      services({ api: { dependsOn: [] }, web: { dependsOn: [...needs, aDependency('mail', { required: false })] } }),
    );
    const states = {
      web: skipped('api'),
      api: failed(),
      db: failed({ ...crashed, exit: { code: 2, signal: null } }),
      mail: failed(),
    };
    expect(why('web', states, stack)).to.deep.equal([
      'web (skipped): was not started, because it needs api, db',
      'api (failed): exited with code 1 before it was ready',
      'db (failed): exited with code 2 before it was ready',
    ]);
    const options = { stack, graph: buildGraph(stack.services), now, wall: 0 };
    const records = new Map(Object.entries(states).map(([of, state]) => [of, inState(state)]));
    const steps = explain('web', { ...options, records });
    expect(steps.map(({ depth }) => depth)).to.deep.equal([undefined, undefined, 1]);
    expect(depthsOf(steps)).to.deep.equal([0, 1, 1]);
    expect(rootsOf(steps).map(({ service }) => service)).to.deep.equal(['api', 'db']);
  });

  it('a failure that has a subject of its own is told as what it failed of', () => {
    const hook: Failure = { kind: 'hook', hook: 'before_start', end: { how: 'exited with code 4', said: 'no disk' } };
    expect(why('db', { db: failed(hook) })).to.deep.equal([
      'db (failed): failed: its before_start hook exited with code 4: no disk',
    ]);
    expect(why('db', { db: { ...backoff, failure: hook } })[0]).to.match(
      /^db \(backoff\): failed: its before_start hook .*; next try in 4\.2 s/,
    );
  });

  it('one that is tried again since it was not ready in time says so, and which answer it got', () => {
    const stack = aStack(services());
    const options = { stack, graph: buildGraph(stack.services), now, wall: 0 };
    const records = (failure: Failure) => new Map([['db', inState({ ...backoff, failure })]]);
    const late: Failure = {
      kind: 'not-ready',
      after: 1_000,
      lastProbe: null,
      refused: { asks: 'health', said: '404 Not Found' },
    };
    expect(explain('db', { ...options, records: records(late) })[0]).to.deep.include({ late: true, refused: late.refused });
    expect(explain('db', { ...options, records: records(crashed) })[0]).not.to.have.any.keys('late', 'refused');
  });

  it('between two crashes: how often it was restarted lately, and for what', () => {
    const restarts = { times: [1, 9_000, 9_500], streak: 2, sinceReady: 0 };
    const record = inState(ready({ since: 9_900 }), {
      restarts,
      lastFailure: { failure: { ...crashed, beforeReady: false }, at: 9_400 },
    });
    const { restart } = aService('db');
    const stack = aStack(services({ db: { restart: { ...restart, window: 5_000 } } }));
    expect(why('db', { db: record }, stack)[0]).to.match(/; restarted 2 times, last: exited with code 1, 600 ms ago$/);
    const once = inState(ready(), { restarts: { ...restarts, times: [9_000] } });
    expect(why('db', { db: once }, stack)[0]).to.match(/; restarted 1 time$/);
    const long = inState(ready(), { restarts: { ...restarts, times: [1] } });
    expect(why('db', { db: long }, stack)[0]).not.to.include('restarted');
  });

  it('started anew for a file: what its check was answered is told before that', () => {
    const because = { kind: 'watch', file: 'src/gen.txt', more: 0, of: null, at: 0 } as const;
    const record = inState(starting({ lastProbe: 'connection refused' }), { because, restarts: { ...noRestarts, streak: 6 } });
    expect(why('db', { db: record })[0]).to.match(
      /\(try 7\), so far for .*; the last check said: connection refused; src\/gen\.txt changed$/,
    );
  });

  it('stopped: who asked', () => {
    expect(why('db', { db: stopped({ kind: 'user' }, 5_000) })).to.deep.equal([
      'db (stopped): was stopped by hand 2.0 s ago, at t=998; it did not end by itself and was killed after 5.0 s',
    ]);
    const lost = { api: stopped({ kind: 'dependency-lost', on: 'db' }), db: failed() };
    expect(why('api', lost)).to.deep.equal([
      'api (stopped): stopped because db was lost 2.0 s ago, at t=998',
      'db (failed): exited with code 1 before it was ready',
    ]);
    const aborted = { api: stopped({ kind: 'aborted', because: 'db' }), db: failed() };
    expect(why('api', aborted)[0]).to.equal('api (stopped): stopped because db failed 2.0 s ago, at t=998');
  });

  it('stopping: who has to be gone first', () => {
    const states = {
      web: stopping({ askedAt: 8_000 }),
      api: stopping({ phase: 'dependents', askedAt: null }),
      db: stopping({ phase: 'dependents', askedAt: null, next: { to: 'start' } }),
    };
    expect(why('db', states)).to.deep.equal([
      'db (stopping): waits for its dependents to stop; it is started again after that',
      'web (stopping): asked to stop 2.0 s ago, is killed in 3.0 s; somebody asked for it',
    ]);
  });

  it('completed and idle', () => {
    const done: ServiceState = { kind: 'completed', since: 8_000, exit: { code: 0, signal: null } };
    const stack = aStack([aTask('migrate'), aService('api')]);
    expect(why('migrate', { migrate: done }, stack)).to.deep.equal(['migrate (completed): was done 2.0 s ago, at t=998']);
    expect(why('api', { api: done }, stack)).to.deep.equal([
      'api (completed): ended by itself, without an error, 2.0 s ago, at t=998',
    ]);
    expect(why('api', {}, stack)).to.deep.equal(['api (idle): has not been asked to start']);
  });

  it('a chain of ten thousand is told to its end', () => {
    const count = 10_000;
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const stack = aStack(
      names.map((name, index) => aService(name, { dependsOn: index === 0 ? [] : [aDependency(`s${index - 1}`)] })),
    );
    const states = Object.fromEntries(names.map((name, index) => [name, index === 0 ? starting() : waitsFor(`s${index - 1}`)]));
    expect(why(`s${count - 1}`, states, stack)).to.have.lengthOf(count);
  });

  it('S-26: does not tell the folders of PATH', () => {
    const failure: Failure = {
      kind: 'spawn',
      failure: { stage: 'program', code: 'ENOENT', message: 'x was not found', searched: '/secret', passing: false },
    };
    expect(why('db', { db: failed(failure) })).to.deep.equal(['db (failed): failed: x was not found']);
    expect(JSON.stringify(withoutSearched(failure))).not.to.include('secret');
    expect(withoutSearched(crashed)).to.equal(crashed);
  });
});
