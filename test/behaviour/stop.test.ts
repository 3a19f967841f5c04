import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createProject, type Project, startMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { isLiving, programPath, until } from '../support/procs.ts';
import { killNine, ownProcess, signalTo } from '../support/signals.ts';
import {
  bootStack,
  expectNothingLeft,
  expectOrder,
  journalOf,
  program,
  readText,
  startStack,
  told,
  toYaml,
} from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const journals = program('journals.sh');
const stubborn = { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' } };

const journaling =
  (project: Project) =>
  (name: string, more: Readonly<Record<string, unknown>> = {}, env: Readonly<Record<string, string>> = {}) => ({
    command: journals,
    ready: { notify: true },
    ...more,
    env: { NAME: name, JOURNAL: project.path('journal'), ...env },
  });

describe('a stop', () => {
  //     ┌─► b1 ─► c1
  //  a ─┤             each asked when those that need it are gone, and not a moment later
  //     └─► b2 ─► c2
  it('E1: goes in reverse order, in parallel where the graph allows: the longest chain decides, not the sum', async () => {
    const slow = { command: program('slow-stop.mjs'), ready: { log: 'ready' }, stop: { timeout: '60s' } };
    const project = createProject();
    const up = await bootStack(
      {
        a: { ...slow, env: { STOP_MS: '50' } },
        b1: { ...slow, env: { STOP_MS: '50' }, depends_on: ['a'] },
        c1: { ...slow, env: { STOP_AT: project.path('go') }, depends_on: ['b1'] },
        b2: { ...slow, env: { STOP_MS: '50' }, depends_on: ['a'] },
        c2: { ...slow, env: { STOP_MS: '50' }, depends_on: ['b2'] },
      },
      { project },
    );
    up.muster.signal('SIGTERM');
    await up.event('serviceStopped', 'b2');
    project.write('go', '');
    expect((await up.ended()).code).to.equal(143);
    const stopped = up.order('serviceStopped');
    expect(stopped, told(up)).to.deep.equal(['c2', 'b2', 'c1', 'b1', 'a']);
    for (const name of stopped) expect(up.log(name)).to.match(/stopping\nstopped\n$/);
  });

  // db ─► api ─► web (waits for api)     late (delayed)
  it('E2, F19: while booting, cancels waits, delays and probes at once, and stops in order what was started', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = startStack(
      {
        db: service('db'),
        api: service('api', { depends_on: ['db'] }, { DELAY: '60' }),
        web: service('web', { depends_on: ['api'] }),
        late: service('late', { wait_before_start: '60s' }),
      },
      { project },
    );
    await until('api runs', () => journalOf(up).includes('+ api'));
    expect((await up.stop('SIGINT')).code, told(up)).to.equal(130);
    expect(journalOf(up)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    expect(up.order('serviceReady')).to.deep.equal(['db']);
  });

  it('E2: before anything was started, starts nothing', async () => {
    const project = createProject();
    const service = journaling(project);
    // Something to do before the first start: what an earlier run left takes its time to end.
    const left = startStack({ old: { ...stubborn, stop: { timeout: '4s' } } }, { project });
    await left.settled();
    left.muster.signal('SIGKILL');
    await left.muster.done;
    const up = startStack({ api: service('api') }, { project });
    await up.event('stackStarting');
    expect((await up.stop('SIGINT')).code, told(up)).to.equal(130);
    expect(journalOf(up)).to.deep.equal([]);
  });

  describe('E3: Ctrl-C', () => {
    // db ─► api, both with a grace of a minute
    const services = (project: Project) => {
      const service = journaling(project);
      return {
        db: { ...stubborn, stop: { timeout: '60s' } },
        api: { ...stubborn, stop: { timeout: '60s' }, depends_on: ['db'] },
        polite: service('polite', { depends_on: ['api'] }),
      };
    };

    it('E3, F20: once is an ordered stop', async () => {
      const project = createProject();
      const service = journaling(project);
      const up = await bootStack({ db: service('db'), api: service('api', { depends_on: ['db'] }) }, { project });
      expect((await up.stop('SIGINT')).code).to.equal(130);
      expect(journalOf(up)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
      for (const name of ['api', 'db']) expect((await up.event('serviceStopped', name)).detail).to.equal(null);
    });

    it('E3, F20: twice gives everything one second', async () => {
      const project = createProject();
      const up = await bootStack(services(project), { project });
      up.muster.signal('SIGINT');
      await up.event('serviceStopped', 'polite');
      up.muster.signal('SIGINT');
      expect((await up.ended()).code).to.equal(130);
      expect((await up.event('serviceStopped', 'db')).detail).to.match(/^killed after \d/);
      expect((await up.event('serviceStopped', 'api')).detail).to.match(/^killed after /);
      expect(up.log('api')).to.include('ignored SIGTERM');
    });

    it('E3, F20: three times kills now', async () => {
      const project = createProject();
      const up = await bootStack(services(project), { project });
      up.muster.signal('SIGINT');
      await up.event('stackStopping', undefined, (event) => 'again' in event && event.again === 1);
      up.muster.signal('SIGINT');
      await up.event('stackStopping', undefined, (event) => 'again' in event && event.again === 2);
      up.muster.signal('SIGINT');
      expect((await up.ended()).code).to.equal(130);
      const kills = up.events().filter(({ type }) => type === 'serviceStopped');
      expect(kills.map(({ service }) => service)).to.have.members(['db', 'api', 'polite']);
    });

    it('E3: in a terminal says what the next one would do, and the prompt comes back when everything is dead', async function () {
      if (!hasTerminals()) this.skip();
      const project = createProject();
      project.write('services.yaml', toYaml(services(project)));
      const terminal = await openTerminal(project, ['up']);
      await terminal.shows(/is up after/);
      terminal.type('\u0003');
      await terminal.shows(/stopping in order; Ctrl-C again gives everything 1 s/);
      terminal.type('\u0003');
      await terminal.shows(/everything has 1 s; Ctrl-C again kills now/);
      terminal.type('\u0003');
      expect(await terminal.exited, terminal.text()).to.equal(130);
      expect(terminal.text()).to.match(/killing everything/);
      expect(terminal.text()).to.match(/nothing is left/);
      await expectNothingLeft(project);
    });
  });

  it('E4: only muster gets the Ctrl-C of the terminal; the services are stopped by it, in order', async function () {
    if (!hasTerminals()) this.skip();
    const project = createProject();
    const service = journaling(project);
    project.write(
      'services.yaml',
      toYaml({ db: service('db', {}, { INT: '1' }), api: service('api', { depends_on: ['db'] }, { INT: '1' }) }),
    );
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/is up after/);
    terminal.type('\u0003');
    expect(await terminal.exited, terminal.text()).to.equal(130);
    expect(readText(project.path('journal')).trim().split('\n')).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    await expectNothingLeft(project);
  });

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`E5: ${signal} to the attached command is an ordered stop; exit code ${code}`, async () => {
      const project = createProject();
      const service = journaling(project);
      const up = await bootStack({ db: service('db'), api: service('api', { depends_on: ['db'] }) }, { project });
      expect((await up.stop(signal)).code).to.equal(code);
      expect(journalOf(up)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    });
  }

  it('E5: a terminal that is closed is an ordered stop, too', async function () {
    if (!hasTerminals()) this.skip();
    const project = createProject();
    const service = journaling(project);
    project.write('services.yaml', toYaml({ db: service('db'), api: service('api', { depends_on: ['db'] }) }));
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/is up after/);
    terminal.hangUp();
    await terminal.exited;
    expect(readText(project.path('journal')).trim().split('\n')).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    await expectNothingLeft(project);
  });

  it('E6: one that ignores SIGTERM is killed after its grace, and that is said', async () => {
    const project = createProject();
    project.write('services.yaml', toYaml({ deaf: { ...stubborn, stop: { timeout: '300ms' } } }));
    const muster = startMuster(['up'], { cwd: project.folder });
    await muster.waitForLine(/is up/);
    muster.signal('SIGTERM');
    const { code, stdout } = await muster.done;
    await expectNothingLeft(project);
    expect(code).to.equal(143);
    expect(stdout).to.match(/deaf stopped \(killed after \d/);
    expect(stdout).to.match(/nothing is left/);
  });

  it('E7: a suspended service is stopped all the same, by its own handler', async () => {
    const project = createProject();
    const service = journaling(project);
    const up = await bootStack({ api: service('api') }, { project });
    const suspended = await ownProcess(project, (await up.event('serviceReady', 'api')).pid);
    signalTo(suspended, 'SIGSTOP');
    await until('it is suspended', () => / T /.test(readText(`/proc/${suspended.pid}/stat`).slice(-300)));
    await up.stop();
    expect(journalOf(up)).to.deep.equal(['+ api', '- api']);
  });

  // s1 ─► s2 ─► … ─► s8
  it('E8: eight in a chain that ignore SIGTERM end within the shutdown deadline', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `s${index + 1}`);
    const deaf = {
      command: `trap "" TERM; echo ready; while :; do sleep 600; done`,
      ready: { log: 'ready' },
      stop: { timeout: '60s' },
    };
    const up = await bootStack(
      Object.fromEntries(names.map((name, index) => [name, { ...deaf, depends_on: index === 0 ? [] : [`s${index}`] }])),
      { stack: { shutdown_deadline: '500ms' } },
    );
    expect((await up.stop()).code, told(up)).to.equal(143);
    expect(up.order('serviceStopped')).to.have.members(names);
  });

  describe('with a stop command', () => {
    it('E9: runs it instead of the signal, with the pid in MAINPID', async () => {
      const up = await bootStack({
        api: {
          command: `trap 'echo asked; kill $!; exit 0' USR1; echo ready; while :; do sleep 600 & wait; done`,
          ready: { log: 'ready' },
          stop: { command: 'kill -USR1 $MAINPID' },
        },
      });
      expect((await up.stop()).code, told(up)).to.equal(143);
      expect(up.log('api')).to.equal('ready\nasked\n');
    });

    it('E9: one that fails is reported, and the stop goes on by the signal', async () => {
      const project = createProject();
      const service = journaling(project);
      const up = await bootStack(
        { db: service('db'), api: service('api', { stop: { command: 'echo no such socket; exit 3' }, depends_on: ['db'] }) },
        { project },
      );
      expect((await up.stop()).code, told(up)).to.equal(143);
      expect(up.notices()).to.match(/api: its stop command exited with code 3: no such socket; it gets SIGTERM instead/);
      expect(journalOf(up)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    });

    it('E9: one that hangs is reported and ended with its grace, with everything that it had started', async () => {
      const project = createProject();
      const service = journaling(project);
      const hanging = ['sh', '-c', 'sleep 601 & echo $! > hanging; wait'];
      const up = await bootStack(
        { db: service('db'), api: service('api', { stop: { command: hanging, timeout: '2s' }, depends_on: ['db'] }) },
        { project },
      );
      expect((await up.stop()).code, told(up)).to.equal(143);
      expect((await up.event('serviceStopped', 'api')).detail).to.match(/^killed after/);
      expect(isLiving(Number(readText(project.path('hanging'))))).to.equal(false);
      expect(journalOf(up).at(-1)).to.equal('- db');
      expect(up.notices()).to.match(/api: its stop command did not end/);
    });
  });

  // web ─► root's ─► db; muster runs as another user
  it('E10: what cannot be stopped is listed with pid and command, the others stop; exit code 1', async function () {
    if (!canBeOthers()) this.skip();
    const project = createProject();
    const immortal = project.path('immortal');
    const compiled = spawnSync('cc', ['-o', immortal, programPath('becomes-root.c')]);
    if (compiled.status !== 0) this.skip();
    const uid = 64_124;
    const service = journaling(project);
    project.write(
      'services.yaml',
      toYaml({
        db: service('db'),
        tool: { command: './immortal', ready: { log: 'root' }, stop: { timeout: '200ms' }, depends_on: ['db'] },
        web: service('web', { depends_on: ['tool'] }),
      }),
    );
    giveTo(project, uid);
    chownSync(immortal, 0, 0);
    chmodSync(immortal, 0o4755);
    const shell = startShell(project, `exec ${asUser(uid)} ${musterLine()} up --json`, { PATH: openPath });
    let pid = 0;
    try {
      const isSettled = (): boolean => /stack(Ready|Failed)/.test(shell.stdout());
      await until('it is up', () => isSettled());
      if (!/"stackReady"/.test(shell.stdout())) {
        // A file system that is mounted without setuid makes no root of anybody.
        expect(readText(project.path('logs/tool.log'))).to.include('no root');
        this.skip();
      }
      pid = Number(/root (\d+)/.exec(readText(project.path('logs/tool.log')))?.[1]);
      shell.signal('SIGTERM');
      expect(await shell.exited, shell.stdout() + shell.stderr()).to.equal(1);
      const stopped =
        shell
          .stdout()
          .split('\n')
          .find((line) => line.includes('"stackStopped"')) ?? '{}';
      const { survivors } = JSON.parse(stopped) as {
        survivors: { name: string; survivors: { pid: number; command: string }[] }[];
      };
      expect(survivors.map(({ name }) => name)).to.deep.equal(['tool']);
      expect(survivors[0]?.survivors[0]).to.include({ pid });
      expect(survivors[0]?.survivors[0]?.command).to.match(/immortal/);
      expect(readText(project.path('journal')).trim().split('\n')).to.have.members(['+ db', '+ web', '- web', '- db']);
    } finally {
      // It is root's, as we are; its number came from itself, and it ends by nothing else.
      if (isLiving(pid)) killNine(readIdentity(pid));
      await until('the survivor is gone', () => pid === 0 || !isLiving(pid));
    }
  });

  it('B12: Ctrl-C during a boot that leaves somebody is not said to have come from somebody else', async function () {
    if (!canBeOthers()) this.skip();
    const project = createProject();
    const immortal = project.path('immortal');
    if (spawnSync('cc', ['-o', immortal, programPath('becomes-root.c')]).status !== 0) this.skip();
    const services = {
      tool: { command: './immortal', ready: { log: 'root' }, stop: { timeout: '200ms' } },
      late: { command: 'sleep 600', ready: { file: 'never' }, depends_on: ['tool'] },
    };
    project.write('services.yaml', toYaml(services));
    const uid = 64_128;
    giveTo(project, uid);
    chownSync(immortal, 0, 0);
    chmodSync(immortal, 0o4755);
    const shell = startShell(project, `exec ${asUser(uid)} ${musterLine()} up`, { PATH: openPath });
    const toolLog = (): string => readText(project.path('logs/tool.log'));
    try {
      await until('the boot is under way', () => /late starting/.test(shell.stdout()) || /no root/.test(toolLog()));
      if (/no root/.test(toolLog())) this.skip();
      shell.signal('SIGINT');
      expect(await shell.exited, shell.stdout() + shell.stderr()).to.equal(1);
      expect(shell.stdout() + shell.stderr())
        .to.match(/tool/)
        .and.not.to.match(/somebody else asked/);
    } finally {
      const pid = Number(/root (\d+)/.exec(toolLog())?.[1] ?? 0);
      if (isLiving(pid)) killNine(readIdentity(pid));
      await until('the survivor is gone', () => pid === 0 || !isLiving(pid));
    }
  });

  it('E13: the line says who is awaited, how long already, and how long at most', async function () {
    if (!hasTerminals()) this.skip();
    const project = createProject();
    const service = journaling(project);
    project.write(
      'services.yaml',
      toYaml({ db: service('db'), deaf: { ...stubborn, stop: { timeout: '10m' }, depends_on: ['db'] } }),
    );
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/is up after/);
    terminal.type('\u0003');
    await terminal.shows(/stopping 2: waits for deaf \(\d+\.\d s of 600\.0 s\)/);
    terminal.type('\u0003');
    terminal.type('\u0003');
    expect(await terminal.exited).to.equal(130);
    expect(terminal.text()).to.match(/nothing is left/);
    await expectNothingLeft(project);
  });

  it('F125: `muster up | cat` comes back when everything is dead, and holds nothing open', async () => {
    const project = createProject();
    const service = journaling(project);
    project.write('services.yaml', toYaml({ db: service('db'), api: service('api', { depends_on: ['db'] }) }));
    const shell = startShell(project, `${musterLine()} up 2>&1 | cat > seen; echo "the prompt is back"`);
    await until('it is up', () => /is up after/.test(readText(project.path('seen'))));
    const muster = musterIn(project);
    signalTo(muster, 'SIGINT');
    expect(await shell.exited).to.equal(0);
    expect(shell.stdout()).to.equal('the prompt is back\n');
    expect(readText(project.path('seen'))).to.match(/nothing is left\n$/);
    expectOrder(readText(project.path('journal')).split('\n'), '- api', '- db');
    await expectNothingLeft(project);
  });

  it('F125: `muster up | head -n 1` stops in order when nobody reads any more', async () => {
    const project = createProject();
    const service = journaling(project);
    project.write('services.yaml', toYaml({ db: service('db'), api: service('api', { depends_on: ['db'] }) }));
    const shell = startShell(project, `${musterLine()} up | head -n 1; echo "the prompt is back"`);
    await shell.exited;
    expect(shell.stdout()).to.match(/\nthe prompt is back\n$/);
    await expectNothingLeft(project);
    const lines = readText(project.path('journal')).split('\n').filter(Boolean);
    expect(lines.filter((line) => line.startsWith('+')).length).to.equal(lines.filter((line) => line.startsWith('-')).length);
  });
});

/** The pid of the muster that holds the lock of this project, as the lock says. */
const musterIn = ({ folder }: Project): ProcessIdentity => {
  const run = `${dirname(folder)}/run`;
  const lock = readdirSync(run, { recursive: true, encoding: 'utf8' }).find((name) => /lock\.\d+$/.test(name));
  return JSON.parse(readText(`${run}/${lock}`)) as ProcessIdentity;
};
