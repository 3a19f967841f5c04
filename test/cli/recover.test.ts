import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { formatMarker, markerVariable } from '../../lib/domain/process.ts';
import { findRemembered, toRemembered } from '../../lib/interfaces/cli/recover/remembered.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import type { Memory } from '../../lib/runtime/memory-file.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { isLiving, until } from '../support/procs.ts';
import { killNine } from '../support/signals.ts';
import { expectNothingLeft, memoryOf, readText } from '../support/stack-rig.ts';

// front ─► web ─► db, side; web fails until there is a file "ok"
const stack = `
services:
  db: { command: sleep 1000 }
  web: { command: "sh -c 'test -f ok || { echo no ok; exit 4; }; echo ok; exec sleep 1000'", depends_on: [db], restart: no, ready: { log: ^ok$ } }
  front: { command: sleep 1000, depends_on: [web] }
  side: { command: sleep 1000 }
`;

type Told = {
  readonly ok: boolean;
  readonly wasRunning: boolean;
  readonly reaped: readonly { readonly service: string; readonly pid: number; readonly isGone: boolean }[];
  readonly adopted: readonly string[];
  readonly started: readonly string[];
  readonly missing: readonly string[];
  readonly services: readonly { readonly name: string; readonly state: string; readonly pid: number }[];
};

