import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createProject, type Project, runMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell } from '../support/outsiders.ts';
import { isLiving, until } from '../support/procs.ts';
import { expectNothingLeft, program, type Services, startStack, toYaml } from '../support/stack-rig.ts';

const canTrace = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true']).status === 0;

const two: Services = {
  db: { command: program('journals.sh'), ready: { notify: true } },
  api: { command: program('journals.sh'), ready: { notify: true }, depends_on: ['db'] },
};

/** The next `up` makes it whole: each service once, and nothing is left after the `down`. */
const expectMended = async (project: Project, names: readonly string[]): Promise<string> => {
  const next = await runMuster(['up', '-d'], { cwd: project.folder });
  expect(next.code, next.stdout + next.stderr).to.equal(0);
  const marked = await createProcesses().findMarked(projectId(project.folder));
  const leaders = marked.filter(({ command }) => !command.startsWith('sleep'));
  expect(leaders.map(({ marker }) => marker.service).sort()).to.deep.equal([...names].sort());
  const { stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
  expect(stdout.match(/"state": ?"ready"/g)).to.have.length(names.length);
  expect((await runMuster(['down'], { cwd: project.folder })).code).to.equal(0);
  await expectNothingLeft(project);
  return next.stdout + next.stderr;
};

describe('the supervisor dies before it is one', () => {
  let canaries: Canaries;
  beforeEach(async () => {
    canaries = await startCanaries();
  });
  afterEach(async () => {
    canaries.assertUnhurt();
    await canaries.stop();
  });

  for (const [id, call, where] of [
    ['F01', 'link', 'before the lock'],
    ['F02', 'bind', 'after the lock, before the socket'],
    ['F03', 'fsync', 'after the socket, before anything was saved'],
  ] as const) {
    it(`${id}: ${where}: the next up works, and nothing is left of the first`, async function () {
      if (!canTrace) this.skip();
      const project = createProject({ 'services.yaml': toYaml(two) });
      // Only muster itself: what it starts runs on, and would keep strace.
      const inject = `exec strace -f -b execve -qq -o /dev/null -e trace=${call} -e inject=${call}:signal=KILL:when=1 ${musterLine()} up`;
      const shell = startShell(project, inject);
      expect(await shell.exited, shell.stdout() + shell.stderr()).not.to.equal(0);
      await expectMended(project, ['db', 'api']);
    });
  }

  it('F07: with half of ten started: those are taken over, the others are started, and the order is kept', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const services = Object.fromEntries(
      names.map((name, index) => [name, { ...two.db, ...(index === 0 ? {} : { depends_on: [`s${index - 1}`] }) }]),
    );
    const up = startStack(services);
    await up.event('serviceReady', 's4');
    up.muster.signal('SIGKILL');
    await up.muster.done;
    const before = await createProcesses().findMarked(projectId(up.project.folder));
    expect(before.length).to.be.at.least(5);
    const said = await expectMended(up.project, names);
    expect(said).to.match(/took over from an earlier run, as they are: .*s0.*s4/);
  });
});

describe('the command dies, or is gone, in the middle', () => {
  it('F12: an export that is killed while it writes leaves the old file whole', async function () {
    if (!canTrace) this.skip();
    const project = createProject({ 'services.yaml': toYaml(two), 'compose.yaml': 'old\n' });
    for (const call of ['pwrite64', 'fsync', 'rename']) {
      const line = `exec strace -f -qq -o /dev/null -e trace=${call} -e inject=${call}:signal=KILL:when=1 ${musterLine()} export compose --out compose.yaml --force`;
      const shell = startShell(project, line);
      await shell.exited;
      expect(['old\n', null], call).to.include(readFileSync(project.path('compose.yaml'), 'utf8'));
    }
    expect((await runMuster(['export', 'compose', '--out', 'compose.yaml', '--force'], { cwd: project.folder })).code).to.equal(
      0,
    );
    expect(readFileSync(project.path('compose.yaml'), 'utf8')).to.include('services:');
  });

  it('F28: muster is removed while a stack runs: the stack runs on, and is ended by another copy of it', async () => {
    const project = createProject({ 'services.yaml': toYaml(two) });
    const base = dirname(project.folder);
    // What is removed is a copy: links to the files of the one that the tests use.
    const root = dirname(dirname(import.meta.dirname));
    expect(
      spawnSync(
        'sh',
        [
          '-c',
          `mkdir '${base}/own' && cp -a dist package.json bin '${base}/own/' && ln -s '${root}/node_modules' '${base}/own/'`,
        ],
        { cwd: root },
      ).status,
    ).to.equal(0);
    const shell = startShell(project, `exec '${process.execPath}' '${base}/own/dist/cli.js' up -d`);
    expect(await shell.exited, shell.stderr()).to.equal(0);
    spawnSync('rm', ['-r', `${base}/own`]);
    expect(existsSync(`${base}/own`)).to.equal(false);
    const { code, stdout } = await runMuster(['status', '--json'], { cwd: project.folder });
    expect([code, stdout.match(/"state": ?"ready"/g)?.length]).to.deep.equal([0, 2]);
    const restarted = await runMuster(['restart', 'api'], { cwd: project.folder });
    expect(restarted.code, restarted.stdout + restarted.stderr).to.equal(0);
    const down = await runMuster(['down'], { cwd: project.folder });
    expect(down.code, down.stdout + down.stderr).to.equal(0);
    await expectNothingLeft(project);
  });
});

describe('processes of another user', () => {
  it('F56: one that may not be signalled is alive, and foreign: it is named, and lives on', async function () {
    if (!canBeOthers()) this.skip();
    const project = createProject({ 'services.yaml': toYaml(two) });
    giveTo(project, 64_156);
    const up = startShell(project, `${asUser(64_156)} ${musterLine()} up -d`, { PATH: openPath });
    expect(await up.exited, up.stdout() + up.stderr()).to.equal(0);
    const services = async (): Promise<number[]> =>
      (await createProcesses().findMarked(projectId(project.folder, 64_156))).map(({ identity }) => identity.pid);
    const before = await services();
    // A third user sees the folder, and asks for what is not theirs.
    const other = startShell(project, `${asUser(64_157)} ${musterLine()} down`, { PATH: openPath });
    await other.exited;
    expect(before.length).to.be.at.least(2);
    expect(before.filter((pid) => !isLiving(pid))).to.deep.equal([]);
    const down = startShell(project, `${asUser(64_156)} ${musterLine()} down`, { PATH: openPath });
    expect(await down.exited, down.stdout() + down.stderr()).to.equal(0);
    await until('nothing is left', async () => (await services()).length === 0);
  });
});
