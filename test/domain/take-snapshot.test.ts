import { expect } from 'chai';
import { toStopProgress } from '../../lib/domain/stop-progress.ts';
import { takeSnapshot } from '../../lib/domain/take-snapshot.ts';
import { inState, ready, stopping } from '../support/records.ts';
import { aDependency, aProbe, aService, aStack } from '../support/stacks.ts';

describe('a snapshot', () => {
  it('db → api → web: is in topological order, with times, reasons and the outcome', () => {
    const http = aProbe({ check: { kind: 'http', url: 'http://x', method: 'GET', headers: {}, status: [], bodyMatches: null } });
    const stack = aStack([
      aService('web', { dependsOn: [aDependency('api')] }),
      aService('api', { dependsOn: [aDependency('db')], ready: http, host: '0.0.0.0', ports: [{ name: null, wanted: 3000 }] }),
      aService('db'),
    ]);
    const records = new Map([
      ['db', inState(ready({ since: 1_300, process: { identity: { pid: 7, startTime: '1', bootId: 'b' }, spawnedAt: 1_100 } }))],
      ['api', inState(ready({ since: 1_500 }), { ports: [{ name: null, port: 3000 }] })],
    ]);
    const snapshot = takeSnapshot({ stack, order: ['db', 'api', 'web'], records, now: 2_000, began: 1_000 });
    expect(snapshot).to.include({ elapsed: 1_000, environment: 'development' });
    expect(snapshot.services.map(({ name }) => name)).to.deep.equal(['db', 'api', 'web']);
    expect(snapshot.services[0]).to.include({ state: 'ready', for: 700, bootTime: 200, pid: 7, url: null });
    expect(snapshot.services[1]?.url).to.equal('http://localhost:3000');
    expect(snapshot.services[2]).to.include({ state: 'idle', for: 1_000, pid: null });
    expect(JSON.parse(JSON.stringify(snapshot))).to.deep.equal(snapshot);
  });

  it('names what became of the root cause of a skipped service', () => {
    const stack = aStack([aService('db'), aService('web')]);
    const records = new Map([
      ['db', inState({ kind: 'stopped', since: 0, reason: { kind: 'user' }, killedAfter: null })],
      ['web', inState({ kind: 'skipped', since: 0, chain: ['db'] })],
    ]);
    const { services } = takeSnapshot({ stack, order: ['db', 'web'], records, now: 0, began: 0 });
    expect(services[1]?.reason).to.equal('db was stopped');
  });

  it('E13: lists who a stop waits for, longest asked first, with the limit of each', () => {
    const order = ['a', 'b', 'c', 'd'];
    const stack = aStack(order.map((name) => aService(name)));
    const records = new Map([
      ['a', inState(stopping({ phase: 'dependents', askedAt: null }))],
      ['b', inState(stopping({ askedAt: 900 }))],
      ['c', inState(stopping({ askedAt: 400, hurry: 1_000 }))],
      ['d', inState(stopping({ phase: 'killing', askedAt: 0 }))],
    ]);
    const { services } = takeSnapshot({ stack, order, records, now: 1_000, began: 0 });
    expect(toStopProgress(services)).to.deep.equal({
      left: 4,
      awaited: [
        { name: 'd', asked: 1_000, limit: null },
        { name: 'c', asked: 600, limit: 1_600 },
        { name: 'b', asked: 100, limit: 5_000 },
      ],
    });
  });
});
