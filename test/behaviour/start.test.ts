import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProject, runMuster, startMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { programPath, until } from '../support/procs.ts';
import {
  bootStack,
  expectNothingLeft,
  journalOf,
  memoryOf,
  program,
  startStack,
  timelineOf,
  told,
  toYaml,
} from '../support/stack-rig.ts';

const journals = program('journals.sh');

describe('a start', () => {
  describe('of a program that cannot be run', () => {
    it('B1: is refused before anything starts where that is known: each with its line, exit code 2', async () => {
      const project = createProject({ 'plain.sh': '#!/bin/sh\n', 'folder/x': '' });
      project.write(
        'services.yaml',
        toYaml({
          first: { command: [...journals], env: { JOURNAL: project.path('journal') } },
          absent: { command: 'no-such-program-anywhere' },
          plain: { command: './plain.sh' },
          folder: { command: './folder' },
          away: { command: 'sleep 600', cwd: 'no/such/folder' },
        }),
      );
      const { code, stdout, stderr } = await runMuster(['up'], { cwd: project.folder });
      expect(code, stderr).to.equal(2);
      const said = `${stdout}${stderr}`;
      expect(said).to.match(/services\.yaml:\d+:\d+: .*"no-such-program-anywhere" is not in PATH/);
      expect(said).to.match(/services\.yaml:\d+:\d+: .*"\.\/plain\.sh" is not executable/);
      expect(said).to.match(/services\.yaml:\d+:\d+: .*"\.\/folder" is a directory/);
      expect(said).to.match(/services\.yaml:\d+:\d+: .*cwd "no\/such\/folder" does not exist/);
      expect(existsSync(project.path('journal'))).to.equal(false);
    });

    // prepare ──► gone, plain, folder, away, searched
    it('B1: fails that service at once, with the stage, the reason and the PATH that was searched', async () => {
      const project = createProject();
      for (const name of ['gone', 'plain', 'folder', 'bin/found']) {
        project.write(name, '#!/bin/sh\nsleep 600\n');
        chmodSync(project.path(name), 0o755);
      }
      mkdirSync(project.path('away'));
      const bin = project.path('bin');
      const after = { depends_on: ['prepare'] };
      const up = startStack(
        {
          prepare: { type: 'task', command: 'rm gone folder bin/found; chmod -x plain; mkdir folder; rmdir away' },
          gone: { command: './gone', ...after },
          plain: { command: './plain', ...after },
          folder: { command: './folder', ...after },
          away: { command: 'sleep 600', cwd: 'away', ...after },
          searched: { command: 'found', env: { PATH: bin }, ...after },
        },
        { project },
      );
      const { code } = await up.ended();
      expect(code, told(up)).to.equal(1);
      const reasonOf = async (name: string) => (await up.event('serviceFailed', name)).reason;
      expect(await reasonOf('gone')).to.equal('the program "./gone" does not exist');
      expect(await reasonOf('plain')).to.equal(`"${project.path('plain')}" is not executable; chmod +x makes it so`);
      expect(await reasonOf('folder')).to.equal(`"${project.path('folder')}" is a folder, not a program`);
      expect(await reasonOf('away')).to.equal(`the working directory ${project.path('away')} does not exist`);
      expect(await reasonOf('searched')).to.equal(`the program "found" was not found in PATH (${bin})`);
      expect(up.order('serviceRestarting')).to.deep.equal([]);
      expect((await up.settled()).causes?.map(({ service }) => service)).to.have.members([
        'gone',
        'plain',
        'folder',
        'away',
        'searched',
      ]);
    });
  });

  it('B2: an exit before ready fails the attempt in that instant, with its reason and its last lines', async () => {
    const project = createProject();
    const never = { command: program('exits.mjs'), ready: { notify: true }, restart: 'no' };
    project.write(
      'services.yaml',
      toYaml({
        zero: never,
        three: { ...never, env: { CODE: '3' } },
        crash: { ...never, env: { SIGNAL: 'SIGSEGV' } },
      }),
    );
    const { code, stdout } = await runMuster(['up'], { cwd: project.folder });
    await expectNothingLeft(project);
    // Not 4: nobody waited for the health_timeout, which is a minute.
    expect(code, stdout).to.equal(1);
    expect(stdout).to.match(/zero failed: exited with code 0 before it was ready\n(.*\n){1,3}.*running/);
    expect(stdout).to.match(/three failed: exited with code 3 before it was ready\n(.*\n){1,3}.*running/);
    expect(stdout).to.match(/crash failed: was ended by SIGSEGV before it was ready\n(.*\n){1,3}.*running/);
  });

  it('B13: a stop cancels startup_delay and wait_before_start; what was in its delay is never spawned', async () => {
    const project = createProject();
    const service = (name: string) => ({ command: journals, env: { NAME: name, JOURNAL: project.path('journal') } });
    const up = startStack(
      {
        held: { ...service('held'), startup_delay: '60s' },
        delayed: { ...service('delayed'), wait_before_start: '60s' },
      },
      { project },
    );
    await up.event('serviceDelayed', 'delayed');
    await until('held runs', () => journalOf(up).includes('+ held'));
    expect((await up.stop()).code, told(up)).to.equal(143);
    expect(journalOf(up)).to.deep.equal(['+ held', '- held']);
    expect(up.order('serviceReady')).to.deep.equal([]);
    expect(memoryOf(project).history.runs.at(-1)?.outcome).to.equal('interrupted');
  });

  // migrate ──► api, worker        seed ──► shop
  it('B15: a task that two need runs once; exit 0 is up, exit 1 skips its dependents', async () => {
    const project = createProject();
    const service = (name: string, more = {}) => ({
      command: journals,
      env: { NAME: name, JOURNAL: project.path('journal'), ...more },
    });
    const up = startStack(
      {
        migrate: { ...service('migrate', { TASK: '1' }), type: 'task' },
        seed: { ...service('seed', { TASK: '1', CODE: '1' }), type: 'task', restart: 'no' },
        api: { ...service('api'), depends_on: ['migrate'] },
        worker: { ...service('worker'), depends_on: ['migrate'] },
        shop: { ...service('shop'), depends_on: ['seed'] },
      },
      { project },
    );
    const { causes } = await up.settled();
    expect((await up.ended()).code, told(up)).to.equal(1);
    expect(journalOf(up).filter((line) => line === '+ migrate')).to.have.length(1);
    expect(up.order('serviceReady')).to.have.members(['api', 'worker']);
    expect(up.order('serviceCompleted')).to.include('migrate');
    expect(up.order('serviceSkipped')).to.deep.equal(['shop']);
    expect(causes?.map(({ service: name, skipped }) => [name, skipped])).to.deep.equal([['seed', [['shop', 'seed']]]]);
  });

  it('B15: a task with inputs is skipped while they, its definition and its last success are unchanged', async () => {
    const project = createProject({ 'schema.sql': 'one\n' });
    const services = {
      migrate: {
        type: 'task',
        command: journals,
        inputs: ['*.sql'],
        env: { NAME: 'migrate', JOURNAL: project.path('journal'), TASK: '1' },
      },
      api: { command: 'sleep 600', depends_on: ['migrate'] },
    };
    const runs = async (): Promise<number> => {
      const up = await bootStack(services, { project });
      expect((await up.settled()).verdict, told(up)).to.equal('up');
      await up.stop();
      return journalOf(up).filter((line) => line === '+ migrate').length;
    };
    expect(await runs()).to.equal(1);
    expect(await runs(), 'unchanged').to.equal(1);
    project.write('schema.sql', 'two\n');
    expect(await runs(), 'an input changed').to.equal(2);
    expect(await runs(), 'unchanged again').to.equal(2);
  });

  it('B16, F192: the clock of the machine jumps two hours in the middle of a boot, and every duration stays right', async function () {
    const project = createProject();
    const library = project.path('clock.so');
    const compiled = spawnSync('cc', ['-shared', '-fPIC', '-o', library, programPath('jumping-clock.c'), '-ldl']);
    if (compiled.status !== 0) this.skip();
    const env = { JOURNAL: project.path('journal') };
    project.write(
      'services.yaml',
      toYaml({
        db: { command: journals, ready: { notify: true }, env: { ...env, NAME: 'db', DELAY: '0.5' } },
        api: { command: journals, ready: { notify: true }, env: { ...env, NAME: 'api', DELAY: '0.2' }, depends_on: ['db'] },
      }),
    );
    const offset = project.path('offset');
    const shell = startShell(project, `LD_PRELOAD='${library}' exec ${musterLine()} up --json`, { CLOCK_OFFSET_FILE: offset });
    await until('db runs', () => shell.stdout().includes('"serviceStarted","service":"db"'));
    writeFileSync(offset, '7200');
    await until('the boot is recorded', () => shell.stdout().includes('runRecorded'));
    shell.signal('SIGTERM');
    expect(await shell.exited, shell.stderr()).to.equal(143);
    await expectNothingLeft(project);
    const run = memoryOf(project).history.runs.at(-1);
    if (run === undefined) throw new Error('no run was recorded');
    expect(run.duration).to.be.within(700, 60_000);
    for (const name of ['db', 'api']) expect(timelineOf(run, name).ready).to.be.within(1, 60_000);
    const times = shell
      .stdout()
      .trim()
      .split('\n')
      .map((line) => Date.parse((JSON.parse(line) as { at: string }).at));
    expect(Math.max(...times) - Math.min(...times), 'the clock did jump').to.be.greaterThan(7_000_000);
  });

  it('B17: a service that reads its input gets the end of it, not what muster has', async () => {
    const project = createProject();
    project.write(
      'services.yaml',
      toYaml({ reader: { command: program('reads-stdin.mjs'), ready: { log: 'end of input after 0 bytes' } } }),
    );
    const muster = startMuster(['up'], { cwd: project.folder, input: 'not for the service\n' });
    await muster.waitForLine(/is up/);
    muster.signal('SIGTERM');
    expect((await muster.done).code).to.equal(143);
    await expectNothingLeft(project);
  });

  it('F11, B12: a second `up` without a terminal joins the first, which goes on: nothing is spawned, exit 0', async () => {
    const up = await bootStack({ api: { command: 'sleep 600' } });
    const second = await runMuster(['up'], { cwd: up.project.folder });
    expect([second.code, second.stderr]).to.deep.equal([0, '']);
    expect(second.stdout).to.match(/joining it[^]* is up/);
    expect(up.order('serviceStarted').concat(up.order('serviceReady'))).to.deep.equal(['api']);
    expect(up.order('serviceStopping')).to.deep.equal([]);
    expect((await up.stop()).code).to.equal(143);
  });

  // web ─► flaky, which was well, and is not any more
  it('a second `up` that fails on what became unhealthy before says what that is, and what to type next', async () => {
    const project = createProject({ well: '' });
    const up = await bootStack(
      {
        flaky: {
          command: 'echo began; exec sleep 600',
          health: { exec: 'test -e well', interval: '50ms', timeout: '60s', retries: 1 },
        },
        web: { command: 'sleep 600', depends_on: ['flaky'] },
      },
      { project },
    );
    await runMuster(['stop', 'web'], { cwd: project.folder });
    rmSync(project.path('well'));
    await up.event('healthChanged', 'flaky');
    const second = await runMuster(['up', '-d'], { cwd: project.folder });
    expect(second.code).to.equal(1);
    expect(second.stdout).to.match(/web skipped.*flaky became unhealthy/);
    expect(second.stdout).to.match(/\n! flaky is unhealthy: .*\n {2}last lines of logs\/flaky\.log:\n {2}│ began\n/);
    expect(second.stdout).to.match(/\n {2}kept from starting: web → flaky\n/);
    expect(second.stdout).to.match(/\n {2}next: muster logs flaky --tail 50, then muster restart flaky and muster up\n\n/);
    expect(second.stdout).to.match(/ failed: flaky\n/);
    await up.stop();
  });

  it('B12: a second `up` makes the stack what the file says now: only what is another restarts, what is new starts, what is gone stops', async () => {
    const sleeper = { command: 'sleep 600' };
    const up = await bootStack({ db: sleeper, api: { ...sleeper, depends_on: ['db'] }, old: sleeper });
    up.project.write('services.yaml', toYaml({ db: sleeper, api: { command: 'sleep 601', depends_on: ['db'] }, fresh: sleeper }));
    const second = await runMuster(['up'], { cwd: up.project.folder });
    expect([second.code, second.stderr]).to.deep.equal([0, '']);
    expect(second.stdout).to.match(/the file has changed; new: fresh; gone: old; changed: api/);
    const { stdout } = await runMuster(['status', '--json'], { cwd: up.project.folder });
    const { services } = JSON.parse(stdout) as { services: readonly { name: string; state: string; attempt: number }[] };
    expect(services.map(({ name, state, attempt }) => [name, state, attempt])).to.deep.equal([
      ['db', 'ready', 1],
      ['api', 'ready', 2],
      ['fresh', 'ready', 1],
    ]);
    expect((await up.stop()).code).to.equal(143);
  });

  it('a second `up` of one service touches no other', async () => {
    const sleeper = { command: 'sleep 600' };
    const up = await bootStack({ db: sleeper, api: { ...sleeper, depends_on: ['db'] }, web: sleeper });
    up.project.write('services.yaml', toYaml({ db: sleeper, api: { command: 'sleep 601', depends_on: ['db'] }, web: sleeper }));
    expect((await runMuster(['up', 'api'], { cwd: up.project.folder })).code).to.equal(0);
    const { stdout } = await runMuster(['status', '--json'], { cwd: up.project.folder });
    const { services } = JSON.parse(stdout) as { services: readonly { name: string; state: string; attempt: number }[] };
    expect(services.map(({ name, attempt }) => [name, attempt])).to.have.deep.members([
      ['api', 2],
      ['db', 1],
      ['web', 1],
    ]);
    expect((await up.stop()).code).to.equal(143);
  });

  it('F127: runs for a user whom the system does not know, with a closed folder in PATH', async function () {
    if (!canBeOthers()) this.skip();
    const project = createProject();
    project.write('services.yaml', toYaml({ api: { command: 'sleep 600' } }));
    const closed = project.path('closed');
    mkdirSync(closed);
    giveTo(project, 64_125);
    chownSync(closed, 0, 0);
    chmodSync(closed, 0o700);
    const shell = startShell(project, `exec ${asUser(64_125)} ${musterLine()} up`, { PATH: `${closed}:${openPath}` });
    await until('it is up, or over', () => /is up after/.test(shell.stdout()) || shell.stderr() !== '');
    shell.signal('SIGTERM');
    expect(await shell.exited, shell.stderr()).to.equal(143);
    await expectNothingLeft(project);
  });

  it('F124: a service inherits nothing but its input, its output and, for notify, descriptor 3', async () => {
    const project = createProject();
    const lists = { command: ['sh', programPath('lists-descriptors.sh')] };
    project.write(
      'services.yaml',
      toYaml({ plain: { ...lists, ready: { log: '^end$' } }, told: { ...lists, ready: { notify: true }, restart: 'no' } }),
    );
    const line = `exec 7>leak 9<services.yaml; NODE_OPTIONS= NODE_CHANNEL_FD=7 exec ${musterLine()} up --json`;
    const shell = startShell(project, line);
    const logs = ['plain', 'told'].map((name) => join('logs', `${name}.log`));
    await until('both have listed what they have', () => logs.every((log) => /^end$/m.test(readIfThere(project.path(log)))));
    shell.signal('SIGTERM');
    await shell.exited;
    await expectNothingLeft(project);
    const [plain = '', notify = ''] = logs.map((log) => readIfThere(project.path(log)));
    // Masked descriptors lead nowhere; those from 10 on are the shell's own.
    const leading = (text: string): string[] =>
      [...text.matchAll(/ (\d) -> (.*)$/gm)].flatMap(([, fd, path]) =>
        path === '/dev/null' && fd !== '0' ? [] : [`${fd} ${path}`],
      );
    expect(leading(plain)).to.deep.equal([
      '0 /dev/null',
      `1 ${project.path('logs/plain.log')}`,
      `2 ${project.path('logs/plain.log')}`,
    ]);
    expect(leading(notify)).to.have.length(4);
    expect(leading(notify)[3]).to.match(/^3 \/.*told\.notify/);
    expect(`${plain}${notify}`).not.to.match(/^NODE_CHANNEL_FD/m);
    expect(plain).not.to.match(/^NOTIFY_FD/m);
    expect(notify).to.match(/^NOTIFY_FD=3$/m);
  });
});

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
