import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Escape, escapeZoo, stay } from '../programs/escape-zoo.ts';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import {
  assertNoMarked,
  createProcessRig,
  isLiving,
  type ProcessRig,
  programPath,
  type Started,
  tsxPath,
  until,
} from '../support/procs.ts';

const never = new AbortController().signal;

describe('processes', () => {
  let rig: ProcessRig;
  let canaries: Canaries;
  before(async () => {
    canaries = await startCanaries();
  });
  after(() => canaries.stop());
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(async () => {
    await rig.cleanUp();
    canaries.assertUnhurt();
  });

  const stopPolitely = async ({ tree }: Started): Promise<void> => {
    await rig.processes.signalTree(tree, 'SIGTERM');
    await rig.processes.awaitTreeEnd(tree, { passOn: 'SIGTERM', cancelled: never });
  };

  const release = async (escape: Escape): Promise<{ started: Started; pids: readonly number[] }> => {
    const file = join(rig.folder, 'pids');
    writeFileSync(file, '');
    const env = { STAY: stay, PIDS: file, PROGRAMS: programPath('.') };
    const started = await rig.start(null, { command: { line: escape.line }, env });
    const read = (): readonly number[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
    await until(`${escape.staying} stay`, () => read().length === escape.staying);
    if (escape.leaderEnds) await started.running.exited;
    return { started, pids: read() };
  };

  describe('the escape zoo: after the kill none lives', () => {
    for (const escape of escapeZoo) {
      it(`F3, F115, F118: ${escape.name}`, async () => {
        const { started, pids } = await release(escape);
        expect(pids.filter(isLiving)).to.deep.equal(pids);
        expect(await rig.processes.killTree(started.tree, 10_000)).to.deep.equal([]);
        expect(pids.filter(isLiving)).to.deep.equal([]);
        expect(rig.processes.isAlive(started.running.identity)).to.equal(false);
      });
    }
  });

  describe('a polite stop is enough, and is only told as done when nobody lives', () => {
    for (const escape of escapeZoo.filter(({ isPolite }) => isPolite)) {
      it(`F2, F113: ${escape.name}`, async () => {
        const { started, pids } = await release(escape);
        await stopPolitely(started);
        expect(pids.filter(isLiving)).to.deep.equal([]);
      });
    }

    it('one that is born during the stop gets the signal too', async () => {
      const started = await rig.start('forks-on-sigterm.mjs');
      await started.line(/ready/);
      await stopPolitely(started);
      await assertNoMarked(rig.project, rig.processes);
    });

    it('E7, F102: a suspended service that handles SIGTERM stops', async () => {
      const started = await rig.start('slow-stop.mjs', { env: { STOP_MS: '0' } });
      await started.line(/ready/);
      process.kill(started.running.identity.pid, 'SIGSTOP');
      await stopPolitely(started);
      expect(started.output()).to.include('stopped');
    });

    it('F101: one that takes its time is not killed', async () => {
      const started = await rig.start('slow-stop.mjs', { env: { STOP_MS: '700' } });
      await started.line(/ready/);
      await stopPolitely(started);
      expect(await started.running.exited).to.deep.equal({ code: 0, signal: null });
      expect(started.output()).to.match(/stopping\nstopped\n$/);
    });

    it('F100: one that ignores SIGTERM lives until it is killed; the wait can be given up', async () => {
      const started = await rig.start('ignores-sigterm.mjs');
      await started.line(/ready/);
      expect(await rig.processes.signalTree(started.tree, 'SIGTERM')).to.equal(1);
      await started.line(/ignored SIGTERM/);
      const wait = new AbortController();
      const waiting = rig.processes.awaitTreeEnd(started.tree, { passOn: 'SIGTERM', cancelled: wait.signal });
      wait.abort();
      await waiting;
      expect(rig.processes.isAlive(started.running.identity)).to.equal(true);
      expect(await rig.processes.killTree(started.tree, 5_000)).to.deep.equal([]);
      expect(await started.running.exited).to.deep.equal({ code: null, signal: 'SIGKILL' });
      expect(started.output().match(/ignored/g)).to.have.length(1);
    });

    it('resolves at once for a tree that is gone, and signals nobody', async () => {
      const started = await rig.start('exits.mjs');
      await started.running.exited;
      expect(await rig.processes.signalTree(started.tree, 'SIGTERM')).to.equal(0);
      await rig.processes.awaitTreeEnd(started.tree, { passOn: null, cancelled: never });
      expect(await rig.processes.killTree(started.tree, 0)).to.deep.equal([]);
    });

    it('F10: of a supervisor that died, the next one ends the tree, knowing only what was recorded', async () => {
      const started = await rig.start('forks-setsid.mjs', { env: { IGNORE: '1' } });
      const child = Number((await started.line(/child (\d+)/))[1]);
      const next = createProcessRig();
      try {
        expect(await next.processes.killTree(started.tree, 5_000)).to.deep.equal([]);
        expect(isLiving(child)).to.equal(false);
      } finally {
        await next.cleanUp();
      }
    });
  });

  it('F4, F114: the main process ends, its worker stays: known, and swept before a restart', async () => {
    const started = await rig.start('leaves-worker.mjs', { env: { PORT: '0', AFTER: '0', CODE: '1' } });
    expect(await started.running.exited).to.deep.equal({ code: 1, signal: null });
    await started.line(/listening on/);
    const marked = await rig.processes.findMarked(rig.project);
    expect(marked.map(({ command }) => command)).to.have.length(1);
    expect(rig.processes.isMember(started.tree, marked[0]?.identity.pid ?? 0)).to.equal(true);
    expect(await rig.processes.killTree(started.tree, 5_000)).to.deep.equal([]);
  });

  it('leftovers of earlier attempts belong to the tree; later attempts and other services do not', async () => {
    const first = await rig.start(null, { attempt: 1 });
    const second = await rig.start(null, { attempt: 2 });
    const third = await rig.start(null, { attempt: 3 });
    const other = await rig.start(null, { service: 'api-2' });
    expect(await rig.processes.killTree(second.tree, 5_000)).to.deep.equal([]);
    const alive = [first, second, third, other].map(({ running }) => rig.processes.isAlive(running.identity));
    expect(alive).to.deep.equal([false, false, true, true]);
  });

  it('F65: a stack that a service starts inside itself has an owner of its own and is left alone', async () => {
    const inner = createProcessRig();
    try {
      const line = `MUSTER_INSTANCE=${inner.project}/db/1 setsid sleep 600 & wait`;
      const started = await rig.start(null, { command: { line } });
      await until('the inner one runs', async () =>
        (await inner.processes.findMarked(inner.project)).some(({ command }) => command === 'sleep 600'),
      );
      expect(await rig.processes.killTree(started.tree, 5_000)).to.deep.equal([]);
      expect(await inner.processes.findMarked(inner.project)).to.have.length(1);
    } finally {
      await inner.cleanUp();
    }
  });

  it('F116: a service that kills its own group does not reach muster', async () => {
    const started = await rig.start(null, { command: { line: 'kill -9 0' } });
    expect(await started.running.exited).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('F117: a fork bomb is ended, however fast it grows', async () => {
    const stopFile = join(rig.folder, 'stop');
    const started = await rig.start('fork-bomb.sh', { env: { DEPTH: '7', STOP_FILE: stopFile } });
    await until('it grows', async () => (await rig.processes.findMarked(rig.project)).length > 10);
    expect(await rig.processes.killTree(started.tree, 15_000)).to.deep.equal([]);
    await assertNoMarked(rig.project, rig.processes);
  });

  it('F53: a zombie is dead', async () => {
    // The shell becomes a program that never waits for its child, which ends after that: the shell itself would take notice.
    const gate = join(rig.folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const started = await rig.start(null, { command: { line: `sh -c "read _ < '${gate}'" & echo child $!; exec sleep 600` } });
    const child = Number((await started.line(/child (\d+)/))[1]);
    const { pid } = started.running.identity;
    await until('the shell is gone', () => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'sleep\n');
    writeFileSync(gate, '\n');
    await until('the child is a zombie', () => /\) Z /.test(readFileSync(`/proc/${child}/stat`, 'latin1')));
    expect(process.kill(child, 0), 'it still answers to signal 0').to.equal(true);
    expect(rig.processes.isMember(started.tree, child)).to.equal(false);
    expect((await rig.processes.findMarked(rig.project)).map(({ identity }) => identity.pid)).to.not.include(child);
  });

  it('one whose first thread has ended is alive, though it is shown as a zombie', async function () {
    const program = join(rig.folder, 'zombie-leader');
    try {
      execFileSync('cc', ['-pthread', '-o', program, programPath('zombie-leader.c')], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    const started = await rig.start(null, { command: { program, args: [] } });
    const { identity } = started.running;
    await until('it is shown as a zombie', () => /\) Z /.test(readFileSync(`/proc/${identity.pid}/stat`, 'latin1')));
    expect(rig.processes.isAlive(identity)).to.equal(true);
    expect(await rig.processes.killTree(started.tree, 5_000)).to.deep.equal([]);
  });

  it('F150: nobody is taken for dead while no file can be opened: it is said that nothing can be looked at', async () => {
    const api = await rig.start(null);
    const { pid, startTime, bootId } = api.running.identity;
    const line = `ulimit -n 128; exec "$NODE" --import "${tsxPath}" "${programPath('without-descriptors.ts')}"`;
    const looks = await rig.start(null, {
      command: { line },
      env: { PID: String(pid), START: startTime, BOOT: bootId, PROJECT: rig.project },
      service: 'looks',
    });
    const { code } = await looks.running.exited;
    expect([code, ...looks.output().trim().split('\n')]).to.deep.equal([
      ...[0, 'alive EMFILE', 'found EMFILE', 'time object'],
      ...['alive true', 'found 1', 'time number'],
    ]);
  });

  it('F119: what cannot be ended is listed with its command and user, and the call ends in time', async () => {
    const started = await rig.start('ignores-sigterm.mjs');
    await started.line(/ready/);
    const { pid } = started.running.identity;
    const send = process.kill.bind(process);
    // What the kernel says of a process that changed its user, without the need of one.
    process.kill = (target: number, signal?: string | number) => {
      if (Math.abs(target) === pid) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
      return send(target, signal);
    };
    try {
      const [survivor, ...others] = await rig.processes.killTree(started.tree, 50);
      expect(others).to.deep.equal([]);
      expect(survivor).to.have.property('pid', pid);
      expect(survivor?.command).to.match(/ignores-sigterm\.mjs$/);
      expect(survivor?.user).to.be.a('string');
    } finally {
      process.kill = send;
    }
  });

  it('findMarked tells command, user and attempt, and leaves muster itself out', async () => {
    await rig.start(null, { service: 'web', attempt: 4 });
    const [found, ...others] = await rig.processes.findMarked(rig.project);
    expect(others).to.deep.equal([]);
    expect(found).to.deep.include({ marker: { project: rig.project, service: 'web', attempt: 4 }, command: 'sleep 600' });
    const self = process.pid;
    const looker = spawn(process.execPath, ['-e', ''], { env: { MUSTER_INSTANCE: `${rig.project}/self/1` } });
    await new Promise((resolve) => {
      looker.once('exit', resolve);
    });
    expect((await rig.processes.findMarked(rig.project)).map(({ identity }) => identity.pid)).to.not.include(self);
  });

  it('E1, F157: a hundred trees end together, with a few looks at the list of processes', async () => {
    const started = await Promise.all(Array.from({ length: 100 }, (_, at) => rig.start(null, { service: `s${at}` })));
    await Promise.all(started.map(stopPolitely));
    expect(started.filter(({ running }) => rig.processes.isAlive(running.identity))).to.deep.equal([]);
  });
});
