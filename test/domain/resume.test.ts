import { expect } from 'chai';
import type { Resumed } from '../../lib/domain/events.ts';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RecordedService } from '../../lib/domain/recorded.ts';
import { type Found, type Resumption, resume } from '../../lib/domain/resume.ts';
import type { Service } from '../../lib/domain/service.ts';
import { aDependency, aService, aTask } from '../support/stacks.ts';

const wall = 1_700_000_000_000;
const identity = { pid: 4_711, startTime: '100', bootId: 'boot' };

const recorded = (overrides: Partial<RecordedService> = {}): RecordedService => ({
  attempt: 3,
  restarts: 0,
  restartTimes: null,
  streak: 0,
  desired: 'running',
  state: 'ready',
  since: wall - 10_000,
  process: identity,
  ports: [],
  startedAt: wall - 12_000,
  earlier: null,
  lastHealth: 'healthy',
  until: null,
  failure: null,
  askedAt: null,
  next: null,
  stoppedFor: null,
  definitionHash: 'a',
  ...overrides,
});

const alive = (overrides: Partial<Found> = {}): Found => ({ identity, service: 'a', attempt: 3, leads: true, ...overrides });

const resumeAll = (
  services: readonly Service[],
  records: Readonly<Record<string, RecordedService>>,
  found: readonly Found[] = [],
): Resumption => {
  const map = new Map(services.map((service) => [service.name, service]));
  return resume({ services: map, order: buildGraph(map).order, recorded: records, found, now: 500, wall });
};

/** Of the one service `a`. */
const asOf = (record: Partial<RecordedService>, found: readonly Found[] = [], service = aService('a')): Resumed | undefined =>
  resumeAll([service], { a: recorded(record) }, found).adoptions.get('a')?.as;

