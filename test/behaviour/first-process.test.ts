import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createProject, musterCommand, type Project } from '../support/cli.ts';
import { until } from '../support/procs.ts';
import { signalTo } from '../support/signals.ts';
import { expectNothingLeft } from '../support/stack-rig.ts';

/** A pid namespace of its own, in which the command is process 1; null: the system does not let us make one. */
const findNamespace = (): readonly string[] | null =>
  [
    ['--pid', '--fork', '--mount-proc', '--kill-child'],
    ['-Ur', '--pid', '--fork', '--mount-proc', '--kill-child'],
  ].find((args) => spawnSync('unshare', [...args, 'true']).status === 0) ?? null;

const init = join(import.meta.dirname, '..', '..', 'bin', 'muster-init.sh');

/** A service that leaves a hundred orphans that end at once, and counts the zombies of its namespace when asked. */
const orphans = `
i=0; while [ $i -lt 100 ]; do sh -c '(sh -c "exit 0") & exec sh -c "exit 0"' & i=$((i + 1)); done; wait
while :; do
  z=0; for f in /proc/[0-9]*/stat; do case "$(cat $f 2>/dev/null)" in *") Z "*) z=$((z + 1));; esac; done
  echo "zombies $z" > zombies.next; mv zombies.next zombies; sleep 0.1
done
`;

const stack = `
services:
  web:
    command: [sh, orphans.sh]
    ready: { file: zombies }
`;

describe('muster as the first process of a container', () => {
  const namespace = findNamespace();
  let project: Project;
  const children: ChildProcess[] = [];

  const start = (...command: readonly string[]): { readonly output: () => string; readonly child: ChildProcess } => {
    const base = dirname(project.folder);
    const child = spawn('unshare', [...(namespace ?? []), ...command], {
      cwd: project.folder,
      env: { PATH: process.env.PATH, HOME: base, LANG: 'C.UTF-8', XDG_RUNTIME_DIR: join(base, 'run') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    return { output: () => output, child };
  };
  const exitOf = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => {
      child.once('close', (code) => resolve(code));
    });
  /** The first process of the namespace, as it is called outside of it. */
  const firstIn = (child: ChildProcess): ProcessIdentity | null =>
    readIdentity(Number(spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout));

  before(function () {
    // Counted as pending: without unshare nothing here can be made to happen.
    if (namespace === null) this.skip();
  });

  beforeEach(() => {
    project = createProject({ 'services.yaml': stack, 'orphans.sh': orphans });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await expectNothingLeft(project);
  });

  it('F178, F9: under muster-init no orphan stays a zombie', async () => {
    const { output, child } = start(init, process.execPath, ...musterCommand(), 'up');
    await until('the stack is up', () => /is up after/.test(output()));
    await until('a hundred orphans are gone', () => readZombies(project) === 'zombies 0\n');
    signalTo(firstIn(child), 'SIGTERM');
    expect(await exitOf(child)).to.equal(143);
    expect(output()).to.match(/nothing is left/);
  });

  it('F179: SIGTERM is an ordered stop, and the exit code tells; with and without muster-init', async () => {
    for (const before of [[init], []]) {
      const { output, child } = start(...before, process.execPath, ...musterCommand(), 'up');
      await until('the stack is up', () => /is up after/.test(output()));
      signalTo(firstIn(child), 'SIGTERM');
      expect(await exitOf(child), output()).to.equal(143);
      expect(output()).to.match(/web stopped[^]*nothing is left/);
    }
  });

  it('F9: run as the first process ends with the exit code of its command, and leaves nothing', async () => {
    for (const before of [[init], []]) {
      const { output, child } = start(...before, process.execPath, ...musterCommand(), 'run', '--', 'sh', '-c', 'exit 7');
      expect(await exitOf(child), output()).to.equal(7);
    }
  });

  it('without it: Node that can become another program does so, another says what to do', async () => {
    const { output, child } = start(process.execPath, ...musterCommand(), 'up');
    await until('the stack is up', () => /is up after/.test(output()));
    const canGiveWay = typeof (process as { readonly execve?: unknown }).execve === 'function';
    if (canGiveWay) await until('a hundred orphans are gone', () => readZombies(project) === 'zombies 0\n');
    else
      expect(output()).to.match(/leaves every orphan a zombie; start it with "docker run --init", or as "muster-init muster …"/);
    signalTo(firstIn(child), 'SIGTERM');
    expect(await exitOf(child)).to.equal(143);
  });

  it('muster-init gives stdin, arguments and the exit code to the command', () => {
    const told = spawnSync('unshare', [...(namespace ?? []), init, 'sh', '-c', 'cat; echo "$1"; exit 7', 'x', 'a b'], {
      input: 'typed\n',
      encoding: 'utf8',
    });
    expect([told.status, told.stdout]).to.deep.equal([7, 'typed\na b\n']);
    const killed = spawnSync('unshare', [...(namespace ?? []), init, 'sh', '-c', 'kill -9 $$']);
    expect(killed.status).to.equal(137);
  });
});

const readZombies = (project: Project): string => spawnSync('cat', [project.path('zombies')], { encoding: 'utf8' }).stdout;