describe('muster recover', () => {
  let project: Project;

  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const recover = async (...names: readonly string[]): Promise<Told> =>
    JSON.parse((await muster('recover', '--json', ...names)).stdout) as Told;
  const pidOf = (name: string): number => memoryOf(project).running[name]?.process?.pid ?? -1;
  const killSupervisor = (): void => killNine(memoryOf(project).supervisor);

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack, ok: '' });
  });

  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('starts what failed for good, with what was skipped because of it, and leaves the rest alone', async () => {
    project = createProject({ 'services.yaml': stack });
    await muster('up', '-d');
    const before = pidOf('db');
    const failed = await muster('recover');
    expect([failed.code, failed.stdout]).to.deep.include(1);
    expect(failed.stdout)
      .to.match(/not brought back web: failed/)
      .and.to.match(/next: muster why web/);
    project.write('ok', '');
    expect(await recover()).to.deep.include({ ok: true, wasRunning: true, started: ['web', 'front'], adopted: [] });
    expect(pidOf('db')).to.equal(before);
    expect((await muster('recover')).stdout).to.equal('there is nothing to recover: all that should run does\n');
  });

  it('tells a task that has done its work now from a service that is back, and what failed again, also if it is optional', async () => {
    const task = '  seed: { type: task, command: "true", depends_on: [web] }\n';
    const mail = "  mail: { command: sh -c 'exit 3', optional: true, restart: no, startup_delay: 30s }\n";
    project = createProject({ 'services.yaml': `${stack}${task}${mail}` });
    await muster('up', '-d');
    project.write('ok', '');
    const { code, stdout } = await muster('recover');
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^brought back: web, front$/m)
      .and.to.match(/^ran to its end: seed$/m)
      .and.to.match(/^not brought back mail: failed/m);
  });

  it('brings all replicas back by the name of their service, under the supervisor that is there or a new one; what is not up in time is told by its code', async () => {
    const api =
      "  api: { command: sh -c 'test -f ok || exit 4; echo ok; exec sleep 1000', replicas: 2, restart: no, ready: { log: ^ok$ } }\n";
    const slow = '  slow: { command: sleep 1000, restart: no, ready: { log: never }, health_timeout: 100ms }\n';
    project = createProject({ 'services.yaml': `services:\n${api}${slow}` });
    await muster('up', '-d');
    project.write('ok', '');
    expect(await recover('api')).to.deep.include({ ok: true, wasRunning: true, started: ['api-1', 'api-2'] });
    const { code, stdout } = await muster('recover');
    expect(code).to.equal(4);
    expect(stdout).to.match(/not brought back slow: failed/);
    killSupervisor();
    expect(JSON.parse((await muster('status', '--json', 'api')).stdout))
      .to.have.property('left')
      .that.has.length(2);
    expect(await recover('api')).to.deep.include({ ok: true, wasRunning: false, adopted: ['api-1', 'api-2'], started: [] });
  });

  it('a name means what is remembered of it: itself, or the replicas that the file has, or had', () => {
    const remembered = ['db', 'api-1', 'api-2', 'old-1', 'old-2'];
    const services = ['api-1', 'api-2', 'api-3'].map((name) => ({ name, group: 'api' }));
    const find = (name: string): readonly string[] =>
      findRemembered(remembered, [{ name: 'db', group: null }, ...services], name);
    expect(['db', 'api', 'api-2', 'api-3', 'old', 'web'].map(find)).to.deep.equal([
      ['db'],
      ['api-1', 'api-2'],
      ['api-2'],
      [],
      ['old-1', 'old-2'],
      [],
    ]);
    expect(findRemembered(remembered, [], 'api')).to.deep.equal(['api-1', 'api-2']);
  });

  it('does not start what was stopped by hand', async () => {
    await muster('up', '-d');
    await muster('stop', 'side');
    expect(await recover()).to.deep.include({ ok: true, started: [] });
  });

  describe('what the loss of another one took down', () => {
    // tail ─► web ─► db, by on_loss: stop; db fails when there is a file "lose", and stays once there is one "ok"
    const losing = `
services:
  db: { command: "sh -c 'until test -e ok -o -e lose; do sleep 0.05; done; test -e ok || exit 9; exec sleep 1000'", restart: no }
  web: { command: sleep 1000, depends_on: { db: { on_loss: stop } } }
  tail: { command: sleep 1000, depends_on: { web: { on_loss: stop } } }
`;
    const isDown = (name: string) => (): boolean => memoryOf(project).running[name]?.state === 'stopped';
    const states = async (): Promise<readonly string[]> =>
      (JSON.parse((await muster('status', '--json')).stdout) as Told).services.map(({ name, state }) => `${name} ${state}`);

    beforeEach(() => {
      project = createProject({ 'services.yaml': losing });
    });

    it('is brought back with it, as nobody stopped it by hand', async () => {
      await muster('up', '-d');
      project.write('lose', '');
      await until('tail is down', isDown('tail'));
      project.write('ok', '');
      expect(await recover()).to.deep.include({ ok: true, started: ['db', 'web', 'tail'] });
      expect(await states()).to.deep.equal(['db ready', 'web ready', 'tail ready']);
    });

    it('is brought back by its name, and where what it had lost is back already', async () => {
      await muster('up', '-d');
      project.write('lose', '');
      await until('tail is down', isDown('tail'));
      project.write('ok', '');
      await muster('start', 'db');
      expect(await recover('web')).to.deep.include({ ok: true, started: ['web'] });
      expect(await recover()).to.deep.include({ ok: true, started: ['tail'] });
    });

    it('stays down where somebody stopped by hand what took it down', async () => {
      await muster('up', '-d');
      await muster('stop', '--force', 'db');
      await until('tail is down', isDown('tail'));
      expect(await recover()).to.deep.include({ ok: true, started: [] });
    });

    it('is brought back also by a new supervisor, after kill -9 of the old one', async () => {
      await muster('up', '-d');
      project.write('lose', '');
      await until('tail is down', isDown('tail'));
      killSupervisor();
      project.write('ok', '');
      expect(await recover()).to.deep.include({ ok: true, wasRunning: false, started: ['db', 'web', 'tail'] });
    });
  });

  it('after kill -9 of the supervisor: takes over what lives, with its pids, and starts what has died', async () => {
    await muster('up', '-d');
    const db = pidOf('db');
    killSupervisor();
    killNine(memoryOf(project).running['web']?.process);
    const told = await recover();
    expect(told).to.deep.include({ ok: true, wasRunning: false, adopted: ['db', 'front', 'side'], started: ['web'] });
    expect(told.services.find(({ name }) => name === 'db')?.pid).to.equal(db);
    expect((await muster('status')).stdout).to.match(/4 of 4 up/);
  });

  it('brings back only what ran, in its environment, and says what the file has no more', async () => {
    await muster('up', '-d', '--env', 'test', 'web', 'side');
    killSupervisor();
    project.write('services.yaml', stack.replace(/ {2}side:.*\n/, ''));
    const told = await recover();
    expect(told).to.deep.include({ ok: true, missing: ['side'] });
    expect(told.services.map(({ name }) => name)).to.deep.equal(['db', 'web']);
    expect(JSON.parse((await muster('status', '--json')).stdout)).to.include({ environment: 'test' });
  });

  it('after a down in order has nothing to bring back, and says what starts it', async () => {
    await muster('up', '-d', 'web');
    await muster('down');
    const { code, stdout } = await muster('recover');
    expect([code, stdout]).to.deep.equal([
      0,
      'nothing to bring back: it was taken down in order; "muster up" starts the stack\n',
    ]);
    expect(JSON.parse((await muster('recover', '--json')).stdout)).to.deep.include({ ok: true, started: [] });
    expect((await muster('status')).stdout).to.contain('nothing is running');
  });

  it('after a down in order has nothing to bring back, also where something was stopped and started by hand before it', async () => {
    await muster('up', '-d');
    await muster('stop', 'side');
    await muster('start', 'side');
    await muster('down');
    expect(memoryOf(project).history.runs.map(({ trigger }) => trigger)).to.deep.equal(['up', 'start']);
    expect((await muster('recover')).stdout).to.match(/^nothing to bring back: it was taken down in order; /);
  });

  it('after a boot that failed, and was taken down for that, brings back all that took part', async () => {
    project = createProject({ 'services.yaml': stack });
    expect((await muster('up')).code).to.equal(1);
    project.write('ok', '');
    expect(await recover()).to.deep.include({ ok: true, wasRunning: false, started: ['db', 'web', 'front', 'side'] });
  });

  it('says why the new supervisor has started nothing', async () => {
    const hook = 'hooks: { before_up: "test ! -e full || { echo no disk; exit 4; }" }\n';
    project = createProject({ 'services.yaml': `${hook}${stack}` });
    expect((await muster('up')).code).to.equal(1);
    project.write('full', '');
    const { code, stderr } = await muster('recover');
    expect(code).to.equal(1);
    // In a sentence, or in the story of a supervisor that was gone before it could be asked.
    expect(stderr).to.include('the before_up hook exited with code 4: no disk (logs/muster.hooks.log)');
    expect((await muster('status')).stdout).to.contain('nothing is running');
  });

  it('after an ordered end at the shutdown of the machine, all that took part is brought back', async () => {
    await muster('up', '-d', 'web');
    const before = Date.now();
    await muster('down');
    const memory = memoryOf(project) as unknown as Memory;
    const told = [before, Date.now()].map((bootedAt) => toRemembered(memory, bootedAt));
    expect(told.map(({ wasTakenDown }) => wasTakenDown)).to.deep.equal([true, false]);
    expect(told[1]?.names).to.have.members(['db', 'web']);
  });

  it('in a container that was stopped in order and started again, all that took part is brought back', async function () {
    const inside = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    if (spawnSync('unshare', [...inside.slice(1), 'true']).status !== 0) this.skip();
    await muster('up', '-d', 'web');
    await muster('down');
    // What it starts ends with it: it is the first process there.
    const { code, stdout, stderr } = await runMuster(['recover', '--json'], { cwd: project.folder, through: inside });
    expect(code, stdout + stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.include({ ok: true, started: ['db', 'web'] });
  });

  it('ends what nobody supervises, and only that', async () => {
    await muster('up', '-d');
    const marker = formatMarker({ project: projectId(project.folder), service: 'web', attempt: 0 });
    const orphan = spawn('sleep', ['1000'], {
      env: { PATH: process.env.PATH, [markerVariable]: marker },
      detached: true,
      stdio: 'ignore',
    });
    const { pid = -1 } = orphan;
    await until('the orphan is there', () => isLiving(pid));
    const web = pidOf('web');
    expect((await recover()).reaped).to.deep.include({ service: 'web', pid, command: 'sleep 1000', isGone: true });
    expect([isLiving(pid), isLiving(web)]).to.deep.equal([false, true]);
  });

  for (const [file, more, asked] of [
    ['as its service is stopped', '', 'USR1\n'],
    ['as any is, where the file is broken', '  oops: [\n', 'TERM\n'],
  ] as const) {
    it(`ends what nobody supervises ${file}`, async () => {
      const stop = 'stop: { signal: SIGUSR1, timeout: 10m }';
      project = createProject({ 'services.yaml': `services:\n  web: { command: sleep 1000, ${stop} }\n` });
      await muster('up', '-d');
      project.write('services.yaml', `services:\n  web: { command: sleep 1000, ${stop} }\n${more}`);
      const marker = formatMarker({ project: projectId(project.folder), service: 'web', attempt: 0 });
      const traps = ['USR1', 'TERM'].map((signal) => `trap "echo ${signal} >> asked; exit 0" ${signal}`).join('; ');
      const orphan = spawn('sh', ['-c', `${traps}; touch ready; while :; do sleep 0.05; done`], {
        cwd: project.folder,
        env: { PATH: process.env.PATH, [markerVariable]: marker },
        detached: true,
        stdio: 'ignore',
      });
      const { pid = -1 } = orphan;
      await until('the orphan listens', () => existsSync(project.path('ready')));
      expect((await recover()).reaped.find((reaped) => reaped.pid === pid)).to.include({ service: 'web', isGone: true });
      expect(readText(project.path('asked'))).to.equal(asked);
    });
  }

  it('has nothing to do where nothing ever ran, and says what it does not know', async () => {
    const nothing = await muster('recover');
    expect([nothing.code, nothing.stdout]).to.deep.equal([
      0,
      'nothing is remembered that could be brought back; "muster up" starts the stack\n',
    ]);
    expect((await muster('recover', 'web')).code).to.equal(2);
    await muster('up', '-d');
    expect((await muster('recover', 'wep')).stderr).to.match(/unknown service "wep"; did you mean "web"/);
  });
});
