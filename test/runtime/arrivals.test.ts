import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { thinOut } from '../../lib/runtime/logs/arrival-format.ts';
import { indexPathOf, readIndex, writeIndex } from '../../lib/runtime/logs/arrival-index.ts';
import { recordArrivals } from '../../lib/runtime/logs/arrivals.ts';
import { endBefore } from '../../lib/runtime/logs/end-before.ts';
import { readBack } from '../../lib/runtime/logs/read-back.ts';
import { rotateBeforeStart, rotateLog, settleRotation } from '../../lib/runtime/logs/rotate.ts';
import { bases, createFolder } from '../support/log-files.ts';
import { until } from '../support/procs.ts';

type Line = { readonly text: string; readonly at: number | null };

/** Lines with the second in which they came, when that was recorded. */
const read = async (log: string): Promise<Line[]> => {
  const lines: Line[] = [];
  const all = { count: Number.POSITIVE_INFINITY, wants: null, since: null, isFollowed: false };
  await readBack({ path: log, ...all }, async ({ texts, at }) => {
    lines.push(...texts.map((text) => ({ text, at })));
    return true;
  });
  return lines;
};

const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);

for (const base of bases()) {
  describe(`when lines came, below ${base}`, () => {
    let folder: ReturnType<typeof createFolder>;
    let log: string;
    let stops: (() => void)[];

    beforeEach(() => {
      folder = createFolder(base);
      log = path.join(folder.path, 'web.log');
      stops = [];
    });
    afterEach(() => {
      for (const stop of stops) stop();
      folder.remove();
    });

    type Recording = { saw(): Promise<void>; stop(): void };

    /** `saw` resolves when a growth was recorded since it was called. */
    const record = (file = log): Recording => {
      const waiting: (() => void)[] = [];
      const stop = recordArrivals({
        path: file,
        onGrowth: () => {
          for (const settle of waiting.splice(0)) setImmediate(settle);
        },
      });
      stops.push(stop);
      return { saw: () => new Promise((settle) => waiting.push(settle)), stop };
    };

    const append = async (recording: Recording, text: string, file = log): Promise<void> => {
      const seen = recording.saw();
      appendFileSync(file, text);
      await seen;
    };

    it('is recorded beside the log, for its user only, line by line', async () => {
      const recording = record();
      const before = Date.now();
      await append(recording, 'one\ntwo\n');
      await append(recording, 'three\n');
      const lines = await read(log);
      expect(textsOf(lines)).to.deep.equal(['one', 'two', 'three']);
      const [one, two, three] = lines.map(({ at }) => at ?? 0);
      expect(one).to.be.within(before, Date.now());
      expect(two).to.equal(one);
      expect(three).to.be.greaterThan(one ?? 0);
      expect(statSync(indexPathOf(log)).mode & 0o777).to.equal(0o600);
      expect(statSync(indexPathOf(log)).size).to.equal(64 + 2 * 16);
    });

    it('says where the log ended at a moment: a file made since then is all of later', async () => {
      const long = Date.now() - 60_000;
      expect(endBefore(log, long)).to.deep.equal({ offset: 0, base: 0 });
      const recording = record();
      await append(recording, 'earlier\n');
      const [arrival] = readIndex(log)?.arrivals ?? [];
      const moment = (arrival?.at ?? 0) + 1;
      await until('a later millisecond', () => Date.now() > moment);
      await append(recording, 'later\n');
      expect(endBefore(log, moment)).to.deep.equal({ offset: 8, base: 0 });
      expect(endBefore(log, long)).to.deep.equal({ offset: 0, base: 0 });
      recording.stop();
      appendFileSync(log, 'unseen\n');
      expect(endBefore(log, moment).offset).to.equal(8);
      rmSync(indexPathOf(log));
      utimesSync(log, 1_000, 2_000);
      expect(endBefore(log, Date.now() + 60_000)).to.deep.equal({ offset: 21, base: 0 });
    });

    it('a line counts when its end comes', async () => {
      const recording = record();
      await append(recording, 'ha');
      const between = Date.now();
      await append(recording, 'lf\n');
      const [line] = await read(log);
      expect(line?.text).to.equal('half');
      expect(line?.at).to.be.at.least(between);
    });

    it('is not known of what was there before, nor of what came while nobody looked', async () => {
      writeFileSync(log, 'before\n');
      const first = record();
      await append(first, 'seen\n');
      first.stop();
      appendFileSync(log, 'unseen\n');
      utimesSync(log, 1_000, 2_000);
      const second = record();
      await append(second, 'seen again\n');
      const lines = await read(log);
      expect(lines.map(({ text, at }) => [text, at !== null])).to.deep.equal([
        ['before', false],
        ['seen', true],
        ['unseen', false],
        ['seen again', true],
      ]);
    });

    it('stays with the lines when the log is rotated, again and again, and when a new attempt begins', async () => {
      const recording = record();
      const expected: string[] = [];
      for (let number = 0; number < 40; number += 1) {
        const line = `line ${number} ${'.'.repeat(1000)}`;
        expected.push(line);
        await append(recording, `${line}\n`);
        if (number % 10 === 9) await rotateLog({ path: log, maxSize: 4096, keep: 50 });
        if (number === 24) await rotateBeforeStart({ path: log, maxSize: 1, keep: 50 });
      }
      const lines = await read(log);
      expect(textsOf(lines)).to.deep.equal(expected);
      const times = lines.map(({ at }) => at);
      expect(times).to.not.include(null);
      expect(times).to.deep.equal([...new Set(times)].sort((a, b) => (a ?? 0) - (b ?? 0)));
    });

    it('goes on when the log is emptied or removed under it', async () => {
      const recording = record();
      await append(recording, 'one, which is longer\n');
      truncateSync(log);
      await append(recording, 'two\n');
      expect((await read(log)).map(({ text, at }) => [text, at === null])).to.deep.equal([['two', false]]);
      rmSync(log);
      await append(recording, 'three\n');
      expect((await read(log)).map(({ text, at }) => [text, at === null])).to.deep.equal([['three', false]]);
    });

    it('is not guessed from an index that is damaged, of another file, or no index at all', async () => {
      const recording = record();
      await append(recording, 'one\n');
      await append(recording, 'two\n');
      recording.stop();
      const bytes = readFileSync(indexPathOf(log));
      for (let place = 0; place < bytes.length; place += 1) {
        const damaged = Buffer.from(bytes);
        damaged[place] = (damaged[place] ?? 0) ^ 0x10;
        writeFileSync(indexPathOf(log), damaged);
        const lines = await read(log);
        expect(textsOf(lines), `byte ${place}`).to.deep.equal(['one', 'two']);
        const isWrong = lines.some(({ at }) => at !== null && Math.abs(at - Date.now()) > 60_000);
        expect(isWrong, `byte ${place}`).to.equal(false);
        expect(
          lines.filter(({ at }) => at === null),
          `byte ${place}`,
        ).to.not.deep.equal([]);
      }
      writeFileSync(indexPathOf(log), bytes.subarray(0, 70));
      expect((await read(log)).map(({ at }) => at)).to.deep.equal([null, null]);
      rmSync(indexPathOf(log));
      mkdirSync(indexPathOf(log));
      expect((await read(log)).map(({ at }) => at)).to.deep.equal([null, null]);
    });

    it('S4: writes through no link that lies in the place of the index', async () => {
      const outside = path.join(folder.path, 'outside');
      writeFileSync(outside, 'mine\n');
      symlinkSync(outside, indexPathOf(log));
      const recording = record();
      await append(recording, 'one\n');
      expect(readFileSync(outside, 'utf8')).to.equal('mine\n');
      expect(textsOf(await read(log))).to.deep.equal(['one']);
    });

    it('F11: after a rotation that was killed between its steps nothing is missing, twice, or dated wrongly', async () => {
      const recording = record();
      for (let number = 0; number < 8; number += 1) await append(recording, `line ${number} ${'.'.repeat(1000)}\n`);
      recording.stop();
      const whole = await read(log);
      const bytes = readFileSync(log);
      const index = readIndex(log);
      if (index === null) throw new Error('there is an index');
      // Copied and marked, and then killed: before the cut, and after it.
      const mark = (): void => {
        writeFileSync(`${log}.rotating`, bytes.subarray(0, 4096));
        const [inode, born] = [statSync(`${log}.rotating`).ino, statSync(`${log}.rotating`).birthtimeMs];
        const arrivals = index.arrivals.filter(({ place }) => place < 4096);
        writeIndex(`${log}.rotating`, { header: { ...index.header, inode, born }, arrivals });
        writeIndex(log, { header: { ...index.header, dropping: 4096 }, arrivals: index.arrivals });
      };
      mark();
      expect(textsOf(await read(log))).to.deep.equal(textsOf(whole));
      await settleRotation({ path: log, keep: 3 });
      expect(await read(log)).to.deep.equal(whole);

      mark();
      writeFileSync(log, bytes.subarray(4096));
      expect(textsOf(await read(log))).to.deep.equal(textsOf(whole));
      await settleRotation({ path: log, keep: 3 });
      const settled = await read(log);
      expect(textsOf(settled)).to.deep.equal(textsOf(whole));
      expect(settled.slice(4)).to.deep.equal(whole.slice(4));
    });
  });
}

describe('an index that grows', () => {
  it('joins what lies closest together, and keeps the end', () => {
    const arrivals = Array.from({ length: 1000 }, (_, index) => ({
      place: index * 10,
      at: index * 100 + (index % 2) * 99,
      isExact: true,
    }));
    const thinner = thinOut(arrivals);
    expect(thinner.at(-1)).to.deep.equal(arrivals.at(-1));
    // Of two that are 1 ms apart the later one is left; none of those that are 199 ms apart is joined but one.
    expect(thinner.length).to.be.within(500, 501);
    expect(thinner.slice(2).every(({ place }, index, all) => index === all.length - 1 || place % 20 === 0)).to.equal(true);
  });
});
