import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { Hook, Service, ServiceName } from '../../lib/domain/service.ts';
import { candidatesAfter, mayStandBy, nextToStandBy, toDismiss } from '../../lib/domain/standby.ts';
import { newRecord, type ServiceRecord, type ServiceState, type StateOf } from '../../lib/domain/state.ts';
import { starting as aStarting, ready } from '../support/records.ts';
import { aDependency, aService } from '../support/stacks.ts';

const waiting = (...on: ServiceName[]): ServiceState => ({ kind: 'waiting', since: 0, on, forSlot: false });
const forSlot: ServiceState = { kind: 'waiting', since: 0, on: [], forSlot: true };
const skipped: ServiceState = { kind: 'skipped', since: 0, chain: ['db'] };

const starting = (phase: StateOf<'starting'>['phase']): ServiceState => aStarting({ phase });
const record = (state: ServiceState, overrides: Partial<ServiceRecord> = {}): ServiceRecord => ({
  ...newRecord,
  state,
  ...overrides,
});

const seen = (
  services: readonly Service[],
  states: Readonly<Record<ServiceName, ServiceState | ServiceRecord>>,
  priority: (name: ServiceName) => number = () => 0,
) => {
  const all = new Map(services.map((service) => [service.name, service]));
  const graph = buildGraph(all);
  const records = new Map(
    Object.entries(states).map(([name, state]) => [name, 'kind' in state ? record(state) : state] as const),
  );
  return { services: all, records, priority, dependentsOf: graph.dependentsOf };
};

describe('who stands by before its turn', () => {
  // db ──► api ──► web      cache ──► web
  const db = aService('db');
  const cache = aService('cache');
  const api = aService('api', { dependsOn: [aDependency('db')] });
  const web = aService('web', { dependsOn: [aDependency('api'), aDependency('cache')] });
  const stack = [db, cache, api, web];

  it('one that waits only for what has been spawned and is not ready yet', () => {
    const now = seen(stack, { db: starting('probing'), cache: ready(), api: waiting('db'), web: waiting('api') });
    expect(stack.map(({ name }) => name).filter((name) => mayStandBy(name, now))).to.deep.equal(['api']);
  });

  it('none whose dependency waits itself, is being spawned, or has ended', () => {
    for (const state of [waiting('x'), starting('ports'), starting('before-start'), starting('spawning'), skipped]) {
      expect(mayStandBy('api', seen(stack, { db: state, api: waiting('db') })), state.kind).to.equal(false);
    }
    const now = seen(stack, { api: starting('probing'), cache: waiting('x'), web: waiting('api', 'cache') });
    expect(mayStandBy('web', now)).to.equal(false);
  });

  it('none that has something to do between its turn and its spawn', () => {
    const hook: Hook = { command: { kind: 'direct', program: 'x', args: [] }, timeout: 1 };
    const others: readonly Partial<Service>[] = [
      { waitBeforeStart: 5 },
      { hooks: { before_start: hook } },
      { inputs: ['src/**'], type: 'task' },
    ];
    const states = { db: starting('probing'), api: waiting('db') };
    for (const other of others) expect(mayStandBy('api', seen([db, { ...api, ...other }], states))).to.equal(false);
    expect(mayStandBy('api', seen([db, { ...api, hooks: { after_ready: hook } }], states))).to.equal(true);
  });

  it('none that comes back after a crash, and none that is not part of the stack', () => {
    const restarts = { times: [1], streak: 1, sinceReady: 1 };
    const states = { db: starting('probing'), api: record(waiting('db'), { restarts }) };
    expect(mayStandBy('api', seen(stack, states))).to.equal(false);
    expect(mayStandBy('gone', seen(stack, { gone: waiting('db'), db: starting('probing') }))).to.equal(false);
  });

  it('is looked for among those that need what was spawned, and those that wait for less than before', () => {
    const event = { type: 'slotGranted' } as const;
    const change = (name: ServiceName, before: ServiceState, after: ServiceState) => ({
      ...{ name, before: record(before), after: record(after), event, at: 0 },
    });
    const spawned = seen(stack, { db: starting('probing'), api: waiting('db'), web: waiting('api', 'cache') });
    expect(candidatesAfter([change('db', starting('spawning'), starting('probing'))], spawned)).to.deep.equal(['api']);
    expect(candidatesAfter([change('db', starting('probing'), starting('probing'))], spawned)).to.deep.equal([]);
    const less = seen(stack, { api: ready(), cache: starting('probing'), web: waiting('cache') });
    expect(candidatesAfter([change('web', waiting('api', 'cache'), waiting('cache'))], less)).to.deep.equal(['web']);
    // A thousand that start at once wait for nobody.
    expect(candidatesAfter([change('api', waiting('db'), forSlot)], seen(stack, { api: forSlot }))).to.deep.equal([]);
  });

  it('the one with the longest way behind it first, and four at most', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const way: Readonly<Record<ServiceName, number>> = { a: 1, b: 9, c: 3, d: 2, e: 5, f: 4 };
    const fan = names.map((name) => aService(name, { dependsOn: [aDependency('db')] }));
    const states = Object.fromEntries([['db', starting('probing')], ...names.map((name) => [name, waiting('db')] as const)]);
    const now = seen([db, ...fan], states, (name) => way[name] ?? 0);
    const standing = new Map<ServiceName, number>();
    for (let next = nextToStandBy(names, standing, now); next !== null; next = nextToStandBy(names, standing, now)) {
      standing.set(next, 1);
    }
    expect([...standing.keys()]).to.deep.equal(['b', 'e', 'f', 'c']);
    expect(nextToStandBy([], new Map(), now)).to.equal(null);
  });

  describe('is dismissed', () => {
    const dismissed = (states: Readonly<Record<ServiceName, ServiceState | ServiceRecord>>): ServiceName[] =>
      toDismiss(new Map([['api', 2]]), seen(stack, states));

    it('not while it waits, for a slot either, nor on its way to the spawn that it is for', () => {
      expect(dismissed({ db: starting('probing'), api: waiting('db') })).to.deep.equal([]);
      expect(dismissed({ db: ready(), api: forSlot })).to.deep.equal([]);
      for (const phase of ['ports', 'spawning'] as const) {
        expect(dismissed({ db: ready(), api: record(starting(phase), { attempt: 2 }) }), phase).to.deep.equal([]);
      }
    });

    it('when it has been spawned, or another attempt is', () => {
      expect(dismissed({ db: ready(), api: record(starting('probing'), { attempt: 2 }) })).to.deep.equal(['api']);
      expect(dismissed({ db: ready(), api: record(starting('spawning'), { attempt: 3 }) })).to.deep.equal(['api']);
    });

    it('when its dependency has failed or tries again, and when it is stopped itself', () => {
      const stopped: ServiceState = { kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null };
      expect(dismissed({ db: stopped, api: skipped })).to.deep.equal(['api']);
      expect(dismissed({ db: waiting('x'), api: waiting('db') })).to.deep.equal(['api']);
      expect(dismissed({ db: starting('probing'), api: stopped })).to.deep.equal(['api']);
      expect(dismissed({})).to.deep.equal(['api']);
    });
  });
});
