import { delimiter } from 'node:path';
import { expect } from 'chai';
import type { Change } from '../../lib/domain/events.ts';
import type { AttemptTimeline, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import type { RootCause } from '../../lib/domain/outcome.ts';
import { noPath, type PortHolder } from '../../lib/domain/process.ts';
import type { Service } from '../../lib/domain/service.ts';
import type { ServiceSnapshot } from '../../lib/domain/snapshot.ts';
import type { Failure, ServiceState } from '../../lib/domain/state.ts';
import { takeServiceSnapshot } from '../../lib/domain/take-snapshot.ts';
import { type FailureReport, renderFailure } from '../../lib/interfaces/cli/render/failure.ts';
import { toChangeLine, toEventLine, toOutcomeLine } from '../../lib/interfaces/cli/render/json.ts';
import { renderChange } from '../../lib/interfaces/cli/render/plain.ts';
import { createPrefixer } from '../../lib/interfaces/cli/render/prefix.ts';
import { renderStopping } from '../../lib/interfaces/cli/render/stop.ts';
import { createTheme } from '../../lib/interfaces/cli/render/theme.ts';
import { toClockTime, toMoment } from '../../lib/interfaces/cli/render/time.ts';
import { renderTiming } from '../../lib/interfaces/cli/render/timing.ts';
import { wrapWhole } from '../../lib/interfaces/cli/render/wrap.ts';
import { toNews } from '../../lib/interfaces/control/news.ts';
import { displayWidth } from '../../lib/util/ansi.ts';
import { inState, ready, starting, stopping } from '../support/records.ts';
import { aRun } from '../support/runs.ts';
import { aService, aTask } from '../support/stacks.ts';

const look = { colour: false, unicode: true };
const theme = createTheme(look);
const api = aService('api', { ports: [{ name: null, wanted: 3000 }] });
const crashed: Failure = { kind: 'exited', exit: { code: 1, signal: null }, beforeReady: true };

const change = (before: ServiceState, after: ServiceState, more: { at?: number; attempt?: number } = {}): Change => ({
  name: 'api',
  before: inState(before),
  after: inState(after, { attempt: more.attempt ?? 1 }),
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

describe('a sentence on a narrow terminal', () => {
  it('is broken between words; what has a word longer than the line is left whole, to be copied', () => {
    expect(wrapWhole('first boot of services.yaml: 9 commands', 20)).to.deep.equal([
      'first boot of',
      'services.yaml: 9',
      'commands',
    ]);
    expect(wrapWhole('short', 20)).to.deep.equal(['short']);
    expect(wrapWhole('it is at /a/path/that/is/quite/long', 20)).to.deep.equal(['it is at /a/path/that/is/quite/long']);
  });
});

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
    [change(starting({ phase: 'spawning', process: null }), starting(), { attempt: 2 }), 'starting (pid 123, try 2)'],
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
    [change(starting({ phase: 'spawning', process: null }), ready({ since: 0 }), { attempt: 2 }), 'ready (0 ms, pid 123, try 2)'],
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

describe('the failure screen', () => {
  const root = (failure: Failure, skipped: readonly (readonly string[])[] = []): RootCause => ({
    name: 'api',
    state: { kind: 'failed', since: 0, failure, restarts: 0, breakerOpen: false },
    optional: false,
    skipped,
  });
  const report = (cause: RootCause, more: Partial<FailureReport> = {}): FailureReport => ({
    cause,
    label: 'api',
    logLines: [],
    logFile: 'logs/api.log',
    lastProbe: null,
    again: 'muster up',
    ...more,
  });
  const options = { ...look, width: 100 };

  it('C2: says what failed, why, what it said last, what it kept from starting, and what to type', () => {
    const cause = root({ kind: 'not-ready', after: 10_000, lastProbe: 'connection refused' }, [
      ['web', 'api'],
      ['mobile', 'web', 'api'],
    ]);
    const lines = renderFailure(report(cause, { logLines: ['loading', 'no config'], lastProbe: 'connection refused' }), options);
    expect(lines).to.deep.equal([
      '✗ api failed: was not ready within 10.0 s',
      '  last lines of logs/api.log:',
      '  │ loading',
      '  │ no config',
      '  last probe: connection refused',
      '  kept from starting: web → api, mobile → web → api',
      '  next: tail -n 50 logs/api.log, then muster up',
    ]);
  });

  it('takes twelve lines at most, whatever there is to say', () => {
    const long = 'word '.repeat(100);
    const skipped = Array.from({ length: 50 }, (_, index) => [`s${index}`, 'api']);
    const cause = root({ kind: 'spawn', failure: { stage: 'program', code: 'X', message: long, passing: false } }, skipped);
    expect(renderFailure(report(cause, { logLines: Array(50).fill(long) }), options).length).to.be.at.most(12);
    const crash = renderFailure(report(root(crashed, skipped), { logLines: Array(50).fill(long), lastProbe: long }), options);
    expect(crash).to.have.length(12);
    for (const line of crash) expect(displayWidth(line)).to.be.at.most(100);
    expect(crash.at(-2)).to.equal('  kept from starting: s0 → api, s1 → api and 48 more');
  });

  it('breaks a long reason between words instead of cutting it', () => {
    const message = 'the program "mailpit" was not found in PATH (/usr/local/bin:/usr/bin:/bin)';
    const cause = {
      ...root({ kind: 'spawn', failure: { stage: 'program', code: 'ENOENT', message, passing: false } }),
      optional: true,
    };
    expect(renderFailure(report(cause, { label: 'Mail catcher' }), { ...options, width: 60 })).to.deep.equal([
      '✗ api (Mail catcher, optional) failed: the program "mailpit"',
      '  was not found in PATH (/usr/local/bin:/usr/bin:/bin)',
      '  next: mend the command of api, then muster up',
    ]);
  });

  describe('B1: a program that is nowhere', () => {
    const nowhere = (searched: string): RootCause => {
      const message = 'the program "mailpit" was not found in PATH';
      return root({ kind: 'spawn', failure: { stage: 'program', code: 'ENOENT', message, searched, passing: false } });
    };
    const lines = (searched: string, width: number | null): string[] =>
      renderFailure(report(nowhere(searched)), { ...options, width });

    it('is one short line; the PATH that was searched is below it, each folder once, in order', () => {
      const path = ['/usr/local/bin', '/usr/bin', '/usr/local/bin', '/bin'].join(delimiter);
      expect(lines(path, null)).to.deep.equal([
        '✗ api failed: the program "mailpit" was not found in PATH',
        '  searched: /usr/local/bin, /usr/bin, /bin',
        '  next: install it, or mend the command of api; then muster up',
      ]);
    });

    it('a PATH that is longer than the terminal is wide is broken between its folders', () => {
      const path = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
      expect(lines(path, 38).slice(-3, -1)).to.deep.equal(['  searched: /usr/local/bin, /usr/bin,', '  /bin']);
    });

    it('without a PATH, it says so', () => {
      expect(lines(noPath, null)[1]).to.equal('  searched: nowhere, PATH is not set');
    });
  });

  it('says so when nothing was printed, and how often it was tried', () => {
    const cause: RootCause = {
      ...root(crashed),
      state: { kind: 'failed', since: 0, failure: crashed, restarts: 5, breakerOpen: true },
    };
    expect(renderFailure(report(cause), options).slice(0, 2)).to.deep.equal([
      '✗ api failed (after 5 restarts): exited with code 1 before it was ready',
      '  it printed nothing to logs/api.log',
    ]);
  });

  it('where nothing was printed, no empty log is to be looked at', () => {
    const next = (failure: Failure): string | undefined => renderFailure(report(root(failure)), options).at(-1);
    expect(next(crashed)).to.equal('  next: run its command by hand (muster exec api -- COMMAND); then muster up');
    expect(next({ kind: 'not-ready', after: 1_000, lastProbe: 'connection refused' })).to.equal(
      '  next: raise the health_timeout of api, or run its command by hand (muster exec api -- COMMAND); then muster up',
    );
  });

  it('a port conflict: who holds it, and how to get it', () => {
    const refusal = { port: 3000, why: 'stranger', holders: [] } as const;
    expect(renderFailure(report(root({ kind: 'port', refusal })), options)).to.deep.equal([
      '✗ api failed: port 3000 is held by another process',
      '  next: muster up --force (ends the holder, after asking), or set another port',
    ]);
  });

  it('a port that is held by a service of this very stack: the next boot sees to it', () => {
    const holder: PortHolder = {
      port: 3000,
      address: '127.0.0.1',
      process: { pid: 7, startTime: '1', bootId: 'b' },
      uid: 1000,
      user: null,
      command: 'node db.js',
      since: null,
      marker: { project: 'p', service: 'db', attempt: 1 },
    };
    const refusal = { port: 3000, why: 'stranger', holders: [holder] } as const;
    expect(renderFailure(report(root({ kind: 'port', refusal })), options).at(-1)).to.equal(
      '  next: muster up again (takes over or ends what an earlier run left)',
    );
    const advised = { ...refusal, advice: 'it is the SSH server; end that session' };
    expect(renderFailure(report(root({ kind: 'port', refusal: advised })), options).at(-1)).to.equal(
      '  next: it is the SSH server; end that session; then muster up',
    );
  });

  it('says what else was noticed of it, within the twelve lines', () => {
    const notes = ['declares port 6211, but listens on 6222'];
    const cause = root({ kind: 'not-ready', after: 1_000, lastProbe: 'connection refused' });
    const lines = renderFailure(report(cause, { notes, lastProbe: 'connection refused', logLines: ['up'] }), options);
    expect(lines.slice(-3)).to.deep.equal([
      '  last probe: connection refused',
      '  note: declares port 6211, but listens on 6222',
      '  next: tail -n 50 logs/api.log, then muster up',
    ]);
    const many = renderFailure(report(cause, { notes: Array(20).fill('a'), logLines: Array(50).fill('b') }), options);
    expect(many).to.have.length(12);
    expect(many.filter((line) => line === '  note: a')).to.have.length(3);
  });

  it('a task that fails was never to be ready', () => {
    const failure: Failure = { kind: 'exited', exit: { code: 4, signal: null }, beforeReady: false };
    expect(renderFailure(report(root(failure)), options)[0]).to.equal('✗ api failed: exited with code 4');
  });

  it('a log path with a blank can be typed as it is shown', () => {
    const lines = renderFailure(report(root(crashed), { logFile: "logs/it's.log", logLines: ['no'] }), options);
    expect(lines.at(-1)).to.equal("  next: tail -n 50 'logs/it'\\''s.log', then muster up");
  });

  it('S2: the log lines of a service move no cursor', () => {
    const lines = renderFailure(report(root(crashed), { logLines: ['\x1b[2J\x1b]0;x\x07\x1b[31mred'] }), {
      ...options,
      colour: true,
    });
    expect(lines.join('\n').replace(/\x1b\[[\d;]*m/g, '')).not.to.match(/\x1b/);
  });
});

describe('the timing table', () => {
  const attempt = (spawned: number, ready: number | null, failed: number | null = null): AttemptTimeline => ({
    begun: spawned,
    portsClear: spawned,
    spawned,
    firstProbe: spawned,
    ready,
    failed,
    reason: null,
  });
  const timeline = (
    satisfied: number,
    attempts: readonly AttemptTimeline[],
    more: Partial<ServiceTimeline> = {},
  ): ServiceTimeline => ({
    satisfied,
    releasedBy: null,
    delayed: null,
    attempts,
    ready: attempts.at(-1)?.ready ?? null,
    outcome: 'ready',
    reason: null,
    definitionHash: 'x',
    ...more,
  });
  const run: RunRecord = {
    ...aRun(1, {}),
    duration: 2_000,
    services: {
      db: timeline(0, [attempt(0, 1_000)]),
      api: timeline(1_000, [attempt(1_000, null, 1_200), attempt(1_400, 2_000)]),
      mail: timeline(0, [], { outcome: 'failed' }),
    },
  };

  it('db → api: shows who waited, started and took how long, and marks the critical path', () => {
    expect(renderTiming(run, { ...look, width: 70, critical: ['db', 'api'], order: ['db', 'api', 'mail'] })).to.deep.equal([
      '   SERVICE  WAITED  STARTED AT            BOOT',
      '*  db         0 ms        0 ms           1.0 s  ━━━━━━━━━━━━',
      '*  api       1.0 s       1.4 s  600 ms (try 2)             ─── ━━━━━━━',
      '   mail       0 ms                      failed',
      'total 2.0 s; critical path (*): db → api',
    ]);
  });

  it('leaves the bars out where there is no room for them', () => {
    const lines = renderTiming(run, { ...look, width: 50, critical: [] });
    expect(lines.join('')).not.to.contain('━');
    expect(lines.at(-1)).to.equal('total 2.0 s');
  });
});

describe('other lines', () => {
  it('E13: while stopping, says who is awaited, how long, and its limit', () => {
    const awaited = [{ name: 'api', asked: 2_100, limit: 5_000 }];
    expect(renderStopping({ left: 4, awaited }, theme)).to.equal('stopping 4: waits for api (2.1 s of 5.0 s)');
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, asked: 0, limit: name === 'a' ? null : 1_000 }));
    expect(renderStopping({ left: 9, awaited: many }, theme)).to.equal(
      'stopping 9: waits for a (is being killed), b (0.0 s of 1.0 s), c (0.0 s of 1.0 s) and 2 more',
    );
    expect(renderStopping({ left: 0, awaited: [] }, theme)).to.equal('stopping 0');
  });

  it('log lines stand behind aligned names', () => {
    const prefix = createPrefixer(['api', 'worker'], look);
    expect(prefix('api', 'hello')).to.equal('api    │ hello');
    expect(prefix('worker', '')).to.equal('worker │');
    expect(createPrefixer(['api'], { colour: false, unicode: false })('api', 'x')).to.equal('api | x');
  });

  it('S2: log lines keep their colours, and nothing else', () => {
    const text = '\x1b[31mred\x1b[0m \x1b[2J\x1b]8;;http://x\x07link\x1b]8;;\x07';
    expect(createPrefixer(['api'], { colour: true, unicode: true })('api', text)).to.equal(
      '\x1b[36mapi │\x1b[0m \x1b[31mred\x1b[0m link',
    );
    expect(createPrefixer(['api'], look)('api', text)).to.equal('api │ red link');
  });

  it('times of the day are local, with the date where it was another day', () => {
    const noon = new Date(2026, 0, 2, 12, 3, 4, 5).getTime();
    expect(toClockTime(noon)).to.equal('12:03:04.005');
    expect(toMoment(noon, noon + 1)).to.equal('12:03');
    expect(toMoment(noon, noon + 86_400_000)).to.equal('2026-01-02 12:03');
  });
});
