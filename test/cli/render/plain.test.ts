import { expect } from 'chai';
import type { Change } from '../../../lib/domain/events.ts';
import type { Service } from '../../../lib/domain/service.ts';
import type { ServiceSnapshot } from '../../../lib/domain/snapshot.ts';
import { type Failure, noRestarts, type ServiceState } from '../../../lib/domain/state.ts';
import { takeServiceSnapshot } from '../../../lib/domain/take-snapshot.ts';
import { toChangeLine, toEventLine, toOutcomeLine } from '../../../lib/interfaces/cli/render/json.ts';
import { renderChange } from '../../../lib/interfaces/cli/render/plain.ts';
import { createTheme } from '../../../lib/interfaces/cli/render/theme.ts';
import { toNews } from '../../../lib/interfaces/control/news.ts';
import { inState, ready, starting, stopping } from '../../support/records.ts';
import { aService, aTask } from '../../support/stacks.ts';

const look = { colour: false, unicode: true };
const theme = createTheme(look);
const api = aService('api', { ports: [{ name: null, wanted: 3000 }] });
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };

const change = (
  before: ServiceState,
  after: ServiceState,
  more: { at?: number; attempt?: number; streak?: number } = {},
): Change => ({
  name: 'api',
  before: inState(before),
  after: inState(after, { attempt: more.attempt ?? 1, restarts: { ...noRestarts, streak: more.streak ?? 0 } }),
  event: { type: 'startRequested' },
  at: more.at ?? 800,
});

type Told = { readonly service: Service; readonly time?: string };

const seen = ({ after, at }: Change, service: Service): ServiceSnapshot =>
  takeServiceSnapshot({ service, record: after, now: at, began: at });

const lineOf = (step: Change, { service, time = '' }: Told): string | null =>
  renderChange(seen(step, service), { news: toNews(step, seen(step, service)), time, theme });

const jsonOf = (step: Change, { service, at }: { readonly service: Service; readonly at: number }): string | null =>
  toChangeLine(seen(step, service), { news: toNews(step, seen(step, service)), at });

