import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Memory } from '../../lib/runtime/memory-file.ts';
import { quickEnvironment } from '../support/environment.ts';
import {
  aMemory,
  aRig,
  buildWriter,
  dropFolders,
  dropWriter,
  isRoot,
  memoryName,
  nobody,
  parse,
  previousName,
  type Rig,
  startWriter,
  works,
} from './memory-rig.ts';

/** What the starved writer prints. */
type Told = {
  readonly small: Saved;
  readonly large: Saved;
  readonly kept: string | null;
  readonly writable: boolean;
  readonly again: Saved;
  readonly warnings: readonly string[];
};

type Saved = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const canTrace = works('strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', 'true');
const canMount = works('unshare', ...(isRoot ? ['-m'] : ['-Ur', '-m']), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');

/** All of one generation: the number is in two places of the file. */
const generationOf = (memory: Memory): number => {
  const generation = Number(memory.supervisor?.startTime ?? 0);
  for (const { boots } of Object.values(memory.history.folded)) expect(boots).to.equal(generation);
  return generation;
};

/** Whatever the killed writer left, it is whole, as is the copy before it; and the next writer clears up. */
const expectOldOrNew = async (rig: Rig, range: readonly [number, number]): Promise<number> => {
  const file = rig.reopen();
  const { memory, warning } = await file.read();
  expect(warning).to.equal(null);
  const generation = generationOf(memory);
  expect(generation).to.be.within(...range);
  if (rig.names().includes(previousName)) {
    const copy = aRig();
    copy.put(readFileSync(`${rig.folder}/${previousName}`));
    const previous = await copy.reopen({ root: rig.folder }).read();
    expect(previous.warning).to.equal(null);
    expect(generationOf(previous.memory)).to.be.within(0, generation);
  }
  expect(await file.save(memory)).to.deep.equal({ ok: true });
  expect(rig.names().filter((name) => name !== previousName)).to.deep.equal([memoryName]);
  return generation;
};

/** With one thread for all calls on files, because strace counts the calls of each thread apart. */
const strace = async (rig: Rig, call: string, inject: string, mode: string): Promise<ReturnType<typeof spawnSync>> =>
  spawnSync(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:${inject}`,
      process.execPath,
      await buildWriter(),
      rig.folder,
      mode,
    ],
    { encoding: 'utf8', env: { ...quickEnvironment(), UV_THREADPOOL_SIZE: '1' } },
  );

describe('a memory whose writer is killed or starved', () => {
  before(buildWriter);
  after(dropWriter);
  afterEach(dropFolders);

  it('H2: kill -9 at any time leaves the old or the new file', async function () {
    for (let round = 0; round < 20; round++) {
      const rig = aRig();
      const writer = await startWriter(rig.folder, 'endless');
      const exited = once(writer, 'exit');
      if (writer.stdout !== null) await once(writer.stdout, 'data');
      // How far it gets is left to chance: the kill comes after a number of looks at the folder.
      for (let looks = 0; looks < round * 40; looks++) rig.names();
      writer.kill('SIGKILL');
      await exited;
      if (rig.names().includes(memoryName)) await expectOldOrNew(rig, [1, Number.POSITIVE_INFINITY]);
    }
  });

  for (const call of [
    'fsync',
    'pwrite64',
    '?rename,?renameat,?renameat2',
    '?link,?linkat',
    '?unlink,?unlinkat',
    '?chmod,?fchmod',
  ]) {
    it(`H2, F04: kill -9 at each ${call.replaceAll('?', '')} leaves the old or the new file`, async function () {
      if (!canTrace) this.skip();
      let [killed, reached] = [0, 0];
      for (let nth = 1; ; nth++) {
        const rig = aRig();
        await rig.file.save({ ...aMemory(), supervisor: null, running: {}, history: { runs: [], folded: {} } });
        const done = await strace(rig, call, `signal=KILL:when=${nth}`, 'three');
        const generation = await expectOldOrNew(rig, [0, 3]);
        expect(generation).to.be.at.least(reached);
        reached = generation;
        if (done.status === 0) break;
        killed += 1;
      }
      expect(reached).to.equal(3);
      expect(killed).to.be.at.least(3);
    });
  }

  it('F42: an fsync that fails is a save that failed, and the next one is written anew', async function () {
    if (!canTrace) this.skip();
    const rig = aRig();
    const { stdout } = await strace(rig, 'fsync', 'error=EIO:when=3', 'starved');
    const told = parse<Told>(String(stdout));
    expect(told.large).to.deep.equal({ ok: false, reason: `the disk of ${rig.folder} reports an input/output error` });
    expect(told).to.deep.include({ small: { ok: true }, kept: '1', again: { ok: true }, warnings: [] });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
  });

  it('F42: where only the folder could not be synced, the save failed, and the file in place is known as ours', async function () {
    if (!canTrace) this.skip();
    const rig = aRig();
    const { stdout } = await strace(rig, 'fsync', 'error=EIO:when=2', 'starved');
    const told = parse<Told>(String(stdout));
    expect(told.small.ok).to.equal(false);
    expect(told).to.deep.include({ large: { ok: true }, again: { ok: true }, warnings: [] });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
  });

  it('a rename that fails is a save that failed, and what could not take its place is removed', async function () {
    if (!canTrace) this.skip();
    const rig = aRig();
    const { stdout } = await strace(rig, '?rename,?renameat,?renameat2', 'error=EIO:when=3', 'starved');
    const told = parse<Told>(String(stdout));
    expect(told.large.ok).to.equal(false);
    expect(told).to.deep.include({ small: { ok: true }, kept: '1', again: { ok: true }, warnings: [] });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
  });

  it('F40: a full disk keeps the old file, says so, and the next save that fits is written', async function () {
    if (!canMount) this.skip();
    const rig = aRig();
    const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" "$3" "$1" starved';
    const inside = [
      ...(isRoot ? ['-m'] : ['-Ur', '-m']),
      'sh',
      '-c',
      script,
      'sh',
      rig.folder,
      process.execPath,
      await buildWriter(),
    ];
    const { stdout } = spawnSync('unshare', inside, { encoding: 'utf8' });
    const told = parse<Told>(stdout);
    expect(told.large).to.deep.equal({ ok: false, reason: `the disk is full (${rig.folder})` });
    expect(told).to.deep.include({ small: { ok: true }, kept: '1', writable: true, again: { ok: true }, warnings: [] });
  });

  it('F41: a limit of the file size keeps the old file and the process', async function () {
    if (!works('bash', '-c', 'ulimit -f 64')) this.skip();
    const rig = aRig();
    const { stdout } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 64; exec "$1" "$2" "$3" starved', 'bash', process.execPath, await buildWriter(), rig.folder],
      {
        encoding: 'utf8',
      },
    );
    const told = parse<Told>(stdout);
    expect(told.large).to.deep.equal({
      ok: false,
      reason: `${memoryName} would be larger than files may be here (see ulimit -f)`,
    });
    expect(told).to.deep.include({ small: { ok: true }, kept: '1', again: { ok: true }, warnings: [] });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
  });

  it('F43: in a folder that may not be written the memory is read, nothing is written, and that is said once', async function () {
    if (isRoot && !works('setpriv', '--version')) this.skip();
    const rig = aRig();
    if (isRoot) chownSync(rig.folder, nobody, nobody);
    const user = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : ['env'];
    const writer = await buildWriter();
    const run = (mode: string): string =>
      spawnSync(user[0] ?? '', [...user.slice(1), process.execPath, writer, rig.folder, mode], { encoding: 'utf8' }).stdout;
    run('three');
    chmodSync(rig.folder, 0o555);
    const why = `no permission to write in ${rig.folder}`;
    const told = parse<Told>(run('starved'));
    expect(told).to.deep.include({ small: { ok: false, reason: why }, kept: '3', writable: false });
    expect(told.warnings).to.deep.equal([`nothing new will be remembered: ${why}`]);
    chmodSync(rig.folder, 0o755);
    expect(parse<Told>(run('starved')).small).to.deep.equal({ ok: true });
  });

  it('F43: on a read-only file system as well', async function () {
    if (!canMount) this.skip();
    const rig = aRig();
    const script = 'mount -t tmpfs tmpfs "$1" && mount -o remount,ro "$1" && exec "$2" "$3" "$1" starved';
    const inside = [
      ...(isRoot ? ['-m'] : ['-Ur', '-m']),
      'sh',
      '-c',
      script,
      'sh',
      rig.folder,
      process.execPath,
      await buildWriter(),
    ];
    const told = parse<Told>(spawnSync('unshare', inside, { encoding: 'utf8' }).stdout);
    expect(told.small).to.deep.equal({ ok: false, reason: `${rig.folder} is on a read-only file system` });
    expect(told.warnings).to.deep.equal([`nothing new will be remembered: ${rig.folder} is on a read-only file system`]);
  });

  it('F48: 1,000 readers see whole files while another process writes 1,000 times', async function () {
    const rig = aRig();
    await rig.file.save({ ...aMemory(), history: { runs: [], folded: {} } });
    const writer = await startWriter(rig.folder, 'many');
    let isRunning = true;
    const exited = once(writer, 'exit').then(() => {
      isRunning = false;
    });
    let reads = 0;
    while (isRunning || reads < 1000) {
      for (const { warning, memory } of await Promise.all(Array.from({ length: 20 }, () => rig.reopen().read()))) {
        expect(warning).to.equal(null);
        if (memory.supervisor?.pid === 7) generationOf(memory);
        reads += 1;
      }
    }
    await exited;
    expect(generationOf((await rig.reopen().read()).memory)).to.equal(1000);
    expect(rig.names().filter((name) => name.includes('corrupt') || name.includes('replaced'))).to.deep.equal([]);
  });
});
