import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProject, type Project, type RunResult, runMuster, startMuster } from '../support/cli.ts';
import { musterLine, startShell, startStranger } from '../support/outsiders.ts';
import { freePort, isLiving, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf } from '../support/stack-rig.ts';

// web ─► db; tasks and sleeps only: what matters is who supervises them
const stack = `
services:
  db:
    command: sleep 1000
    startup_delay: 50ms
  web:
    command: sleep 1000
    depends_on: [db]
`;

type Told = { readonly name: string; readonly state: string; readonly pid: number };

describe('a stack in the background', () => {
  let project: Project;

  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const services = async (): Promise<readonly Told[]> => {
    const told = JSON.parse((await muster('status', '--json')).stdout) as { readonly services: readonly Told[] };
    return told.services;
  };
  const pids = async (): Promise<readonly number[]> => (await services()).map(({ pid }) => pid);
  /** The file that says who supervises it, also before the memory does. */
  const findLock = (): string | undefined => {
    const folder = project.path('..', 'run');
    const lock = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) => /(^|\/)lock\.\d+$/.test(file));
    return lock === undefined ? undefined : join(folder, lock);
  };
  const killSupervisor = (): void => killNine(memoryOf(project).supervisor);

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('up -d returns when the stack is up, and leaves it running; down ends it and proves that nothing is left', async () => {
    const up = await muster('up', '-d');
    expect(up.code).to.equal(0);
    expect(up.stdout)
      .to.match(/is up after/)
      .and.to.match(/runs in the background/);
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['db ready', 'web ready']);
    const down = await muster('down');
    expect([down.code, down.stdout]).to.deep.include(0);
    expect(down.stdout).to.match(/nothing is left/);
    expect((await muster('status', '--json')).stdout).to.include('"running":false');
  });

  it('F125: $(muster up -d) and muster up -d | cat return, since nothing of the caller is held', async () => {
    const shell = startShell(
      project,
      `out="$(${musterLine()} up -d)"; echo "caught: $out" | tail -n 1; ${musterLine()} up -d | cat; echo over`,
    );
    await shell.exited;
    expect(shell.stdout()).to.match(/runs in the background[^]*over/);
  });

  it('B12: a second up -d on a healthy unchanged stack joins: nothing is spawned, exit 0', async () => {
    await muster('up', '-d');
    const before = await pids();
    const again = await muster('up', '-d');
    expect(again.code).to.equal(0);
    expect(await pids()).to.deep.equal(before);
  });

  it('F14: after kill -9 of the supervisor the services live on, and the next up -d takes them over with their pids', async () => {
    await muster('up', '-d');
    const before = await pids();
    killSupervisor();
    expect(before.every(isLiving)).to.equal(true);
    const again = await muster('up', '-d');
    expect(again.code).to.equal(0);
    expect(again.stdout).to.match(/db +reused/);
    expect(await pids()).to.deep.equal(before);
  });

  it('F08: down after kill -9 of the supervisor ends what it had left, in order, and says so', async () => {
    await muster('up', '-d');
    const before = await pids();
    killSupervisor();
    const down = await muster('down');
    expect([down.code, down.stderr]).to.deep.equal([0, '']);
    expect(down.stdout).to.match(/ended what it had left: web, db/);
    expect(before.some(isLiving)).to.equal(false);
    expect((await muster('status', '--json')).stdout).to.include('"running":false');
  });

  it('--fresh takes over nothing', async () => {
    await muster('up', '-d');
    const before = await pids();
    killSupervisor();
    expect((await muster('up', '-d', '--fresh')).code).to.equal(0);
    expect((await pids()).some((pid) => before.includes(pid))).to.equal(false);
    expect(before.some(isLiving)).to.equal(false);
  });

  it('a boot that fails says so with its exit code, and what came up stays', async () => {
    project.write(
      'services.yaml',
      `${stack}  bad:\n    command: sh -c 'echo no luck; exit 3'\n    restart: no\n    startup_delay: 30s\n`,
    );
    const up = await muster('up', '-d');
    expect(up.code).to.equal(1);
    expect(up.stdout)
      .to.match(/bad failed: exited with code 3/)
      .and.to.match(/no luck/);
    expect((await services()).filter(({ state }) => state === 'ready')).to.have.length(2);
  });

  it('F1: when a port that somebody else has is all that failed, and nothing runs, it stays until down and ends in order', async () => {
    const port = await freePort();
    const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
    project.write(
      'services.yaml',
      `services:\n  web: {command: sleep 1000, port: ${port}}\n  jobs: {command: sleep 1000, depends_on: [web]}\n`,
    );
    const up = await muster('up', '-d');
    expect([up.code, up.stdout]).to.deep.include(3);
    expect(up.stdout)
      .to.match(/nothing of it runs; its supervisor stays so that you can look: .*down ends it/)
      .and.not.match(/runs in the background/);
    const supervisor = memoryOf(project).supervisor?.pid ?? -1;
    expect((await services()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['web failed', 'jobs skipped']);
    const listed = JSON.parse((await muster('ls', '--json')).stdout) as readonly {
      readonly root: string;
      readonly state: string;
    }[];
    expect(listed.filter(({ root }) => root === project.folder).map(({ state }) => state)).to.deep.equal(['failed']);
    expect(isLiving(supervisor)).to.equal(true);
    const down = await muster('down');
    expect([down.code, down.stdout]).to.deep.include(0);
    expect(down.stdout).to.match(/nothing is left/);
    expect(readFileSync(project.path('logs', 'muster.log'), 'utf8')).to.include('"stackEnded"');
    expect(stranger.hasEnded()).to.equal(false);
  });

  it('when all of it was stopped by hand, it stays, and can be started again', async () => {
    await muster('up', '-d');
    expect((await muster('stop', 'db', '--with-dependents')).code).to.equal(0);
    expect((await services()).map(({ state }) => state)).to.deep.equal(['stopped', 'stopped']);
    expect((await muster('start', 'web')).code).to.equal(0);
    expect((await services()).map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
  });

  it('with --rollback a boot that fails leaves nothing, which is waited for, and nothing is said to run on', async () => {
    project.write('services.yaml', `${stack}  bad: {command: sh -c 'exit 3', restart: no, startup_delay: 30s}\n`);
    const { code, stdout } = await muster('up', '-d', '--rollback');
    expect(code).to.equal(1);
    expect(stdout)
      .to.match(/bad failed: exited with code 3/)
      .and.to.match(/nothing is left/);
    expect(stdout).not.to.contain('in the background');
    await expectNothingLeft(project);
  });

  for (const [form, args, reason] of [
    ['words', [], /bad failed: exited with code 3[^]*nothing is left/],
    ['JSON', ['--json'], /"type":"stackFailed".*"service":"bad"[^]*"type":"stackStopped"/],
  ] as const) {
    it(`whoever waits for a boot is told why it failed, also by a supervisor that has ended before it could be heard: in ${form}`, async () => {
      project.write('services.yaml', `${stack}  bad: {command: sh -c 'exit 3', restart: no, startup_delay: 30s}\n`);
      const up = startMuster(['up', '-d', '--rollback', ...args], { cwd: project.folder });
      await until('a supervisor has the lock', () => findLock() !== undefined);
      up.signal('SIGSTOP');
      await until('it has ended', () => findLock() === undefined);
      up.signal('SIGCONT');
      const { code, stdout, stderr } = await up.done;
      expect([code, stderr]).to.deep.equal([1, '']);
      expect(stdout).to.match(reason);
    });
  }

  it('a supervisor that is killed while it boots is missed by whoever waits', async () => {
    project.write('services.yaml', `${stack}  slow: {command: sleep 1000, startup_delay: 1h}\n`);
    const up = startMuster(['up', '-d'], { cwd: project.folder });
    await up.waitForLine(/db +ready/);
    const supervisor = JSON.parse(readFileSync(findLock() ?? '', 'utf8')) as ProcessIdentity;
    killNine(supervisor);
    const { code, stderr } = await up.done;
    expect([code, stderr]).to.deep.equal([
      1,
      'muster up: the supervisor is gone; its services live on, and "muster up" takes them over\n',
    ]);
  });

  it('a mistake in the file is told before anything is started', async () => {
    project.write('services.yaml', 'services:\n  a: {comand: x}\n');
    const up = await muster('up', '-d');
    expect(up.code).to.equal(2);
    expect(up.stderr).to.match(/did you mean "command"/);
  });
});
