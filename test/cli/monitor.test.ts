import { expect } from 'chai';
import { createScreen } from '../../lib/interfaces/cli/monitor/screen.ts';
import { type MonitorView, renderMonitor } from '../../lib/interfaces/cli/render/monitor.ts';
import type { ServiceUsage } from '../../lib/interfaces/control.ts';
import { displayWidth, stripAnsi } from '../../lib/util/ansi.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { aServiceSnapshot, aStackSnapshot } from '../support/snapshots.ts';
import { expectNothingLeft, toYaml } from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const usage = (name: string, more: Partial<ServiceUsage> = {}): ServiceUsage => ({
  name,
  cpu: 3.25,
  cpuTime: 1_000,
  memory: 48_200_000,
  memoryKind: 'pss',
  processes: 2,
  ...more,
});

const snapshot = aStackSnapshot([
  aServiceSnapshot('db', 'ready', { pid: 1, ports: [{ name: null, port: 5432 }], restarts: 2, for: 59_000 }),
  aServiceSnapshot('api', 'ready', { pid: 2, reason: 'last check failed (1): 503' }),
  aServiceSnapshot('search', 'unhealthy', { pid: 3, reason: 'no answer in 1 s' }),
  aServiceSnapshot('mail', 'failed', { optional: true, reason: 'exited with code 1' }),
]);

const view: MonitorView = {
  colour: false,
  unicode: true,
  width: 110,
  height: 12,
  selected: 'api',
  usages: new Map([
    ['db', usage('db')],
    ['api', usage('api', { cpu: 120.4, memory: 1_300_000_000, memoryKind: 'rss' })],
    ['search', usage('search', { cpu: null, memory: null })],
  ]),
  log: { title: 'log of api', lines: ['one', 'two'] },
  footer: ['r restart'],
};

describe('the full-screen view', () => {
  it('shows each service with state, health, use of the machine, restarts and ports, and the log of the chosen one', () => {
    expect(renderMonitor(snapshot, view)).to.deep.equal([
      'shop up · 3 running · 1m 0s · development · 124 % CPU, 1.3 GB in 6 processes',
      '    SERVICE  STATE      HEALTH     CPU   MEMORY  RESTARTS     FOR  PORTS',
      '  ✓ db       ready      ok       3.3 %  48.2 MB         2  59.0 s  5432',
      '❯ ✓ api      ready      failing  120 %  ~1.3 GB         0   1.2 s         last check failed (1): 503',
      '  ! search   unhealthy  bad                             0   1.2 s         no answer in 1 s',
      '  ✗ mail     failed                                     0   1.2 s         optional; exited with code 1',
      `── log of api ${'─'.repeat(96)}`,
      'one',
      'two',
      '',
      '',
      'r restart',
    ]);
  });

  for (const [width, height] of [
    [200, 50],
    [80, 24],
    [40, 10],
    [20, 6],
    [10, 5],
  ] as const) {
    it(`fills ${width} × ${height} and no more, the chosen one among the rows`, () => {
      const many = aStackSnapshot(
        Array.from({ length: 60 }, (_, index) => aServiceSnapshot(`s${index}`, 'ready', { pid: index + 1 })),
      );
      const lines = renderMonitor(many, { ...view, width, height, selected: 's30', colour: true });
      expect(lines).to.have.lengthOf(height);
      for (const line of lines) expect(displayWidth(line)).to.be.at.most(width);
      expect(stripAnsi(lines.join('\n'))).to.match(/❯ ✓ s30/);
    });
  }

  it('says the same without colours as with them, and in ASCII where there is nothing else', () => {
    expect(renderMonitor(snapshot, { ...view, colour: true }).map(stripAnsi)).to.deep.equal(renderMonitor(snapshot, view));
    expect(renderMonitor(snapshot, { ...view, unicode: false, width: 30 }).join('')).to.match(/^[ -~]*$/);
    const traced = { title: 'api', lines: [`\tat x\t${'y'.repeat(40)}`] };
    expect(renderMonitor(snapshot, { ...view, log: traced, width: 30 })).to.include(` at x ${'y'.repeat(23)}…`);
  });

  it('before the first reading, the figures are blank', () => {
    expect(renderMonitor(snapshot, { ...view, usages: null })[2]).to.match(/db +ready +ok +2 /);
  });
});

describe('the second screen of a terminal', () => {
  const record = (): { readonly written: string[]; readonly screen: ReturnType<typeof createScreen> } => {
    const written: string[] = [];
    return { written, screen: createScreen((text) => written.push(text)) };
  };

  it('writes only the lines that differ', () => {
    const { written, screen } = record();
    screen.paint(['a', 'b', 'c']);
    screen.paint(['a', 'B', 'c']);
    expect(written[1]).to.include('\x1b[2;1HB').and.not.to.include('1;1H');
    screen.paint(['a', 'B', 'c']);
    expect(written).to.have.lengthOf(2);
  });

  it('gives the terminal back once, with its cursor', () => {
    const { written, screen } = record();
    screen.leave();
    expect(written).to.deep.equal([]);
    screen.paint(['a']);
    screen.leave();
    screen.leave();
    expect(written).to.have.lengthOf(2);
    expect(written[1]).to.equal('\x1b[?25h\x1b[?1049l');
  });
});

describe('muster monitor', function () {
  it('shows the running stack with the memory of its trees, acts on the chosen one, and leaves the terminal as it was', async function () {
    if (!hasTerminals()) this.skip();
    const sleeper = { command: 'sleep 600', startup_delay: '10ms' };
    const project = createProject({
      'services.yaml': toYaml({ db: { command: "sh -c 'echo hello; exec sleep 600'" }, web: sleeper }),
    });
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    const terminal = await openTerminal(project, ['monitor']);
    await terminal.shows(/db +ready +ok +\d[^]*log of db[^]*hello/);
    await terminal.shows(/\d+ kB|\d MB/);
    terminal.type('\u001b[B');
    await terminal.shows(/log of web/);
    terminal.type('s');
    await terminal.shows(/web +stopped/);
    terminal.type('\u0003');
    expect(await terminal.exited, terminal.text()).to.equal(130);
    expect(terminal.raw()).to.match(/\u001b\[\?1049h[^]*\u001b\[\?25h\u001b\[\?1049l[^\u001b]*$/);
    const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    expect(stdout).to.include('"running": true');
    await runMuster(['down'], { cwd: project.folder });
    await expectNothingLeft(project);
  });

  it('without a terminal it says what there is instead; where nothing runs, that', async () => {
    const project = createProject({ 'services.yaml': toYaml({ db: { command: 'sleep 600' } }) });
    const { code, stderr } = await runMuster(['monitor'], { cwd: project.folder });
    expect([code, stderr]).to.deep.equal([
      2,
      'muster monitor: it needs a terminal; "muster status --watch" shows the same as lines\n',
    ]);
    if (!hasTerminals()) return;
    const terminal = await openTerminal(project, ['monitor']);
    expect(await terminal.exited).to.equal(2);
    expect(terminal.text()).to.include('nothing is running here; "muster up" starts it');
  });
});