describe('what a supervisor that was killed has left', () => {
  it('F14: what runs unchanged is taken over as it is', () => {
    expect(asOf({}, [alive()])).to.deep.equal({ kind: 'running', identity, was: 'ready', spawnedAt: 500 - 12_000 });
  });

  it('F06: what was starting goes on with the time since its spawn', () => {
    const as = asOf({ state: 'starting', startedAt: wall - 2_000 }, [alive()]);
    expect(as).to.include({ kind: 'running', was: 'starting', spawnedAt: -1_500 });
  });

  it('F06: what earlier attempts had left is known to whoever goes on, or else when this one began', () => {
    const earlierOf = (record: Partial<RecordedService>) =>
      resumeAll([aService('a')], { a: recorded(record) }, [alive()]).adoptions.get('a')?.earlier;
    const earlier = { logs: [{ offset: 12, base: 4096 }], sign: 'a mark' };
    expect(earlierOf({ state: 'starting', earlier })).to.deep.equal(earlier);
    expect(earlierOf({ state: 'ready', earlier })).to.deep.equal(earlier);
    // As an older muster has written it down, or one that was killed before it had.
    expect(earlierOf({ state: 'starting', since: wall - 3_000, startedAt: wall - 2_000 })).to.deep.equal({ before: -2_500 });
    expect(earlierOf({ state: 'starting', since: wall - 1_000, startedAt: wall - 2_000 })).to.deep.equal({ before: -1_500 });
    expect(earlierOf({ state: 'starting', since: wall - 3_000, startedAt: null })).to.deep.equal({ before: -2_500 });
    expect(earlierOf({ state: 'ready' })).to.equal(undefined);
  });

  it('F05: a process that was announced and not written down is found by its marker', () => {
    const child = alive({ identity: { ...identity, pid: 4_712, startTime: '101' }, leads: false });
    const as = asOf({ state: 'starting', process: null }, [child, alive()]);
    expect(as).to.include({ kind: 'running', was: 'starting' });
  });

  it('F05: a child whose leader is gone is not taken for it', () => {
    expect(asOf({ state: 'starting', process: null }, [alive({ leads: false })])?.kind).to.equal('resting');
  });

  it('F10: another definition is not taken over; its number goes on', () => {
    const { adoptions, wanted } = resumeAll([aService('a', { definitionHash: 'new' })], { a: recorded() }, [alive()]);
    expect(adoptions.get('a')).to.deep.include({ number: 3, as: { kind: 'resting' } });
    expect(wanted).to.deep.equal(['a']);
  });

  it('F08: a stop that was asked for 2 s ago has 3 of its 5 s left, and is followed by nothing', () => {
    const record = { state: 'stopping', desired: 'stopped', askedAt: wall - 2_000, next: 'stopped' } as const;
    expect(asOf(record, [alive()])).to.deep.equal({
      kind: 'stopping',
      identity,
      graceLeft: 3_000,
      next: { to: 'stopped', reason: { kind: 'user' } },
    });
    expect(resumeAll([aService('a')], { a: recorded(record) }, [alive()]).wanted).to.deep.equal([]);
  });

  it('F10: half way through a restart: what was to follow the stop follows it', () => {
    const as = asOf({ state: 'stopping', next: 'start' }, [alive()]);
    expect(as).to.deep.include({ kind: 'stopping', graceLeft: null, next: { to: 'start' } });
    expect(resumeAll([aService('a')], { a: recorded({ state: 'stopping', next: 'start' }) }).wanted).to.deep.equal(['a']);
  });

  it('F09: the back-off has the wait that was left, and its counts', () => {
    const record = recorded({
      state: 'backoff',
      process: null,
      until: wall + 3_000,
      failure: 'exited with code 1',
      restarts: 2,
      streak: 2,
      restartTimes: [wall - 4_000, wall - 1_000],
    });
    const adoption = resumeAll([aService('a')], { a: record }).adoptions.get('a');
    expect(adoption).to.deep.include({
      as: { kind: 'backoff', left: 3_000, failure: { kind: 'earlier', said: 'exited with code 1' } },
      restarts: { times: [-3_500, -500], streak: 2, sinceReady: 2 },
    });
  });

  it('F09: a clock that was set back does not make it wait for longer than its policy ever would', () => {
    expect(asOf({ state: 'backoff', process: null, until: wall + 7_200_000 })).to.include({ left: 16_000 });
  });

  it('F15: one that died while nobody looked is told so', () => {
    expect(resumeAll([aService('a')], { a: recorded() })).to.deep.include({ unseen: ['a'], wanted: ['a'] });
  });

  it('F50: the number of a recorded process that is another one by now means nothing', () => {
    expect(asOf({}, [alive({ identity: { ...identity, startTime: '999' } })])?.kind).to.equal('died');
  });

  it('what was stopped by hand stays stopped, and a failure stays one', () => {
    expect(asOf({ state: 'stopped', desired: 'stopped', process: null })).to.deep.equal({
      kind: 'stopped',
      reason: { kind: 'user' },
    });
    expect(asOf({ desired: 'stopped', state: 'stopped', process: null, stoppedFor: 'db' })).to.deep.equal({
      kind: 'stopped',
      reason: { kind: 'dependency-lost', on: 'db' },
    });
    expect(asOf({ state: 'failed', process: null, failure: 'exited with code 3' })).to.deep.equal({
      kind: 'failed',
      failure: { kind: 'earlier', said: 'exited with code 3' },
    });
  });

  // migrate ─► a
  it('a task that is done is not done again, unless what it worked on is started anew', () => {
    const services = [aService('db'), aTask('a', { dependsOn: [aDependency('db')] })];
    const done = recorded({ state: 'completed', process: null });
    const db = { ...recorded({ definitionHash: 'db' }), attempt: 1 };
    const withDb = resumeAll(services, { db, a: done }, [alive({ service: 'db', attempt: 1 })]);
    expect(withDb.adoptions.get('a')?.as.kind).to.equal('completed');
    expect(resumeAll(services, { db, a: done }).adoptions.get('a')?.as.kind).to.equal('resting');
  });
});
