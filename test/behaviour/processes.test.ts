import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { escapeZoo, stay } from '../programs/escape-zoo.ts';
import { createProject, runMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { freePort, isLiving, programPath, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import { bootStack, expectNothingLeft, journalOf, program, readText, startStack, told, toYaml } from '../support/stack-rig.ts';

const pidsIn = (path: string): number[] => readText(path).split('\n').filter(Boolean).map(Number);

describe('the processes of a service', () => {
  it('F1: a grandchild that holds the output open does not delay anything, and ends with the service', async () => {
    const up = await bootStack({
      gone: { command: program('holds-stdout.mjs'), type: 'task' },
      next: { command: 'sleep 600', depends_on: ['gone'] },
    });
    expect(up.order('serviceCompleted'), told(up)).to.deep.equal(['gone']);
    expect(up.log('gone')).to.equal('gone\n');
    const marked = async () =>
      (await createProcesses().findMarked(projectId(up.project.folder))).map(({ marker }) => marker.service);
    await until('the grandchild is gone while the stack is up', async () => !(await marked()).includes('gone'));
    await up.stop();
  });

  it('F2: `server &` under a shell, and `npm run` with its shell and its node, end with the stop', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const project = createProject({
      'package.json': JSON.stringify({ name: 'app', scripts: { serve: `node ${programPath('listens.mjs')}` } }),
    });
    const npm = spawnSync('npm', ['--version']).status === 0;
    const up = await bootStack(
      {
        shell: { command: `node ${programPath('listens.mjs')} & wait`, port: one },
        ...(npm ? { npm: { command: 'npm run serve', port: two } } : {}),
      },
      { project },
    );
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    expect((await up.stop()).code).to.equal(143);
  });

  it('F2, F3: whoever gets away by a session, a double fork or an empty environment is found and ended, every one', async () => {
    const project = createProject();
    const at = (index: number): string => project.path(`pids-${index}`);
    const up = await bootStack(
      Object.fromEntries(
        escapeZoo.map(({ line }, index) => [
          `zoo-${index}`,
          {
            command: ['sh', '-c', line],
            restart: 'no',
            optional: true,
            stop: { timeout: '500ms' },
            env: { PIDS: at(index), STAY: stay, NODE: process.execPath, PROGRAMS: programPath('.') },
          },
        ]),
      ),
      { project },
    );
    await until('all have said who they are, or are gone with their main process', () =>
      escapeZoo.every(({ staying, leaderEnds }, index) => leaderEnds || pidsIn(at(index)).length === staying),
    );
    expect((await up.stop()).code, told(up)).to.equal(143);
    const living = escapeZoo.flatMap(({ name }, index) => (pidsIn(at(index)).some(isLiving) ? [name] : []));
    expect(living).to.deep.equal([]);
  });

  it('F3: `down` after the supervisor was killed ends them all the same, by their markers and descent alone', async () => {
    const project = createProject();
    const at = (index: number): string => project.path(`pids-${index}`);
    // Those whose main process ends are known to nobody any more when they have emptied their environment as well.
    const zoo = escapeZoo.filter(({ leaderEnds }) => !leaderEnds);
    const up = await bootStack(
      Object.fromEntries(
        zoo.map(({ line }, index) => [
          `zoo-${index}`,
          {
            command: ['sh', '-c', line],
            stop: { timeout: '500ms' },
            env: { PIDS: at(index), STAY: stay, NODE: process.execPath, PROGRAMS: programPath('.') },
          },
        ]),
      ),
      { project },
    );
    await until('all have said who they are', () => zoo.every(({ staying }, index) => pidsIn(at(index)).length >= staying));
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const down = await runMuster(['down'], { cwd: project.folder });
    expect(down.code, down.stderr).to.equal(0);
    await expectNothingLeft(project);
    expect(zoo.flatMap(({ name }, index) => (pidsIn(at(index)).some(isLiving) ? [name] : []))).to.deep.equal([]);
  });

  it('F3: a grandchild in a session of its own that ignores SIGTERM is killed with the tree', async () => {
    const up = await bootStack({
      api: { command: program('forks-setsid.mjs'), ready: { log: '^ready$' }, env: { IGNORE: '1' }, stop: { timeout: '500ms' } },
    });
    const child = Number(/child (\d+)/.exec(up.log('api'))?.[1]);
    expect(isLiving(child)).to.equal(true);
    await up.stop();
    expect(isLiving(child)).to.equal(false);
    expect((await up.event('serviceStopped', 'api')).detail).to.match(/^killed after/);
  });

  it('F3: a daemon whose main process has ended is no service: it is ended, and that is told', async () => {
    const port = await freePort();
    const up = startStack({ daemon: { command: program('double-forks.mjs'), port, restart: 'no', ready: { tcp: port } } });
    const { code } = await up.ended();
    expect(code, told(up)).to.equal(1);
    expect((await up.event('serviceFailed', 'daemon')).reason).to.equal('exited with code 0 before it was ready');
  });

  describe('when the system has no more of something', () => {
    it('F6, F151: no file can be opened: that start fails with the reason, muster lives, and the next try works', async function () {
      if (spawnSync('prlimit', ['--version']).status !== 0) this.skip();
      const project = createProject();
      const up = await bootStack(
        {
          api: {
            command: program('journals.sh'),
            ready: { notify: true },
            env: { NAME: 'api', JOURNAL: project.path('journal') },
            restart: { delay: '300ms', max_delay: '300ms', max: 50 },
          },
        },
        { project },
      );
      const limit = (files: number): void => {
        expect(spawnSync('prlimit', ['--pid', String(up.muster.pid), `--nofile=${files}:4096`]).status).to.equal(0);
      };
      const { pid = 0 } = await up.event('serviceReady', 'api');
      limit(3);
      killNine(await ownProcess(project, pid));
      const tried = await up.event('serviceRestarting', 'api', ({ attempt, reason }) => attempt === 2 && reason !== null);
      expect(tried.reason).to.match(/too many files open/);
      limit(4096);
      await up.event('serviceReady', 'api', ({ attempt = 0 }) => attempt > 2);
      expect((await up.stop()).code, told(up)).to.equal(143);
      expect(journalOf(up)).to.deep.equal(['+ api', '+ api', '- api']);
    });

    it('F6: no process can be made: those services fail with the reason, the others run on', async function () {
      if (!canBeOthers()) this.skip();
      const project = createProject();
      const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
      project.write(
        'services.yaml',
        toYaml(Object.fromEntries(names.map((name) => [name, { command: 'sleep 600', optional: true, restart: 'no' }]))),
      );
      giveTo(project, 64_126);
      // Threads count too; Node has about a dozen.
      const line = `exec ${asUser(64_126)} prlimit --nproc=40 ${musterLine()} up --json`;
      const shell = startShell(project, line, { PATH: openPath });
      await until('the boot has settled', () => /"stack(Ready|Degraded|Failed)"/.test(shell.stdout()) || shell.stderr() !== '');
      expect(shell.stdout()).to.match(/"stackDegraded"/, shell.stderr());
      expect(shell.stdout()).to.match(
        /"serviceFailed".*"sleep\\" could not be started: the limit of processes is reached \(EAGAIN\)/,
      );
      expect(shell.stdout()).to.match(/"serviceReady"/);
      shell.signal('SIGTERM');
      expect(await shell.exited, shell.stderr()).to.equal(143);
      await expectNothingLeft(project);
    });
  });
});