describe('plain lines, where there is no terminal', () => {
  const idle: ServiceState = { kind: 'idle' };
  const waiting: ServiceState = { kind: 'waiting', since: 0, on: ['db'], forSlot: false };
  const unhealthy: ServiceState = {
    kind: 'unhealthy',
    since: 2_000,
    readySince: 800,
    process: ready().process,
    passes: 0,
    detail: 'no answer in 1 s',
  };
  const backoff: ServiceState = { kind: 'backoff', since: 800, until: 1_800, failure: crashed, retry: 1, of: 5 };
  const failed: ServiceState = { kind: 'failed', since: 800, failure: crashed, restarts: 5, breakerOpen: true };
  const stopped: ServiceState = { kind: 'stopped', since: 800, reason: { kind: 'user' }, killedAfter: null };
  const told: readonly (readonly [Change, string | null])[] = [
    [change(idle, waiting), null],
    [change(waiting, starting({ phase: 'ports', process: null })), null],
    [change(starting({ phase: 'spawning', process: null }), starting()), 'starting (pid 123)'],
    [change(starting({ phase: 'spawning', process: null }), starting(), { streak: 1 }), 'starting (pid 123, try 2)'],
    [change(starting(), starting({ lastProbe: 'connection refused' })), null],
    [change(starting(), ready()), 'ready (800 ms)'],
    [change(ready(), ready({ failures: 1 })), null],
    [change(ready(), unhealthy, { at: 2_000 }), 'unhealthy: no answer in 1 s'],
    [change(unhealthy, ready(), { at: 5_500 }), 'ready again after 3.5 s'],
    [change(starting(), backoff), 'backoff: next try in 1.0 s (1/5): exited with code 1 before it was ready'],
    [change(starting(), failed), 'failed (5 restarts in 60 s): exited with code 1 before it was ready'],
    [change(waiting, { kind: 'skipped', since: 800, chain: ['db'] }), 'skipped: api → db: db failed'],
    [change(ready(), stopping({ phase: 'dependents' })), null],
    [change(starting(), stopping({ phase: 'spawn', process: null })), null],
    [change(stopping({ phase: 'dependents' }), stopping()), 'stopping'],
    [change(ready(), stopping()), 'stopping'],
    [change(stopping({ phase: 'dependents' }), stopping({ phase: 'killing' })), 'stopping'],
    [change(stopping(), stopping({ phase: 'killing' })), null],
    [change({ kind: 'skipped', since: 0, chain: ['db'] }, stopped), null],
    [change(waiting, stopped, { attempt: 0 }), null],
    [change(waiting, stopped, { attempt: 2 }), 'stopped'],
    [change(backoff, stopped), 'stopped'],
    [change(starting({ phase: 'spawning', process: null }), ready({ since: 0 })), 'ready (0 ms, pid 123)'],
    [change(starting({ phase: 'spawning', process: null }), ready({ since: 0 }), { streak: 1 }), 'ready (0 ms, pid 123, try 2)'],
    [
      change(stopping(), { kind: 'stopped', since: 800, reason: { kind: 'user' }, killedAfter: 5_000 }),
      'stopped (killed after 5.0 s)',
    ],
    [
      change(starting(), { kind: 'completed', since: 800, exit: { code: 0, signal: null } }),
      'completed (800 ms): ended by itself',
    ],
  ];
  for (const [step, line] of told) {
    it(`${step.before.state.kind} → ${step.after.state.kind}: ${line ?? 'not worth a line'}`, () => {
      const text = lineOf(step, { service: api, time: '12:03:04.123' });
      expect(text).to.equal(line === null ? null : `12:03:04.123 api ${line}`);
    });
  }

  it('a task that is done is completed, and nothing more', () => {
    const step = change(starting(), { kind: 'completed', since: 800, exit: { code: 0, signal: null } });
    expect(lineOf(step, { service: aTask('api') })).to.equal(' api completed (800 ms)');
  });

  it('a task with unchanged inputs is reused, and not told as if it had run', () => {
    const step: Change = {
      ...change(starting({ phase: 'ports', process: null }), { kind: 'completed', since: 0, exit: { code: 0, signal: null } }),
      event: { type: 'foundDone', attempt: 1 },
    };
    expect(lineOf(step, { service: aTask('seed') })).to.equal(' seed reused: its inputs are unchanged');
  });

  it('on_loss: restart says why it stops, to people and to machines', () => {
    const step = change(ready(), stopping({ next: { to: 'start' } }));
    const lost = (...names: string[]): Change => ({ ...step, before: { ...step.before, lost: names } });
    expect(lineOf(lost('cache'), { service: api })).to.equal(' api stopping: cache was lost and is back');
    expect(lineOf(lost('cache', 'db'), { service: api })).to.equal(' api stopping: cache, db were lost and are back');
    expect(JSON.parse(jsonOf(lost('cache'), { service: api, at: 0 }) ?? '')).to.include({
      type: 'serviceStopping',
      reason: 'cache was lost and is back',
    });
    expect(lineOf(step, { service: api })).to.equal(' api stopping');
  });

  it('a port that the system chose is told when the service is ready', () => {
    const step = change(starting(), ready());
    const bound: Change = { ...step, after: { ...step.after, ports: [{ name: null, port: 37_039 }] } };
    const service = aService('api', { ports: [{ name: null, wanted: null }] });
    expect(lineOf(bound, { service })).to.equal(' api ready (800 ms): on port 37039');
  });

  it('as JSON: one line an event, with the names of the library', () => {
    const line = jsonOf(change(starting(), ready()), { service: api, at: Date.UTC(2026, 0, 2) });
    expect(line).not.to.contain('\n');
    const data: unknown = JSON.parse(line ?? '');
    expect(data).to.include({
      at: '2026-01-02T00:00:00.000Z',
      type: 'serviceReady',
      service: 'api',
      state: 'ready',
      from: 'starting',
      pid: 123,
      bootTime: 800,
    });
    expect(jsonOf(change(ready(), ready({ failures: 1 })), { service: api, at: 0 })).to.equal(null);
  });

  it('as JSON: the outcome, and anything else', () => {
    const outcome = { settled: true, verdict: 'timed-out', causes: [], open: [] } as const;
    expect(JSON.parse(toOutcomeLine(outcome, { at: 0, stack: 'shop', elapsed: 1.6 }))).to.deep.equal({
      at: '1970-01-01T00:00:00.000Z',
      type: 'stackFailed',
      stack: 'shop',
      verdict: 'timed-out',
      elapsed: 2,
      causes: [],
    });
    expect(JSON.parse(toEventLine('notice', { at: 0, text: 'x' }))).to.deep.equal({
      at: '1970-01-01T00:00:00.000Z',
      type: 'notice',
      text: 'x',
    });
  });
});
