import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../lib/runtime/clock.ts';
import { followFile } from '../../lib/runtime/logs/follow.ts';
import { createLogKeeper } from '../../lib/runtime/logs/keeper.ts';
import { rotateBeforeStart, rotateLog } from '../../lib/runtime/logs/rotate.ts';
import { tailLines } from '../../lib/runtime/logs/tail.ts';
import {
  bases,
  createFolder,
  numbersOf,
  readLive,
  readWhole,
  startFlood,
  startWriter,
  type Writer,
} from '../support/log-files.ts';
import { until } from '../support/procs.ts';

/** The logs in a folder, without what is kept beside them. */
const logsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('.times'))
    .sort();

const sequence = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const expectSequence = (lines: readonly string[], count: number): void => {
  const numbers = numbersOf(lines);
  const wrong = numbers.findIndex((number, index) => number !== index);
  expect(wrong, `line ${wrong} is ${String(numbers[wrong])}`).to.equal(-1);
  expect(numbers.length).to.equal(count);
};

for (const base of bases()) {
  describe(`rotation of a live log below ${base}`, () => {
    const count = 200_000;
    let folder: ReturnType<typeof createFolder>;
    let log: string;
    let writer: Writer | null = null;

    beforeEach(() => {
      folder = createFolder(base);
      log = path.join(folder.path, 'web.log');
      writer = null;
    });
    afterEach(async () => {
      writer?.child.kill('SIGKILL');
      await writer?.done;
      folder.remove();
    });

    it('F185: loses and repeats no line of a service that floods while it is rotated again and again', async () => {
      const flood = startFlood(log, 50);
      writer = flood;
      let running = true;
      // While it floods, one rotation may well last as long as the flood.
      const written = until('it is rotated often', () => flood.rotations() >= 10, 200_000)
        .then(flood.enough)
        .finally(() => {
          running = false;
        });
      while (running) {
        const result = await rotateLog({ path: log, maxSize: 262_144, keep: 1000 });
        expect(result.kind, JSON.stringify(result)).to.not.equal('postponed');
        await new Promise(setImmediate);
      }
      expectSequence(readWhole(log).split('\n').slice(0, -1), await written);
    });

    it('F190: a follower sees every line once, in order, across the rotations', async () => {
      const seen: string[] = [];
      const follower = followFile({
        path: log,
        stream: 'stdout',
        from: 0,
        onLines: (lines) => seen.push(...lines.map(({ text }) => text)),
      });
      const problems: string[] = [];
      const keeper = createLogKeeper({
        clock: { ...systemClock, setTimer: (after, run) => systemClock.setTimer(after / 20, run) },
        onProblem: (_path, reason) => problems.push(reason),
      });
      keeper.keep({ path: log, maxSize: 262_144, keep: 3 });
      writer = startWriter(log, count);
      await writer.done;
      await follower.drain();
      follower.stop();
      await keeper.stop();
      await rotateLog({ path: log, maxSize: 262_144, keep: 3 });
      expect(problems).to.deep.equal([]);
      expectSequence(seen, count);
      expect(logsIn(folder.path)).to.deep.equal(['web.log', 'web.log.1', 'web.log.2', 'web.log.3']);
      for (const kept of [1, 2, 3]) expect(statSync(`${log}.${kept}`).size).to.be.at.most(262_144);
      const tail = await tailLines(log, 4000);
      expect(numbersOf(tail)).to.deep.equal(sequence(count).slice(-4000));
    });

    it('rotates at the growth that passes the limit, and not at a look some time later', async () => {
      const keeper = createLogKeeper({
        clock: { ...systemClock, setTimer: () => ({ cancel: () => undefined }) },
        onProblem: (_path, reason) => expect.fail(reason),
      });
      try {
        writeFileSync(log, '');
        keeper.keep({ path: log, maxSize: 65_536, keep: 2 });
        appendFileSync(log, `${'x'.repeat(99)}\n`.repeat(1000));
        await until('it is rotated', () => existsSync(`${log}.1`));
      } finally {
        await keeper.stop();
      }
    });

    it('cuts where a line ends when a block ends there', async () => {
      const line = `${'x'.repeat(63)}\n`;
      writeFileSync(log, line.repeat(2000));
      await rotateLog({ path: log, maxSize: 65_536, keep: 5 });
      expect(readFileSync(`${log}.1`, 'utf8').endsWith('\n')).to.equal(true);
      expect(readLive(log).toString('utf8').startsWith('xxx')).to.equal(true);
      expect(readWhole(log)).to.equal(line.repeat(2000));
    });

    it('shows only the lines of this attempt, also when it was rotated since it began', async () => {
      appendFileSync(log, 'of the attempt before\n');
      const { from } = await rotateBeforeStart({ path: log, maxSize: 8192, keep: 3 });
      for (let number = 0; number < 300; number += 1) appendFileSync(log, `now ${String(number).padStart(40)}\n`);
      await rotateLog({ path: log, maxSize: 8192, keep: 3 });
      expect(existsSync(`${log}.1`)).to.equal(true);
      const lines = await tailLines(log, 10_000, { from });
      expect(lines).to.have.length(300);
      expect(lines[0]).to.match(/^now +0$/);
      // As another process has it, which knows nothing of that rotation but by the index.
      await rotateBeforeStart({ path: log, maxSize: 1_000_000, keep: 3 });
      expect(await tailLines(log, 10_000, { from })).to.deep.equal(lines);
      const seen: string[] = [];
      const follower = followFile({
        path: log,
        stream: 'stdout',
        from,
        onLines: (more) => seen.push(...more.map(({ text }) => text)),
      });
      await until('all of it was read', () => seen.length >= 300);
      follower.stop();
      expect(seen).to.deep.equal(lines);
    });
  });
}

