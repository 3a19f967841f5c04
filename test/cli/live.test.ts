import { expect } from 'chai';
import type { ServiceSnapshot, StackSnapshot } from '../../lib/domain/snapshot.ts';
import { type LiveView, renderLive } from '../../lib/interfaces/cli/render/live.ts';
import { displayWidth, stripAnsi } from '../../lib/util/ansi.ts';

const service = (name: string, state: ServiceSnapshot['state'], more: Partial<ServiceSnapshot> = {}): ServiceSnapshot => ({
  name,
  label: name,
  group: null,
  type: 'service',
  optional: false,
  state,
  for: 1_200,
  detail: null,
  reason: null,
  waitsFor: [],
  pid: null,
  ports: [],
  url: null,
  attempt: 1,
  restarts: 0,
  bootTime: null,
  log: '/logs/x.log',
  ...more,
});

const stack = (services: readonly ServiceSnapshot[], more: Partial<StackSnapshot> = {}): StackSnapshot => ({
  name: 'shop',
  environment: 'development',
  root: '/',
  elapsed: 1_234,
  outcome: { settled: false, verdict: 'up', causes: [], open: [] },
  services,
  ...more,
});

const plain: LiveView = { width: 100, height: 30, colour: false, unicode: true, eta: null };

const everyState = stack([
  service('db', 'ready', { bootTime: 840, label: 'The database' }),
  service('migrate', 'completed', { type: 'task' }),
  service('api', 'starting', { detail: 'spawned, waits for port 3000', reason: 'connection refused' }),
  service('web', 'waiting', { detail: 'waits for api' }),
  service('cron', 'delayed', { detail: 'starts in 1.2 s' }),
  service('queue', 'backoff', { detail: 'next try in 4.2 s (3/5)', reason: 'exited with code 1 before it was ready' }),
  service('search', 'unhealthy', { reason: '503 Service Unavailable' }),
  service('mail', 'failed', { optional: true, reason: 'the program "mailpit" was not found' }),
  service('worker', 'failed', { detail: '5 restarts in 60 s', reason: 'was ended by SIGSEGV' }),
  service('report', 'skipped', { detail: 'report → worker', reason: 'worker failed' }),
  service('old', 'stopping', { detail: 'asked to stop 1.2 s ago, is killed in 3.8 s' }),
  service('older', 'stopped', { detail: 'killed after 5.0 s' }),
]);

/** The same boot while nothing is tried again, so that there is an estimate. */
const calm: StackSnapshot = {
  ...everyState,
  services: everyState.services.map((each) => (each.name === 'queue' ? service('queue', 'starting') : each)),
};

