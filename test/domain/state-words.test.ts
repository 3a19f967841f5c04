import { expect } from 'chai';
import type { Service, Text } from '../../lib/domain/service.ts';
import { type Failure, noRestarts, type ServiceRecord, type ServiceState } from '../../lib/domain/state.ts';
import { type Description, describeState } from '../../lib/domain/state-words.ts';
import { inState, ready, starting, stopping } from '../support/records.ts';
import { aProbe, aService, aTask } from '../support/stacks.ts';

const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };
const own = { service: 'api', what: 'port' } as const;
const api = aService('api', {
  ports: [{ name: null, wanted: 3000 }],
  ready: aProbe({ check: { kind: 'tcp', host: '127.0.0.1', port: [own] } }),
});

const describeIt = (state: ServiceState, service: Service = api, more: Partial<ServiceRecord> = {}): Description =>
  describeState({ record: inState(state, more), service, now: 1_200 });

describe('the words for a state', () => {
  it('says who is waited for, or that a slot is', () => {
    expect(describeIt({ kind: 'waiting', since: 0, on: ['db', 'cache'], forSlot: false }).detail).to.equal('waits for db, cache');
    expect(describeIt({ kind: 'waiting', since: 0, on: [], forSlot: true }).detail).to.equal(
      'waits for a free slot (max_parallel)',
    );
  });

  it('counts a delay down', () => {
    expect(describeIt({ kind: 'delayed', since: 0, until: 2_400 }).detail).to.equal('starts in 1.2 s');
    expect(describeIt({ kind: 'delayed', since: 0, until: 1_400 }).detail).to.equal('starts in 0.2 s');
    expect(describeIt({ kind: 'delayed', since: 0, until: 91_200 }).detail).to.equal('starts in 1m 30s');
  });

  it('says what its readiness hangs on', () => {
    const withReady = (check: NonNullable<Service['ready']>['check']): Service => ({ ...api, ready: aProbe({ check }) });
    expect(describeIt(starting()).detail).to.equal('spawned, waits for port 3000');
    expect(describeIt(starting(), api, { ports: [{ name: null, port: 3005 }] }).detail).to.equal('spawned, waits for port 3005');
    expect(describeIt(starting({ lastProbe: 'connection refused' })).reason).to.equal('connection refused');
    expect(describeIt(starting(), withReady({ kind: 'log', pattern: 'x' })).detail).to.equal(
      'spawned, waits for a line in its log',
    );
    expect(describeIt(starting(), withReady({ kind: 'notify' })).detail).to.equal('spawned, waits for its notification');
    expect(describeIt(starting({ phase: 'ports' })).detail).to.equal('claims its port');
    const tried = { attempt: 7, restarts: { ...noRestarts, streak: 2 } };
    expect(describeIt(starting({ phase: 'spawning' }), api, tried).detail).to.equal('is being spawned (try 3)');
    expect(describeIt(starting({ phase: 'spawning' }), api, { attempt: 7 }).detail).to.equal('is being spawned');
    expect(describeIt(starting(), aTask('migrate')).detail).to.equal('runs');
    expect(describeIt(starting({ holding: true }), { ...api, startupDelay: 3_000 }).detail).to.equal(
      'spawned, waits out its startup delay of 3.0 s',
    );
    expect(describeIt(starting({ holding: true }), { ...api, ready: null }, tried).detail).to.equal(
      'spawned, has to stay alive for 2.0 s (try 3)',
    );
  });

  it('names the port that is asked, be it another than its first', () => {
    const asks = (url: Text): string | null => {
      const check = { kind: 'http', url, method: 'GET', headers: {}, status: [], bodyMatches: null } as const;
      return describeIt(starting(), { ...api, ready: aProbe({ check }) }, { ports: [{ name: null, port: 3005 }] }).detail;
    };
    expect(asks(['http://localhost:', own, '/health'])).to.equal('spawned, waits for an HTTP answer on port 3005');
    expect(asks('http://127.0.0.1:9001/health')).to.equal('spawned, waits for an HTTP answer on port 9001');
    expect(asks('http://[::1]:9001')).to.equal('spawned, waits for an HTTP answer on port 9001');
    expect(asks('http://localhost/a:80/')).to.equal('spawned, waits for an HTTP answer');
    expect(asks(['http://localhost:', { service: 'db', what: 'port' }])).to.equal('spawned, waits for an HTTP answer');
    const admin = { ...api, ready: aProbe({ check: { kind: 'tcp', host: '::1', port: '9001' } }) };
    expect(describeIt(starting(), admin).detail).to.equal('spawned, waits for port 9001');
  });

  it('what its probe was answered comes before what it was started anew for', () => {
    const because = { kind: 'watch', file: 'src/gen.txt', more: 0, of: 'gen', at: 0 } as const;
    expect(
      describeIt(starting({ lastProbe: 'connection refused' }), api, { because, restarts: { ...noRestarts, streak: 6 } }),
    ).to.deep.equal({
      detail: 'spawned, waits for port 3000 (try 7)',
      reason: 'connection refused; gen was restarted: src/gen.txt changed',
    });
    expect(describeIt(starting(), api, { because, restarts: { ...noRestarts, streak: 6 } })).to.deep.equal({
      detail: 'spawned, waits for port 3000 (try 7); gen was restarted: src/gen.txt changed',
      reason: null,
    });
  });

  it('says what the last check saw while it is ready but failing', () => {
    expect(describeIt(ready())).to.deep.equal({ detail: null, reason: null });
    expect(describeIt(ready({ failures: 2, lastProbe: 'no answer in 1 s' })).reason).to.equal(
      'last check failed (2): no answer in 1 s',
    );
  });

  it('G6: says that it is on another port than its own; C4: that it came late', () => {
    expect(describeIt(ready(), api, { ports: [{ name: null, port: 3001 }] }).detail).to.equal('on port 3001 instead of 3000');
    expect(describeIt(ready(), api, { late: true }).detail).to.equal('came late');
  });

  it('tells a port that the system chose, and by name where there are several', () => {
    const auto = aService('api', { ports: [{ name: null, wanted: null }] });
    expect(describeIt(ready(), auto, { ports: [{ name: null, port: 37_001 }] }).detail).to.equal('on port 37001');
    const both = aService('api', {
      ports: [
        { name: 'http', wanted: 3000 },
        { name: 'admin', wanted: null },
      ],
    });
    const told = (http: number): string | null =>
      describeIt(ready(), both, {
        ports: [
          { name: 'http', port: http },
          { name: 'admin', port: 37_002 },
        ],
      }).detail;
    expect(told(3000)).to.equal('on port 37002 (admin)');
    expect(told(3001)).to.equal('on ports 3001 instead of 3000 (http), 37002 (admin)');
  });

  it('D1: next try in 4.2 s (3/5), and failed (5 restarts in 60 s)', () => {
    expect(describeIt({ kind: 'backoff', since: 0, until: 5_400, failure: crashed, retry: 3, of: 5 })).to.deep.equal({
      detail: 'next try in 4.2 s (3/5)',
      reason: 'exited with code 1 before it was ready',
    });
    expect(describeIt({ kind: 'failed', since: 0, failure: crashed, restarts: 5, breakerOpen: true }).detail).to.equal(
      '5 restarts in 60 s',
    );
    expect(describeIt({ kind: 'failed', since: 0, failure: crashed, restarts: 0, breakerOpen: false }).detail).to.equal(null);
    expect(
      describeIt({ kind: 'failed', since: 0, failure: crashed, restarts: 3, breakerOpen: true, neverReady: true }).detail,
    ).to.equal('3 restarts, never ready');
  });

  it('E13: says when it was asked to stop, and when it is killed; E6: after how long it was', () => {
    expect(describeIt(stopping()).detail).to.equal('asked to stop 1.2 s ago, is killed in 3.8 s');
    expect(describeIt(stopping({ hurry: 1_000 })).detail).to.equal('asked to stop 1.2 s ago, is killed within 1.0 s');
    expect(describeIt(stopping({ phase: 'dependents' })).detail).to.equal('waits for its dependents to stop');
    expect(describeIt(stopping({ phase: 'killing' })).detail).to.equal('is being killed');
    expect(describeIt({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: 5_000 }).detail).to.equal(
      'killed after 5.0 s',
    );
  });

  it('C2: tells the chain from a skipped service to the root cause', () => {
    const web = aService('web');
    expect(describeIt({ kind: 'skipped', since: 0, chain: ['api', 'db'] }, web)).to.deep.equal({
      detail: 'web → api → db',
      reason: 'db failed',
    });
    const record = inState({ kind: 'skipped', since: 0, chain: ['db'] });
    expect(describeState({ record, service: web, now: 0, rootState: 'stopped' }).reason).to.equal('db was stopped');
  });

  it('D7: a service that ended by itself is told from a task that is done', () => {
    const done: ServiceState = { kind: 'completed', since: 0, exit: { code: 0, signal: null } };
    expect(describeIt(done).detail).to.equal('ended by itself');
    expect(describeIt(done, aTask('migrate')).detail).to.equal(null);
  });
});
