import { chmodSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createProject, musterCommand, type Project, runMuster, startMuster } from '../support/cli.ts';
import { startStranger } from '../support/outsiders.ts';
import { freePort, isLiving, programPath, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, program, toYaml } from '../support/stack-rig.ts';
import { hasTerminals, openProgram, openTerminal, type Terminal } from '../support/terminal.ts';

const sleeper = { command: 'sleep 600', startup_delay: '10ms' };
// web ─► db
const stack = { db: sleeper, web: { ...sleeper, depends_on: ['db'] } };

type Told = { readonly name: string; readonly state: string; readonly pid: number | null; readonly attempt: number };

describe('an up in a terminal', function () {
  let project: Project;

  before(function () {
    if (!hasTerminals()) this.skip();
  });
  beforeEach(() => {
    project = createProject({ 'services.yaml': toYaml(stack) });
  });
  afterEach(async () => {
    await runMuster(['down'], { cwd: project.folder });
    await expectNothingLeft(project);
  });

  const services = async (): Promise<readonly Told[]> => {
    const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    return (JSON.parse(stdout) as { readonly services: readonly Told[] }).services;
  };
  const pids = async (): Promise<readonly (number | null)[]> => (await services()).map(({ pid }) => pid);
  const isRunning = async (): Promise<boolean> => {
    const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    return (JSON.parse(stdout) as { readonly running: boolean }).running;
  };
  const boot = async (...args: readonly string[]): Promise<Terminal> => {
    const terminal = await openTerminal(project, ['up', ...args]);
    await terminal.shows(/is up after/);
    return terminal;
  };

  it('d detaches: the prompt comes back with 0, and the stack lives on; a second up attaches to it, with its view', async () => {
    const first = await boot();
    const before = await pids();
    first.type('d');
    expect(await first.exited, first.text()).to.equal(0);
    expect(first.text()).to.match(/detached; it runs on/);
    expect(await pids()).to.deep.equal(before);
    const second = await openTerminal(project, ['up']);
    await second.shows(/runs already; attached to it[^]*✓ db +ready[^]*✓ web +ready[^]*is up/);
    expect(await pids()).to.deep.equal(before);
    second.type('\u0003');
    expect(await second.exited, second.text()).to.equal(130);
    expect(second.text()).to.match(/nothing is left/);
  });

  it('d of a stack whose file was named tells commands that name it, too', async () => {
    project.write('my.yaml', toYaml(stack));
    const terminal = await boot('-f', 'my.yaml');
    terminal.type('d');
    expect(await terminal.exited, terminal.text()).to.equal(0);
    expect(terminal.text()).to.match(
      /detached; it runs on: \S.* -f my\.yaml status, \S.* -f my\.yaml logs -f, \S.* -f my\.yaml down/,
    );
  });

  it('E3: the first Ctrl-C after a down from elsewhere gives everything one second, as was said', async () => {
    const deaf = { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '10m' } };
    project.write('services.yaml', toYaml({ db: deaf }));
    const terminal = await boot();
    const down = startMuster(['down'], { cwd: project.folder });
    await terminal.shows(/stopping in order; Ctrl-C again gives everything 1 s[^]*somebody else asked for the end/);
    terminal.type('\u0003');
    await terminal.shows(/everything has 1 s; Ctrl-C again kills now/);
    expect(await terminal.exited, terminal.text()).to.equal(130);
    expect((await down.done).code).to.equal(0);
  });

  it('kill -9 of the attached command costs nothing', async () => {
    const terminal = await boot();
    const before = await pids();
    // Of the program in our own terminal, which has not been waited for.
    killNine(readIdentity(terminal.pid));
    await terminal.exited;
    expect((await services()).map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
    expect(await pids()).to.deep.equal(before);
  });

  it('q asks; d is an answer, and so is s, and any other key stays', async () => {
    const terminal = await boot();
    terminal.type('q');
    await terminal.shows(/Leave\? d: detach/);
    terminal.type('x');
    terminal.type('q');
    await terminal.shows(/Leave\?[^]*Leave\?/);
    terminal.type('s');
    expect(await terminal.exited, terminal.text()).to.equal(130);
    expect(terminal.text()).to.match(/web stopped[^]*db stopped|nothing is left/);
    expect(await isRunning()).to.equal(false);
  });

  it('F21: closing the terminal of the command that booted it stops the stack in order', async () => {
    const terminal = await boot();
    terminal.hangUp();
    await terminal.exited;
    await until('the stack is down', async () => !(await isRunning()));
  });

  it('F21: closing the terminal of one that only attached to it stops nothing', async () => {
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    const before = await pids();
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/is up/);
    terminal.hangUp();
    await terminal.exited;
    expect(await pids()).to.deep.equal(before);
  });

  it('r restarts the one that is chosen by its name, and nothing else', async () => {
    const terminal = await boot();
    const [db] = await pids();
    terminal.type('r');
    await terminal.shows(/Restart which\?/);
    terminal.type('we');
    terminal.type('\r');
    const told = async (): Promise<string> => (await services()).map(({ state, attempt }) => `${state} ${attempt}`).join(', ');
    await until('web is up again, and only that', async () => (await told()) === 'ready 1, ready 2');
    expect((await pids())[0]).to.equal(db);
  });

  it('says once that its file has changed, and after r that the old definition was started again', async () => {
    const terminal = await boot();
    project.write('services.yaml', toYaml({ ...stack, web: { ...stack.web, command: 'sleep 601' } }));
    await terminal.shows(/its file has changed; "muster up --dry-run" shows what "muster up" would do/);
    terminal.type('r');
    await terminal.shows(/Restart which\?/);
    terminal.type('we');
    terminal.type('\r');
    await terminal.shows(/with the definition it was started with: web; "muster up" applies the changed one/);
    expect(terminal.text().match(/its file has changed/g)).to.have.length(1);
  });

  it('shows what a service that fails has printed last while it is tried again', async () => {
    const command = "sh -c 'test -f ok || { echo boom: cannot open config.toml >&2; exit 3; }; exec sleep 600'";
    const restart = { delay: '50ms', factor: 1, max: 10_000 };
    project = createProject({ 'services.yaml': toYaml({ api: { command, restart, startup_delay: '10ms' } }) });
    const terminal = await openTerminal(project, ['up']);
    // Not yet in the report of a failure: nothing has failed for good.
    await terminal.shows(/ {4}boom: cannot open config\.toml/);
    await terminal.shows(/waits for api, which fails and is tried again/);
    project.write('ok', '');
    await terminal.shows(/is up after/);
  });

  it('goes on while all that runs is exchanged, though nothing of it runs for a moment', async () => {
    await boot();
    project.write('services.yaml', toYaml({ db: { command: 'sleep 601' }, web: { command: 'sleep 602', depends_on: ['db'] } }));
    expect((await runMuster(['up', '-d'], { cwd: project.folder })).code).to.equal(0);
    // The same supervisor: another one would have begun to count anew.
    expect((await services()).map(({ state, attempt }) => [state, attempt])).to.deep.equal([
      ['ready', 2],
      ['ready', 2],
    ]);
  });

  it('E11: s of what others need shows who, and asks', async () => {
    const terminal = await boot();
    terminal.type('s');
    await terminal.shows(/Stop which\?/);
    terminal.type('db');
    terminal.type('\r');
    await terminal.shows(/db is needed by web/);
    terminal.type('n');
    expect((await services()).map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
    terminal.type('s');
    await terminal.shows(/needed by web[^]*Stop which\?/);
    terminal.type('db\r');
    await terminal.shows(/needed by web[^]*needed by web/);
    terminal.type('y');
    await terminal.shows(/web stopped[^]*db stopped/);
  });

  it('l shows one log, / only lines with a text, w says why, and Esc shows all again', async () => {
    const chatty = (word: string) => ({ command: `sh -c 'while :; do echo ${word} even; echo ${word} odd; sleep 0.05; done'` });
    project.write('services.yaml', toYaml({ cat: chatty('miau'), dog: chatty('wuff') }));
    const terminal = await boot();
    await terminal.shows(/wuff even/);
    terminal.type('l');
    await terminal.shows(/Only the log of which\?/);
    terminal.type('cat\r');
    await terminal.shows(/showing only lines of cat/);
    const since = terminal.text().length;
    await terminal.shows(new RegExp(`^[^]{${since}}[^]*miau odd[^]*miau odd`));
    expect(terminal.text().slice(since)).not.to.include('wuff');
    terminal.type('/');
    await terminal.shows(/only lines with:/);
    terminal.type('even\r');
    await terminal.shows(/lines of cat with "even"/);
    const later = terminal.text().length;
    await terminal.shows(new RegExp(`^[^]{${later}}[^]*miau even[^]*miau even`));
    expect(terminal.text().slice(later)).not.to.include('odd');
    terminal.type('\u001b');
    await terminal.shows(new RegExp(`^[^]{${later}}[^]*wuff odd`));
    terminal.type('w');
    await terminal.shows(/Why is which/);
    terminal.type('dog\r');
    await terminal.shows(/✓ dog (is|has been|ready)/);
    terminal.type('d');
    expect(await terminal.exited, terminal.text()).to.equal(0);
  });

  it('a supervisor that was killed is told, with what takes its services over', async () => {
    const terminal = await boot();
    killNine(memoryOf(project).supervisor);
    expect(await terminal.exited, terminal.text()).to.equal(1);
    expect(terminal.text()).to.match(/the supervisor is gone; its services live on/);
    const again = await boot();
    expect(again.text()).to.match(/took over from an earlier run, as they are: db, web/);
    again.type('d');
    await again.exited;
  });

  it('F21: Ctrl-Z stops whatever has started it, too, so that the shell comes back; fg goes on', async () => {
    const line = ['node', ...musterCommand(), 'up'].map((word) => `"${word}"`).join(' ');
    project.write('start.sh', `${line}\necho "ended with $?"\n`);
    const shell = await openProgram(project, ['sh', '-i']);
    shell.type('sh start.sh\r');
    await shell.shows(/is up after/);
    const before = await pids();
    shell.type('\u001a');
    await shell.shows(/[Ss]topped/);
    shell.type('echo "back $((40 + 2))"\r');
    await shell.shows(/back 42/);
    shell.type('fg\r');
    await shell.shows(/back 42[^]*fg\nsh start\.sh/);
    shell.type('d');
    await shell.shows(/detached; it runs on[^]*ended with 0/);
    expect(await pids()).to.deep.equal(before);
    shell.type('exit\r');
    expect(await shell.exited, shell.text()).to.equal(0);
  });

  it('ends by itself, and its supervisor too, when nothing runs any more', async () => {
    project.write('services.yaml', toYaml({ once: { type: 'task', command: 'true' } }));
    const terminal = await openTerminal(project, ['up']);
    expect(await terminal.exited, terminal.text()).to.equal(0);
    expect(await isRunning()).to.equal(false);
  });

  it('C1: one that had failed says that it is up, and where, as soon as it was mended', async () => {
    const port = await freePort();
    project.write(
      'services.yaml',
      toYaml({
        api: {
          command: `[ -e mended ] && exec node ${programPath('listens.mjs')}; exit 3`,
          port,
          health_url: `http://127.0.0.1:${port}/`,
          restart: 'no',
        },
        web: { ...sleeper, depends_on: ['api'] },
        db: sleeper,
      }),
    );
    const terminal = await openTerminal(project, ['up']);
    await terminal.shows(/project failed after/);
    project.write('mended', '');
    expect((await runMuster(['start', 'api'], { cwd: project.folder })).code).to.equal(0);
    expect((await runMuster(['start', 'web'], { cwd: project.folder })).code).to.equal(0);
    await terminal.shows(/web.* ready[^]*project is up\n +http:\/\/\S+ +api\n/);
    terminal.type('\u0003');
    await terminal.exited;
  });

  it('C2: a failure after the boot is told once, by its report, with its time', async () => {
    project.write('tool', '#!/bin/sh\nexec sleep 600\n');
    chmodSync(project.path('tool'), 0o755);
    project.write('services.yaml', toYaml({ api: { command: './tool' }, db: sleeper }));
    const terminal = await boot();
    rmSync(project.path('tool'));
    expect((await runMuster(['restart', 'api'], { cwd: project.folder })).code).to.equal(1);
    await terminal.shows(/next: mend the command of api/);
    const shown = terminal.text();
    terminal.type('\u0003');
    await terminal.exited;
    const told = shown.split('\n').filter((line) => line.includes('"./tool" does not exist'));
    expect(told, shown).to.have.length(1);
    expect(told[0]).to.match(/^\d\d:\d\d:\d\d\.\d{3} ✗ api failed: the program/);
  });

  it('--rollback: a boot that fails is taken down, with the code of its failure', async () => {
    project.write('services.yaml', toYaml({ ...stack, bad: { command: 'sh -c "exit 3"', startup_delay: '30s', restart: 'no' } }));
    const terminal = await openTerminal(project, ['up', '--rollback']);
    expect(await terminal.exited, terminal.text()).to.equal(1);
    expect(terminal.text())
      .to.match(/bad failed: exited with code 3[^]*stopping in order\n/)
      .and.not.to.match(/Ctrl-C again|somebody else/);
    expect(await isRunning()).to.equal(false);
  });

  it('G2: --force ends whom the user was shown, and nobody who came after that', async () => {
    const [shown, later] = [await freePort(), await freePort()];
    const listens = { command: program('listens.mjs'), restart: 'no' };
    project.write(
      'services.yaml',
      toYaml({ a: { ...listens, port: shown }, b: { ...listens, port: later, wait_before_start: '300ms' } }),
    );
    const first = await startStranger('listens.mjs', { PORT: String(shown) }, /listening/);
    const terminal = await openTerminal(project, ['up', '--force']);
    await terminal.shows(/End them\?/);
    const second = await startStranger('listens.mjs', { PORT: String(later) }, /listening/);
    terminal.type('y\r');
    await terminal.shows(/b failed[^]*is held by|failed: b/);
    expect([first.hasEnded(), second.hasEnded()]).to.deep.equal([true, false]);
    terminal.type('\u0003');
    expect(await terminal.exited, terminal.text()).to.equal(3);
  });
});

describe('many up at once', function () {
  this.timeout(240_000);

  it('F84, F85: fifty without a terminal have one owner; the others join it and exit with 0; nothing is started twice', async () => {
    const project = createProject({ 'services.yaml': toYaml(stack) });
    const all = Array.from({ length: 50 }, () => startMuster(['up'], { cwd: project.folder }));
    const ended = new Map<number, number | null>();
    for (const { pid, done } of all) void done.then(({ code }) => ended.set(pid, code));
    await until('all but one have joined', () => ended.size === 49, 200_000);
    expect(new Set(ended.values()), [...ended.values()].join()).to.deep.equal(new Set([0]));
    const owner = all.find(({ pid }) => !ended.has(pid));
    const { history, running } = memoryOf(project);
    expect(history.runs).to.have.lengthOf(1);
    expect(Object.values(running).map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
    for (const { process: service } of Object.values(running)) expect(isLiving(service?.pid ?? 0)).to.equal(true);
    owner?.signal('SIGTERM');
    expect((await owner?.done)?.code).to.equal(143);
    await expectNothingLeft(project);
  });
});
