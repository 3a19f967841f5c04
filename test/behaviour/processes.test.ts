import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { escapeZoo, stay } from '../programs/escape-zoo.ts';
import { createProject, type Project, startMuster } from '../support/cli.ts';
import { assertNoMarked, freePort, isLiving, programPath, until } from '../support/procs.ts';
import {
  asUser,
  bootStack,
  canBeOthers,
  giveTo,
  journalOf,
  musterLine,
  openPath,
  program,
  readText,
  startShell,
  startStack,
  timelineOf,
  told,
  toYaml,
  type Up,
} from '../support/stack-rig.ts';

const pidsIn = (path: string): number[] => readText(path).split('\n').filter(Boolean).map(Number);

/** In MB; the most that the process has had at once. */
const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1000;

/** The pid of the muster that runs in this project, by the service that it says to be its child. */
const parentOf = (pid: number): number =>
  Number(
    readText(`/proc/${pid}/stat`)
      .replace(/^.*\) \S /s, '')
      .split(' ')[0],
  );

/** Muster dies as by the out-of-memory killer. */
const killNine = async (up: {
  readonly muster: { signal: (signal: NodeJS.Signals) => void; done: Promise<unknown> };
}): Promise<void> => {
  up.muster.signal('SIGKILL');
  await up.muster.done;
};

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

  describe('that print without end', () => {
    it('F5: 100 MB without a newline are in the file to the last byte; memory stays bounded, and nobody waits', async () => {
      const size = 100_000_000;
      const project = createProject();
      project.write(
        'services.yaml',
        toYaml({
          flood: { command: program('floods.mjs'), env: { LONG: String(size), STAY: '1' }, log: { max_size: '1GB' } },
          calm: { command: 'sleep 600' },
        }),
      );
      // Where people look at it, too: the output goes to a file, since a pipe would make the test the slow one.
      const shell = startShell(project, `exec ${musterLine()} up > shown`);
      const file = project.path('logs/flood.log');
      await until('all of it is written', () => statSync(file, { throwIfNoEntry: false })?.size === size);
      // The unfinished rest of a line waits for its end.
      await until('it is shown', () => statSync(project.path('shown')).size >= size - 65_536);
      expect(peakMemory(shell.pid)).to.be.lessThan(250);
      shell.signal('SIGTERM');
      expect(await shell.exited, shell.stderr()).to.equal(143);
      expect(readFileSync(file).equals(Buffer.alloc(size, 'x')), 'the file is what was written').to.equal(true);
      let shown = 0;
      for (const byte of readFileSync(project.path('shown'))) if (byte === 0x78) shown += 1;
      expect(shown, 'all of it was shown in the end').to.equal(size);
      await assertNoMarked(projectId(project.folder));
    });

    it('F5: numbered lines as fast as they come: each once and in order, over every rotated file', async () => {
      const lines = 2_000_000;
      const up = startStack({
        flood: { command: program('floods.mjs'), env: { LINES: String(lines), STAY: '1' }, log: { max_size: '5MB', keep: 20 } },
      });
      const folder = up.project.path('logs');
      const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('flood.log'));
      await up.settled();
      await until('the flood is over', () => parts().some((name) => /(^|\n)done\n$/.test(readText(`${folder}/${name}`))), 40_000);
      await until('it was rotated', () => parts().includes('flood.log.1'));
      expect(peakMemory(up.muster.pid)).to.be.lessThan(250);
      await up.stop();
      const texts = parts().map((name) => readText(`${folder}/${name}`).replaceAll('\0', ''));
      const numbers = texts.flatMap((text) =>
        text
          .split('\n')
          .filter((line) => /^\d+$/.test(line))
          .map(Number),
      );
      expect(numbers.length).to.equal(lines);
      expect(new Set(numbers).size).to.equal(lines);
    }).timeout(60_000);

    it('F5: a stop in the middle of a rotation finishes it: each byte is there once', async () => {
      const size = 150_000_000;
      const up = startStack({
        flood: { command: program('floods.mjs'), env: { LONG: String(size), STAY: '1' }, log: { max_size: '60MB', keep: 20 } },
      });
      const folder = up.project.path('logs');
      const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('flood.log'));
      await up.settled();
      await until('a rotation is under way', () => parts().includes('flood.log.rotating'));
      await up.stop();
      expect(parts()).not.to.include('flood.log.rotating');
      let found = 0;
      for (const name of parts()) {
        for (const byte of readFileSync(`${folder}/${name}`)) if (byte === 0x78) found += 1;
      }
      // It may have been stopped before it had written everything, but nothing is there twice.
      expect(found).to.be.at.most(size);
    });

    it('F5: binary, NUL and invalid UTF-8 are in the file byte by byte, and harm no terminal', async () => {
      const project = createProject();
      const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));
      writeFileSync(project.path('bytes'), bytes);
      project.write(
        'services.yaml',
        toYaml({ raw: { command: 'cat bytes; echo; echo over; exec sleep 600', ready: { log: '^over$' } } }),
      );
      const muster = startMuster(['up'], { cwd: project.folder });
      await muster.waitForLine(/is up/);
      await muster.waitForLine(/raw.*over/);
      muster.signal('SIGTERM');
      const { stdout } = await muster.done;
      const log = readFileSync(project.path('logs/raw.log'));
      expect(log.equals(Buffer.concat([bytes, Buffer.from('\nover\n')]))).to.equal(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come out.
      expect(/[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F\u0080-\u009F]/.test(stdout)).to.equal(false);
      expect(stdout).not.to.include('\u001B]');
    });
  });

  describe('when the system has no more of something', () => {
    it('F6: no file can be opened: that start fails with the reason, muster lives, and the next try works', async function () {
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
      process.kill(pid ?? 0, 'SIGKILL');
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
      await assertNoMarked(projectId(project.folder));
    });
  });

  describe('after muster was killed with -9', () => {
    const journaling = (project: Project, name: string, env: Readonly<Record<string, string>> = {}) => ({
      command: program('journals.sh'),
      ready: { notify: true },
      env: { NAME: name, JOURNAL: project.path('journal'), ...env },
    });

    // db ──► api, talker
    const stack = (project: Project) => ({
      db: journaling(project, 'db'),
      api: { ...journaling(project, 'api'), depends_on: ['db'] },
      talker: { command: 'while :; do echo said; sleep 0.05; done' },
    });
    const names = ['db', 'api', 'talker'];
    const pidsOf = (up: Up): (number | null | undefined)[] =>
      names.map((name) => up.events().find(({ type, service }) => type === 'serviceReady' && service === name)?.pid);

    it('F10: they run on, their output is kept, and the next `up` takes the healthy ones over as they are', async () => {
      const project = createProject();
      const up = await bootStack(stack(project), { project });
      const pids = pidsOf(up);
      expect(parentOf(pids[0] ?? 0)).to.equal(up.muster.pid);
      await killNine(up);
      const size = up.log('talker').length;
      await until('its output goes on', () => up.log('talker').length > size);
      expect(pids.map((pid) => isLiving(pid ?? 0))).to.deep.equal([true, true, true]);

      const next = await bootStack(stack(project), { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      expect(pidsOf(next)).to.deep.equal(pids);
      const run = await next.run();
      for (const name of names) expect(timelineOf(run, name).outcome).to.equal('reused');
      expect(next.log('talker').length).to.be.greaterThan(size);
      await next.stop();
      expect(journalOf(next)).to.deep.equal(['+ db', '+ api', '- api', '- db']);
    });

    it('F10: a service that was taken over is restarted like any other when it dies', async () => {
      const project = createProject();
      const services = { api: { ...journaling(project, 'api'), restart: { delay: '10ms' } } };
      await killNine(await bootStack(services, { project }));
      const next = await bootStack(services, { project });
      const { pid } = await next.event('serviceReady', 'api');
      process.kill(pid ?? 0, 'SIGKILL');
      const again = await next.event('serviceReady', 'api', (event) => event.pid !== pid);
      expect(again.attempt).to.equal(2);
      await next.stop();
      expect(journalOf(next)).to.deep.equal(['+ api', '+ api', '- api']);
    });

    it('F10: one with another definition is asked to stop, and starts anew; the others are taken over', async () => {
      const project = createProject();
      const up = await bootStack(stack(project), { project });
      const [db, api, talker] = pidsOf(up);
      await killNine(up);
      const services = stack(project);
      const next = await bootStack(
        { ...services, api: { ...services.api, env: { ...services.api.env, CHANGED: '1' } } },
        { project },
      );
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      expect(next.notices()).to.match(/ended what an earlier run had left: api/);
      const [sameDb, otherApi, sameTalker] = pidsOf(next);
      expect([sameDb, sameTalker]).to.deep.equal([db, talker]);
      expect(otherApi).not.to.equal(api);
      await next.stop();
      expect(journalOf(next)).to.deep.equal(['+ db', '+ api', '- api', '+ api', '- api', '- db']);
    });

    it('F10: while booting: nothing is started twice', async () => {
      const project = createProject();
      const services = {
        db: journaling(project, 'db'),
        api: { ...journaling(project, 'api', { DELAY: '0.4' }), depends_on: ['db'] },
      };
      const up = startStack(services, { project });
      await until('api runs', () => journalOf(up).includes('+ api'));
      await killNine(up);
      const next = await bootStack(services, { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      const marked = await createProcesses().findMarked(projectId(project.folder));
      // A shell and its sleep each.
      expect(marked.filter(({ command }) => command?.includes('journals.sh'))).to.have.length(2);
      await next.stop();
    });

    it('F10: while stopping: the next `up` ends what was left of it', async () => {
      const project = createProject();
      const deaf = { command: program('ignores-sigterm.mjs'), ready: { log: 'ready' }, stop: { timeout: '1s' } };
      const up = await bootStack({ deaf }, { project });
      up.muster.signal('SIGTERM');
      await until('it was asked', () => up.log('deaf').includes('ignored SIGTERM'));
      await killNine(up);
      const next = await bootStack({ deaf }, { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      const marked = await createProcesses().findMarked(projectId(project.folder));
      expect(marked).to.have.length(1);
      await next.stop();
    });
  });
});
