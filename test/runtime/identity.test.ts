import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { findMarker } from '../../lib/runtime/processes/marker.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { isPlausiblePid, parseStat } from '../../lib/runtime/processes/stat.ts';
import { startCanaries } from '../support/canaries.ts';
import { createProcessRig, isLiving, type ProcessRig, tsxPath, until } from '../support/procs.ts';

const lib = join(import.meta.dirname, '..', '..', 'lib', 'runtime');
const hasPidNamespaces = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

describe('identity of a process', () => {
  let rig: ProcessRig;
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  it('F54: a command name may hold brackets, spaces and a false state', () => {
    const fields = ['S', '41', '42', '42', ...Array.from({ length: 13 }, () => '0'), '1', '0', '9876', '0'];
    expect(parseStat(`43 (a) Z 1 (b) ${fields.join(' ')}\n`)).to.deep.equal({ pid: 43, parent: 41, group: 42, start: 9876 });
    expect(parseStat('43 (a) Z 1 (b')).to.equal(null);
  });

  it('F54: so does a real program with such a name', async () => {
    const program = join(rig.folder, 'x) Z 1 (');
    copyFileSync('/bin/sleep', program);
    const { running, tree } = await rig.start(null, { command: { program, args: ['600'] } });
    expect(rig.processes.isAlive(running.identity)).to.equal(true);
    expect(await rig.processes.killTree(tree, 5_000)).to.deep.equal([]);
  });

  it('a marker is only taken at the beginning of a variable', () => {
    const environ = (...entries: string[]): Buffer => Buffer.from(entries.map((entry) => `${entry}\0`).join(''));
    expect(findMarker(environ('A=1', 'MUSTER_INSTANCE=ab12/web/3'))).to.deep.equal({
      project: 'ab12',
      service: 'web',
      attempt: 3,
    });
    expect(findMarker(environ('X_MUSTER_INSTANCE=ab12/web/3', 'A=MUSTER_INSTANCE=ab12/web/3'))).to.equal(null);
    expect(findMarker(environ('MUSTER_INSTANCE=../web/3'))).to.equal(null);
    expect(findMarker(Buffer.from('MUSTER_INSTANCE=ab12/web/3'))).to.have.property('attempt', 3);
  });

  it('F57: stays the same when the program replaces itself', async () => {
    const started = await rig.start(null, { command: { line: 'echo before; exec sleep 600' } });
    const { identity } = started.running;
    await until('it is sleep now', () => readFileSync(`/proc/${identity.pid}/cmdline`, 'utf8').startsWith('sleep'));
    expect(rig.processes.isAlive(identity)).to.equal(true);
    expect(readIdentity(identity.pid)).to.deep.equal(identity);
  });

  it('F52: numbers that no process can have are refused, and so are we, our parents and init', async () => {
    const canaries = await startCanaries();
    try {
      const own = readIdentity(process.pid) as ProcessIdentity;
      const parent = readIdentity(process.ppid) as ProcessIdentity;
      const numbers = [0, 1, -1, -canaries.pids.at(0)!, 3.5, Number.NaN, 1_073_741_824, '12; rm' as unknown as number];
      const fakes = numbers.map((pid) => ({ ...own, pid }));
      for (const leader of [...fakes, own, parent]) {
        const tree = { leader, marker: { project: rig.project, service: 'api', attempt: 1 } };
        expect(await rig.processes.signalTree(tree, 'SIGTERM'), `signalled ${leader.pid}`).to.equal(0);
        expect(await rig.processes.killTree(tree, 0)).to.deep.equal([]);
        expect(rig.processes.isMember(tree, leader.pid)).to.equal(false);
      }
      expect(numbers.filter(isPlausiblePid)).to.deep.equal([]);
      canaries.assertUnhurt();
    } finally {
      await canaries.stop();
    }
  });

  it('F8, F50: the number alone, with another start or another boot, is nobody of ours', async () => {
    const { running } = await rig.start(null, { service: 'other' });
    const strangers: ProcessIdentity[] = [
      { ...running.identity, startTime: String(Number(running.identity.startTime) + 1) },
      { ...running.identity, bootId: 'another' },
    ];
    for (const leader of strangers) {
      expect(rig.processes.isAlive(leader)).to.equal(false);
      const tree = { leader, marker: { project: rig.project, service: 'api', attempt: 1 } };
      expect(await rig.processes.signalTree(tree, 'SIGKILL')).to.equal(0);
      expect(await rig.processes.killTree(tree, 100)).to.deep.equal([]);
    }
    expect(rig.processes.isAlive(running.identity)).to.equal(true);
  });

  describe('with a pid that the system gives out again', () => {
    /** Runs `source` as a module in a pid namespace, where the next pid can be chosen, and returns what it prints as JSON. */
    const inNamespace = async (source: string): Promise<unknown> => {
      const path = join(rig.folder, 'inner.mts');
      const head = `import { createProcesses } from ${JSON.stringify(join(lib, 'processes', 'create.ts'))};
        import { spawn, type ChildProcess } from 'node:child_process';
        import { readFileSync, writeFileSync } from 'node:fs';
        const processes = createProcesses();
        const marker = { project: 'ab12', service: 'api', attempt: 1 };
        const log = ${JSON.stringify(join(rig.folder, 'inner.log'))};
        const base = { marker, cwd: '/', env: { PATH: process.env.PATH ?? '' }, stdout: log, stderr: log, notify: null, logRoot: ${JSON.stringify(rig.folder)} };
        const reuse = (pid: number, command: string, args: string[]): ChildProcess => {
          for (let tries = 0; tries < 50; tries += 1) {
            writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
            const child = spawn(command, args, { stdio: 'ignore', detached: true });
            if (child.pid === pid) return child;
            child.kill('SIGKILL');
          }
          throw new Error('the pid was not given out again');
        };
        const die = async (line: string) => {
          const outcome = await processes.spawn({ ...base, command: { line } });
          if (!outcome.ok) throw new Error(outcome.failure.message);
          while (!readFileSync(log, 'utf8').includes('up')) await new Promise((resolve) => { setTimeout(resolve, 5); });
          process.kill(outcome.running.identity.pid, 'SIGKILL');
          await outcome.running.exited;
          // Nobody gets a number anew within two hundredths of a second, in which starts are counted: who starts in them counts as older.
          const now = () => Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100);
          const died = now();
          while (now() < died + 4) await new Promise((resolve) => { setImmediate(resolve); });
          return outcome.running.identity;
        };`;
      writeFileSync(path, `${head}\n${source}\nprocess.exit(0);\n`);
      // A shell as the first process of the namespace: Node there would leave every orphan a zombie, with its number taken.
      const inner = ['sh', '-c', '"$@"; exit $?', 'sh', process.execPath, '--import', tsxPath, path];
      const args = ['--pid', '--fork', '--mount-proc', '--kill-child', ...inner];
      const started = await rig.start(null, { command: { program: 'unshare', args }, service: 'namespace' });
      await started.running.exited;
      const line = started.output().trim().split('\n').at(-1) ?? '';
      expect(line, started.output()).to.match(/^[{[]/);
      return JSON.parse(line);
    };

    beforeEach(function () {
      if (!hasPidNamespaces) this.skip();
    });

    it('F50, F51: a stranger, and the group that it leads with a child, get no signal', async () => {
      const result = await inNamespace(`
        const leader = await die('echo up; exec sleep 600');
        const stranger = reuse(leader.pid, '/bin/sh', ['-c', 'sleep 600 & wait']);
        const tree = { leader, marker };
        const sent = await processes.signalTree(tree, 'SIGKILL');
        const survivors = await processes.killTree(tree, 200);
        await processes.awaitTreeEnd(tree, { passOn: 'SIGKILL', cancelled: new AbortController().signal });
        console.log(JSON.stringify({ reused: stranger.pid === leader.pid, sent, survivors, member: processes.isMember(tree, stranger.pid),
          alive: processes.isAlive(leader), strangerEnd: stranger.signalCode ?? stranger.exitCode }));`);
      expect(result).to.deep.equal({ reused: true, sent: 0, survivors: [], member: false, alive: false, strangerEnd: null });
    });

    it('F58: a stranger that got the number between two looks is not signalled, whatever was known before', async () => {
      const result = await inNamespace(`
        const leader = await die('sleep 600 & echo up; exec sleep 600');
        const tree = { leader, marker };
        // The child keeps the group's number taken, so the system cannot give it to anybody until the child has ended too.
        const before = await processes.signalTree(tree, 'SIGKILL');
        await processes.awaitTreeEnd(tree, { passOn: null, cancelled: new AbortController().signal });
        const stranger = reuse(leader.pid, '/bin/sh', ['-c', 'sleep 600 & wait']);
        const after = await processes.signalTree(tree, 'SIGKILL');
        console.log(JSON.stringify({ before, after, strangerEnd: stranger.signalCode ?? stranger.exitCode }));`);
      expect(result).to.deep.equal({ before: 1, after: 0, strangerEnd: null });
    });

    it('F59, F181: what was recorded in another pid namespace is nobody here', async () => {
      const inner = (await inNamespace(`
        const { readIdentity } = await import(${JSON.stringify(join(lib, 'processes', 'read-identity.ts'))});
        console.log(JSON.stringify(readIdentity(process.pid)));`)) as ProcessIdentity;
      const own = readIdentity(process.pid) as ProcessIdentity;
      expect(inner.bootId.split('/')[0]).to.equal(own.bootId.split('/')[0]);
      expect(inner.bootId).to.not.equal(own.bootId);
      expect(rig.processes.isAlive({ ...own, bootId: inner.bootId })).to.equal(false);
    });
  });

  it('a process of this test is alive until it is not', async () => {
    const { running } = await rig.start(null);
    expect(isLiving(running.identity.pid)).to.equal(true);
    expect(readIdentity(running.identity.pid)).to.deep.equal(running.identity);
    process.kill(running.identity.pid, 'SIGKILL');
    await running.exited;
    expect(rig.processes.isAlive(running.identity)).to.equal(false);
    expect(readIdentity(running.identity.pid)).to.equal(null);
  });
});

describe('identity of a project', () => {
  let rig: ProcessRig;
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  it('is 16 hexadecimal characters, the same each time and through a link (F97)', () => {
    const link = join(rig.folder, 'link');
    const project = join(rig.folder, 'project');
    mkdirSync(project);
    symlinkSync(project, link);
    expect(projectId(project)).to.match(/^[0-9a-f]{16}$/);
    expect(projectId(link)).to.equal(projectId(project));
    expect(projectId(join(project, '..', 'project', '.'))).to.equal(projectId(project));
  });

  it('F60, F61: differs for a copy of the folder, for another user and on another machine', () => {
    const project = join(rig.folder, 'project');
    const copy = join(rig.folder, 'copy');
    mkdirSync(project);
    cpSync(project, copy, { recursive: true });
    const ids = [projectId(project), projectId(copy), projectId(project, 4711), projectId(project, 4711, 'another machine')];
    expect(new Set(ids).size).to.equal(4);
  });

  it('F93: works for a path of any length and with any characters', () => {
    const odd = join(rig.folder, `a b'"\n${'x'.repeat(200)}`, `ünï${'y'.repeat(200)}`);
    mkdirSync(odd, { recursive: true });
    expect(projectId(odd)).to.match(/^[0-9a-f]{16}$/);
  });
});
