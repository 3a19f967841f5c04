import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { markOf, markOfOlder } from '../../lib/runtime/file-mark.ts';

describe('the mark of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-mark-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('differs after each write; that of an older one is told only if it was not written since', () => {
    const sign = join(folder, 'sign');
    expect([markOf(sign), markOfOlder(sign, 2_000)]).to.deep.equal([null, null]);
    writeFileSync(sign, '');
    utimesSync(sign, 1, 1);
    const mark = markOf(sign);
    expect(mark).to.be.a('string');
    expect([markOfOlder(sign, 1_001), markOfOlder(sign, 1_000)]).to.deep.equal([mark, null]);
    writeFileSync(sign, 'more');
    expect(markOf(sign)).not.to.equal(mark);
  });
});
