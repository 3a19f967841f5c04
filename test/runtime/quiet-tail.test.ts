import { appendFileSync, lstatSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freshHeader, markDropping, writeIndex } from '../../lib/runtime/logs/arrival-index.ts';
import { createQuietTails } from '../../lib/runtime/logs/quiet-tail.ts';
import { openReadBack } from '../../lib/runtime/logs/read-back.ts';
import type { TimedLines } from '../../lib/runtime/logs/timed-lines.ts';

describe('the ends of logs that nobody rotates', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-logs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** With an index that says when each line came: a second after the one before. */
  const writeLog = (lines: readonly string[], rest = '', name = 'api.log'): string => {
    const path = join(folder, name);
    writeFileSync(path, '');
    const places: number[] = [];
    for (const line of lines) {
      appendFileSync(path, `${line}\n`);
      places.push(lstatSync(path).size);
    }
    appendFileSync(path, rest);
    const header = freshHeader(path, lstatSync(path), { known: 0, after: 0 });
    const arrivals = places.map((place, at) => ({ place: header.base + place, at: 1000 * (at + 1), isExact: true }));
    writeIndex(path, { header, arrivals });
    return path;
  };
  const numbers = (count: number, length = 1): string[] => Array.from({ length: count }, (_, at) => `${at}`.padEnd(length, '.'));
  const slowly = async (path: string, count: number): Promise<TimedLines[]> => {
    const reading = await openReadBack({ path, count, wants: null, since: null, isFollowed: false });
    const lines: TimedLines[] = [];
    for await (const each of reading.lines) lines.push(each);
    reading.close();
    return lines;
  };

  for (const [what, lines, rest] of [
    ['of a few lines', numbers(9), ''],
    ['with a line that has not ended', numbers(9), 'half'],
    ['that is empty', [], ''],
    ['that is far longer than what is looked at', numbers(300, 1000), ''],
    ['with few and long lines', numbers(4, 60_000), 'half'],
  ] as const)
    for (const count of [0, 3, 100])
      it(`the last ${count} of one ${what}: as they are read from all of it, with their times`, async () => {
        const path = writeLog(lines, rest);
        const tails = createQuietTails();
        const tail = tails.read(path, count);
        if (tail !== null) expect(tail).to.deep.equal(await slowly(path, count));
        else expect(lstatSync(path).size).to.be.greaterThan(131_072);
        expect(tails.hasMoved(path)).to.equal(false);
      });

  it('one that is not there has no lines, as long as it is not there', () => {
    const path = join(folder, 'api.err.log');
    const tails = createQuietTails();
    expect(tails.read(path, 5)).to.deep.equal([]);
    expect(createQuietTails().read(join(folder, 'none', 'api.log'), 5)).to.deep.equal([]);
    writeFileSync(path, 'late\n');
    expect(tails.hasMoved(path)).to.equal(true);
  });

  it('leaves alone what it cannot be sure of: lines in kept files, a log without an index, one that is being cut', () => {
    const kept = writeLog(numbers(2), '', 'kept.log');
    writeFileSync(`${kept}.1`, 'before\n');
    const plain = join(folder, 'plain.log');
    writeFileSync(plain, 'one\ntwo\n');
    const path = writeLog(numbers(2), '', 'cut.log');
    markDropping(path, freshHeader(path, lstatSync(path), { known: 0, after: 0 }), 4096);
    const tails = createQuietTails();
    expect([kept, plain, path].map((each) => tails.read(each, 5))).to.deep.equal([null, null, null]);
  });

  it('needs no kept file where there are lines enough behind them', () => {
    const path = writeLog(numbers(9));
    writeFileSync(`${path}.1`, 'before\n');
    const tails = createQuietTails();
    expect(tails.read(path, 2)?.flatMap(({ texts }) => texts)).to.deep.equal(['7', '8']);
    expect(tails.hasMoved(path)).to.equal(false);
  });

  it('tells that a rotation came while others were read', () => {
    const [path, other] = [writeLog(numbers(2)), writeLog(numbers(2), '', 'web.log')];
    const tails = createQuietTails();
    expect([path, other].map((each) => tails.read(each, 5)?.length)).to.deep.equal([2, 2]);
    renameSync(path, `${path}.1`);
    writeLog(['new']);
    expect([path, other].map(tails.hasMoved)).to.deep.equal([true, false]);
  });
});