describe('rotation', () => {
  let folder: ReturnType<typeof createFolder>;
  let log: string;
  beforeEach(() => {
    folder = createFolder();
    log = path.join(folder.path, 'web.log');
  });
  afterEach(() => folder.remove());

  it('leaves a log below its limit alone, and a missing one', async () => {
    expect(await rotateLog({ path: log, maxSize: 1000, keep: 1 })).to.deep.equal({ kind: 'not-needed' });
    writeFileSync(log, 'short\n');
    expect(await rotateLog({ path: log, maxSize: 1000, keep: 1 })).to.deep.equal({ kind: 'not-needed' });
    expect(readdirSync(folder.path)).to.deep.equal(['web.log']);
  });

  it('F187: passes over a number that is taken by a directory', async () => {
    mkdirSync(`${log}.1`);
    writeFileSync(log, 'x'.repeat(20_000));
    expect((await rotateLog({ path: log, maxSize: 8192, keep: 2 })).kind).to.equal('rotated');
    expect(logsIn(folder.path)).to.deep.equal(['web.log', 'web.log.1', 'web.log.2', 'web.log.3']);
  });

  it('keeps no file with keep 0', async () => {
    writeFileSync(log, 'x'.repeat(20_000));
    expect((await rotateLog({ path: log, maxSize: 8192, keep: 0 })).kind).to.equal('rotated');
    expect(logsIn(folder.path)).to.deep.equal(['web.log']);
    expect(statSync(log).size).to.be.at.most(8192);
  });

  it('drops at once what would be pushed out in the same rotation, so that a flood stays within its limit', async () => {
    writeFileSync(log, 'y'.repeat(1_000_000));
    await rotateLog({ path: log, maxSize: 16_384, keep: 2 });
    const sizes = readdirSync(folder.path).map((name) => statSync(path.join(folder.path, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.at.most(3 * 16_384);
  });

  it('S4: does not follow a link in the place of the log', async () => {
    const outside = path.join(folder.path, 'outside');
    writeFileSync(outside, 'x'.repeat(20_000));
    symlinkSync(outside, log);
    expect((await rotateLog({ path: log, maxSize: 8192, keep: 1 })).kind).to.equal('not-needed');
    expect((await rotateBeforeStart({ path: log, maxSize: 8192, keep: 1 })).result.kind).to.equal('not-needed');
    expect(statSync(outside).size).to.equal(20_000);
  });

  it('F11: finishes what a killed rotation left, before and after the cut', async () => {
    const content = Array.from({ length: 3000 }, (_, number) => `line ${number}\n`).join('');
    writeFileSync(log, content);
    writeFileSync(`${log}.rotating`, content.slice(0, 8192));
    await rotateBeforeStart({ path: log, maxSize: 1_000_000, keep: 3 });
    expect(readWhole(log), 'copied, not cut').to.equal(content);
    expect(readdirSync(folder.path)).to.deep.equal(['web.log']);

    writeFileSync(`${log}.rotating`, content.slice(0, 8192));
    writeFileSync(log, content.slice(8192));
    await rotateBeforeStart({ path: log, maxSize: 1_000_000, keep: 3 });
    expect(readWhole(log), 'copied and cut').to.equal(content);
    expect(logsIn(folder.path)).to.deep.equal(['web.log', 'web.log.1']);
  });

  it('rotates by renaming before an attempt begins, and says where the attempt begins', async () => {
    writeFileSync(log, 'x'.repeat(5000));
    expect((await rotateBeforeStart({ path: log, maxSize: 10_000, keep: 2 })).from).to.deep.equal({ offset: 5000, base: 0 });
    const fresh = await rotateBeforeStart({ path: log, maxSize: 4000, keep: 2 });
    expect(fresh).to.deep.equal({ from: { offset: 0, base: 0 }, result: { kind: 'rotated', bytes: 5000 } });
    expect(readFileSync(`${log}.1`, 'utf8')).to.equal('x'.repeat(5000));
    expect(existsSync(log)).to.equal(false);
  });

  it('a follower reads a renamed log to its end and goes on with the new one', async () => {
    const seen: string[] = [];
    const follower = followFile({
      path: log,
      stream: 'stdout',
      from: 0,
      onLines: (lines) => seen.push(...lines.map(({ text }) => text)),
    });
    appendFileSync(log, 'one\n');
    await follower.drain();
    appendFileSync(log, 'two\n');
    await rotateBeforeStart({ path: log, maxSize: 1, keep: 1 });
    appendFileSync(`${log}.1`, 'late, from a worker that still has it open\n');
    appendFileSync(log, 'three\n');
    await follower.drain();
    follower.stop();
    expect(seen).to.deep.equal(['one', 'two', 'late, from a worker that still has it open', 'three']);
  });

  it('F190: a follower in another process finds its place again by what it read last', async () => {
    const seen: string[] = [];
    const lines = Array.from({ length: 2000 }, (_, number) => `line ${number}\n`).join('');
    writeFileSync(log, lines);
    const follower = followFile({
      path: log,
      stream: 'stdout',
      from: 0,
      onLines: (some) => seen.push(...some.map(({ text }) => text)),
    });
    await follower.drain();
    // As a rotation elsewhere leaves it: the same file, shorter by what is in the kept one.
    writeFileSync(`${log}.1`, lines.slice(0, 8192));
    renameSync(log, `${log}.same`);
    renameSync(`${log}.same`, log);
    writeFileSync(log, `${lines.slice(8192)}after\n`);
    await follower.drain();
    follower.stop();
    expect(seen).to.have.length(2001);
    expect(seen.at(-1)).to.equal('after');
  });
});
