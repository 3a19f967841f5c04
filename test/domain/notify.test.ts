import { expect } from 'chai';
import type { Change } from '../../lib/domain/events.ts';
import { type Payload, toOutcomePayload, toServicePayload, toStopPayload } from '../../lib/domain/notify.ts';
import type { Failure, ServiceRecord } from '../../lib/domain/state.ts';
import { inState, ready, starting } from '../support/records.ts';
import { aService, aStack } from '../support/stacks.ts';

const api = aService('api', { label: 'Web API' });
const stack = aStack([api], { name: 'shop' });
const about = { stack, at: '2026-11-29T10:00:00.000Z' };

const toldOf = (before: ServiceRecord, after: ServiceRecord): Payload | null => {
  const change: Change = { name: 'api', before, after, event: { type: 'startRequested' }, at: 0 };
  return toServicePayload(change, api, about);
};

const failedBy = (failure: Failure): Payload | null =>
  toldOf(inState(starting()), inState({ kind: 'failed', since: 0, failure, restarts: 2, breakerOpen: true }));

describe('what a webhook is told', () => {
  it('is the event, one sentence, and the facts', () => {
    expect(failedBy({ kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true })).to.deep.equal({
      event: 'serviceFailed',
      at: '2026-11-29T10:00:00.000Z',
      text: 'shop: Web API failed: exited with code 1 before it was ready',
      stack: { name: 'shop', environment: 'development' },
      service: {
        name: 'api',
        label: 'Web API',
        state: 'failed',
        from: 'starting',
        attempt: 1,
        restarts: 0,
        reason: 'exited with code 1 before it was ready',
      },
    });
  });

  it('tells a service that becomes unhealthy, and that it is well again', () => {
    const unhealthy = inState({
      kind: 'unhealthy',
      since: 0,
      readySince: 0,
      process: ready().process,
      passes: 0,
      detail: 'body: token=canary',
    });
    expect(toldOf(inState(ready()), unhealthy)).to.include({ event: 'healthChanged', text: 'shop: Web API is unhealthy' });
    expect(toldOf(unhealthy, inState(ready()))).to.include({ event: 'healthChanged', text: 'shop: Web API is well again' });
  });

  it('is nothing for what only counts inside a state', () => {
    expect(toldOf(inState(ready()), inState(ready({ failures: 1 })))).to.equal(null);
  });

  it('holds no output of a program and no value of the environment, however it failed', () => {
    const canary = 'canary-5f1c';
    const identity = { pid: 1, startTime: '1', bootId: 'b' };
    const failures: readonly Failure[] = [
      { kind: 'not-ready', after: 1_000, lastProbe: canary },
      { kind: 'unhealthy', detail: canary },
      { kind: 'hook', hook: 'before_start', end: { how: 'exited with code 1', said: canary } },
      {
        kind: 'spawn',
        failure: { stage: 'program', code: 'ENOENT', message: 'x was not found', passing: false, searched: canary },
      },
      {
        kind: 'port',
        refusal: {
          port: 1,
          why: 'stranger',
          holders: [
            {
              port: 1,
              address: '127.0.0.1',
              process: identity,
              command: canary,
              user: canary,
              uid: 0,
              since: null,
              marker: null,
            },
          ],
        },
      },
      { kind: 'survived', survivors: [{ pid: 1, command: canary, user: canary }] },
      { kind: 'boot-timeout', after: 1, last: { kind: 'unhealthy', detail: canary } },
    ];
    for (const failure of failures) {
      const told = JSON.stringify(failedBy(failure));
      expect(told, failure.kind).to.include('serviceFailed');
      expect(told, failure.kind).not.to.include(canary);
    }
  });

  it('tells how a boot ended, and that everything has stopped', () => {
    const outcome = { settled: true, causes: [], open: [] } as const;
    expect(toOutcomePayload({ ...outcome, verdict: 'up' }, about)).to.include({ event: 'stackReady', text: 'shop is up' });
    expect(toOutcomePayload({ ...outcome, verdict: 'degraded' }, about).event).to.equal('stackDegraded');
    expect(toOutcomePayload({ ...outcome, verdict: 'timed-out' }, about).event).to.equal('stackFailed');
    expect(toStopPayload(null, about).event).to.equal('stackStopping');
    expect(toStopPayload(['api'], about)).to.deep.include({ event: 'stackStopped', survivors: ['api'] });
  });
});