describe('the live view', () => {
  it('shows each service on one line: shape, name, state, time, and what there is to say', () => {
    expect(renderLive(everyState, { ...plain, eta: { total: 2_400, remaining: 1_166 } })).to.deep.equal([
      '✓ db       ready       0.8 s  The database',
      '✓ migrate  completed',
      '● api      starting    1.2 s  spawned, waits for port 3000: connection refused',
      '◌ web      waiting     1.2 s  waits for api',
      '◌ cron     delayed     1.2 s  starts in 1.2 s',
      '↻ queue    backoff     1.2 s  next try in 4.2 s (3/5): exited with code 1 before it was ready',
      '! search   unhealthy   1.2 s  503 Service Unavailable',
      '✗ mail     failed             optional; the program "mailpit" was not found',
      '✗ worker   failed             (5 restarts in 60 s) was ended by SIGSEGV',
      '– report   skipped            report → worker: worker failed',
      '● old      stopping    1.2 s  asked to stop 1.2 s ago, is killed in 3.8 s',
      '– older    stopped            killed after 5.0 s',
      '━━━━──────────── 3 of 12 up · 1.2 s · waits for queue, which fails and is tried again',
    ]);
  });

  it('needs nothing beyond ASCII where the terminal has nothing else', () => {
    const lines = renderLive(calm, { ...plain, unicode: false, eta: { total: null, remaining: null } });
    expect(lines.join('')).to.match(/^[ -~]*$/);
    expect(lines[9]).to.equal('- report   skipped            report -> worker: worker failed');
    expect(lines.at(-1)).to.equal('####------------ 3 of 12 up, 1.2 s, no memory yet');
  });

  it('says the same without colours as with them; starting is never red', () => {
    const coloured = renderLive(everyState, { ...plain, colour: true });
    expect(coloured.map(stripAnsi)).to.deep.equal(renderLive(everyState, plain));
    const red = coloured.filter((line) => line.includes('\x1b[31m')).map((line) => stripAnsi(line).split(/\s+/)[1]);
    expect(red).to.deep.equal(['worker']);
  });

  for (const width of [20, 30, 43, 60, 80]) {
    it(`fits into ${width} columns, name and state first`, () => {
      const lines = renderLive(everyState, { ...plain, width, colour: true, eta: { total: 2_400, remaining: 1_166 } });
      expect(lines).to.have.length(13);
      for (const line of lines) expect(displayWidth(line)).to.be.at.most(width);
      expect(stripAnsi(lines[2] ?? '')).to.match(/^● api +starting/);
    });
  }

  it('a narrow terminal keeps the estimate: the bar goes first, then words', () => {
    const footer = (width: number): string | undefined =>
      renderLive(calm, { ...plain, width, eta: { total: 2_400, remaining: 1_166 } }).at(-1);
    expect(footer(60)).to.equal('3 of 12 up · 1.2 s of about 2.4 s, 1.2 s left');
    expect(footer(48)).to.equal('3/12 up · 1.2 s of 2.4 s, 1.2 s left');
    expect(footer(36)).to.equal('3/12 · 1.2 s, 1.2 s left');
    expect(footer(20)).to.equal('3/12 · 1.2 s left');
  });

  it('the footer names the one that is waited for, and says when it is later than ever', () => {
    const footer = (eta: LiveView['eta'], width = 100): string | undefined => renderLive(calm, { ...plain, width, eta }).at(-1);
    const eta = { total: 2_400, remaining: 1_166, waitsFor: ['api', 'queue'] };
    expect(footer(eta)).to.equal('━━━━──────────── 3 of 12 up · 1.2 s of about 2.4 s, 1.2 s left · waits for api');
    expect(footer({ ...eta, overdue: ['api'] })).to.equal('━━━━──────────── 3 of 12 up · 1.2 s · waits for api, later than ever');
    expect(footer({ ...eta, overdue: ['queue'] })).to.match(/left · waits for api$/);
    expect(footer(eta, 60)).to.equal('3 of 12 up · 1.2 s of about 2.4 s, 1.2 s left');
    expect(footer(eta, 79)).to.equal('━━━━──────────── 3 of 12 up · 1.2 s of about 2.4 s, 1.2 s left');
    const unknown = { total: null, remaining: null, waitsFor: ['api'] };
    expect(footer({ ...unknown, memory: 'none' })).to.match(/1\.2 s · no memory yet$/);
    expect(footer({ ...unknown, memory: 'partial' })).to.match(/1\.2 s · waits for api$/);
  });

  it('promises nothing while a service that is needed is tried again; one that is optional keeps nobody waiting', () => {
    const eta = { total: 2_400, remaining: 1_166, waitsFor: ['api', 'queue'] };
    const footer = (queue: Partial<ServiceSnapshot>): string | undefined => {
      const services = everyState.services.map((each) => (each.name === 'queue' ? { ...each, ...queue } : each));
      return renderLive({ ...everyState, services }, { ...plain, eta }).at(-1);
    };
    expect(footer({})).to.match(/1\.2 s · waits for queue, which fails and is tried again$/);
    expect(footer({ state: 'starting', restarts: 2 })).to.match(/1\.2 s · waits for queue, which fails and is tried again$/);
    expect(footer({ state: 'starting' })).to.match(/left · waits for api$/);
    expect(footer({ optional: true })).to.match(/left · waits for api$/);
  });

  it('S2: what fails has its last words below it, in one line, where all services have room', () => {
    const said = (name: string): string => (name === 'queue' ? '  boom: cannot \x1b[2Jopen config.toml' : 'all is well');
    const lines = renderLive(everyState, { ...plain, said });
    expect(lines.slice(5, 7)).to.deep.equal([
      '↻ queue    backoff     1.2 s  next try in 4.2 s (3/5): exited with code 1 before it was ready',
      '    boom: cannot open config.toml',
    ]);
    // mail and worker have failed, too.
    expect(lines).to.have.length(16);
    expect(renderLive(everyState, { ...plain, said, height: 15 })).to.have.length(13);
    expect(renderLive(everyState, { ...plain, said, width: 20 })[6]).to.equal('    boom: cannot op…');
    expect(renderLive(calm, { ...plain, said: () => null })).to.have.length(13);
    const traced = renderLive(everyState, { ...plain, said: () => '\tat x\t(y)', width: 13 });
    expect(traced).to.include('    at x (y)');
    expect(traced.join('')).not.to.contain('\t');
  });

  it('what is left is never shown as nothing', () => {
    const footer = (remaining: number): string | undefined =>
      renderLive(calm, { ...plain, eta: { total: calm.elapsed + remaining, remaining } }).at(-1);
    expect(footer(-600)).to.match(/1\.2 s of about 1\.3 s, 0\.1 s left$/);
    expect(footer(10)).to.match(/1\.2 s of about 1\.3 s, 0\.1 s left$/);
    expect(footer(101)).to.match(/1\.2 s of about 1\.4 s, 0\.2 s left$/);
    expect(footer(75_000)).to.match(/, 1m 15s left$/);
  });

  it('a service that was up in no time has the time that the table of the boot tells', () => {
    const [quick, tenth] = renderLive(
      stack([service('a', 'ready', { bootTime: 93 }), service('b', 'ready', { bootTime: 140 })]),
      plain,
    );
    expect(quick).to.equal('✓ a     ready       93 ms');
    expect(tenth).to.equal('✓ b     ready       0.1 s');
  });

  it('the footer does not change its shape while the seconds count', () => {
    const shape = (elapsed: number): string =>
      (
        renderLive({ ...calm, elapsed }, { ...plain, width: 54, eta: { total: 12_000, remaining: 12_000 - elapsed } }).at(-1) ??
        ''
      ).replace(/\d+\.\d/g, '#');
    expect(shape(1_000)).to.equal(shape(11_000));
  });

  it('more services than lines: the settled ones are counted, those on their way are shown', () => {
    const many = stack([
      ...Array.from({ length: 20 }, (_, index) => service(`ready-${index}`, 'ready', { bootTime: 100, for: 9_000 - index })),
      service('slow', 'starting'),
      ...Array.from({ length: 30 }, (_, index) => service(`later-${index}`, 'waiting', { detail: 'waits for slow' })),
      service('broken', 'failed', { reason: 'exited with code 1' }),
    ]);
    const lines = renderLive(many, { ...plain, height: 6 });
    expect(lines).to.deep.equal([
      '● slow      starting    1.2 s',
      '◌ later-0   waiting     1.2 s  waits for slow',
      '◌ later-1   waiting     1.2 s  waits for slow',
      '✗ broken    failed             exited with code 1',
      '  and 20 ready, 28 waiting',
      '━━━━━━────────── 20 of 52 up · 1.2 s',
    ]);
  });

  for (const height of [1, 2, 3]) {
    it(`never takes more than ${height} ${height === 1 ? 'line' : 'lines'}`, () => {
      expect(renderLive(everyState, { ...plain, height })).to.have.length(height);
    });
  }

  it('ends with the verdict', () => {
    const settled = stack([service('db', 'ready')], { outcome: { settled: true, verdict: 'degraded', causes: [], open: [] } });
    expect(renderLive(settled, plain).at(-1)).to.equal('━━━━━━━━━━━━━━━━ degraded: 1 of 1 up · 1.2 s');
    expect(renderLive(settled, { ...plain, footer: 'stopping 1' }).at(-1)).to.equal('stopping 1');
  });

  it('an empty stack is one line', () => {
    expect(renderLive(stack([]), plain)).to.deep.equal(['━━━━━━━━━━━━━━━━ 0 of 0 up · 1.2 s']);
  });

  it('S2: what a probe or a label says cannot reach the terminal as a control sequence', () => {
    const evil = stack([
      service('a', 'starting', { detail: 'waits', reason: 'got \x1b]0;owned\x07 \x1b[2J' }),
      service('b', 'ready', { label: '\x1b[31mred\u202e' }),
    ]);
    expect(renderLive(evil, plain).join('')).not.to.match(/[\x00-\x1f\u202e]/);
  });
});
