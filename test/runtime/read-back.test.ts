import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ReadBackOptions, readBack } from '../../lib/runtime/logs/read-back.ts';

describe('reading a log back', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-logs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string | Uint8Array, name = 'api.log'): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const read = async (path: string, more: Partial<ReadBackOptions> = {}): Promise<{ lines: string[]; end: number }> => {
    const lines: string[] = [];
    const options = { path, count: 3, wants: null, since: null, isFollowed: false, ...more };
    const { offset } = await readBack(options, async ({ texts }) => {
      lines.push(...texts);
      return true;
    });
    return { lines, end: offset };
  };
  const numbers = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

  it('gives the last lines, oldest first, also one that has not ended', async () => {
    expect((await read(write(numbers(1, 9)))).lines).to.deep.equal(['line 7', 'line 8', 'line 9']);
    expect((await read(write(`${numbers(1, 9)}half`))).lines).to.deep.equal(['line 8', 'line 9', 'half']);
    expect((await read(write('a\nb'))).lines).to.deep.equal(['a', 'b']);
  });

  it('finds them in a file of many chunks, and all of them when all are wanted', async () => {
    const path = write(numbers(1, 60_000));
    expect((await read(path)).lines).to.deep.equal(['line 59998', 'line 59999', 'line 60000']);
    const { lines } = await read(path, { count: Number.POSITIVE_INFINITY });
    expect(lines).to.have.length(60_000);
    expect([lines[0], lines[31_234], lines.at(-1)]).to.deep.equal(['line 1', 'line 31235', 'line 60000']);
  });

  it('goes on in the kept files, in the order in which they were written, also where a line lies in two of them', async () => {
    write('line 1\nli', 'api.log.10');
    write('ne 2\nline 3\n', 'api.log.2');
    write('not a log', 'api.log.old');
    mkdirSync(join(folder, 'api.log.3'));
    const path = write('line 4\n');
    expect((await read(path)).lines).to.deep.equal(['line 2', 'line 3', 'line 4']);
    expect((await read(path, { count: 99 })).lines).to.deep.equal(['line 1', 'line 2', 'line 3', 'line 4']);
  });

  it('counts only the lines that are wanted, however far back they are', async () => {
    write(numbers(1, 100), 'api.log.1');
    const path = write(numbers(101, 50_000));
    const wants = (text: string): boolean => /^line \d?[05]$/.test(text);
    expect((await read(path, { wants })).lines).to.deep.equal(['line 85', 'line 90', 'line 95']);
  });

  it('leaves a line that has not ended to the follower, and says where it begins', async () => {
    const path = write('one\ntwo\nhal');
    const { lines, end } = await read(path, { isFollowed: true });
    expect({ lines, end }).to.deep.equal({ lines: ['one', 'two'], end: 8 });
    expect(await read(path, { isFollowed: true, count: 0 })).to.deep.equal({ lines: [], end: 8 });
    expect(await read(write('hal'), { isFollowed: true })).to.deep.equal({ lines: [], end: 0 });
    expect(await read(write('one\n'), { isFollowed: true })).to.deep.equal({ lines: ['one'], end: 4 });
  });

  it('does not hold a line without an end back for ever', async () => {
    const path = write(`one\n${'x'.repeat(100_000)}`);
    const { lines, end } = await read(path, { isFollowed: true, count: 9 });
    expect(lines.map((line) => line.length)).to.deep.equal([3, 65_536, 34_464]);
    expect(end).to.equal(100_004);
  });

  it('reads what is no text, and stops when that was enough', async () => {
    expect((await read(write(Uint8Array.of(0xff, 0x0a, 0x00, 0x62, 0x0a)))).lines).to.deep.equal(['\ufffd', '\0b']);
    let calls = 0;
    const all = { count: Number.POSITIVE_INFINITY, wants: null, since: null, isFollowed: false };
    await readBack({ path: write(numbers(1, 60_000)), ...all }, async () => {
      calls += 1;
      return false;
    });
    expect(calls).to.equal(1);
  });

  it('a log that is not there, is no plain file, or is empty has no lines', async () => {
    expect(await read(join(folder, 'none', 'api.log'))).to.deep.equal({ lines: [], end: 0 });
    expect(await read(write(''))).to.deep.equal({ lines: [], end: 0 });
    const target = write('secret\n', 'target');
    symlinkSync(target, join(folder, 'link.log'));
    expect(await read(join(folder, 'link.log'))).to.deep.equal({ lines: [], end: 0 });
  });
});
