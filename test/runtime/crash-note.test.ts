import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepWords, readLastWords } from '../../lib/runtime/crash-note.ts';

describe('the last words of a supervisor', () => {
  let folder: string;
  const wordsOf = (...lines: readonly string[]): string | null => {
    const file = join(folder, 'up.1.out');
    writeFileSync(file, `${lines.join('\n')}\n`);
    keepWords(folder, file);
    return readLastWords(folder);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-words-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are why it crashed, and not the trace after that', () => {
    const fatal = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
    const trace = ['----- Native stack trace -----', '', ' 1: 0xb78db3 node::OOMErrorHandler(char const*) [node]'];
    expect(wordsOf('<--- JS stacktrace --->', '', fatal, ...trace)).to.equal(fatal);
    expect(wordsOf('TypeError: x is not a function', '    at a.js:1:1', '', 'Node.js v20.19.0')).to.equal(
      'TypeError: x is not a function',
    );
    const assertion = "node: ../deps/uv/src/unix/core.c:1: uv_close: Assertion `!uv__is_closing(handle)' failed.";
    expect(wordsOf(assertion, 'Aborted')).to.equal(assertion);
  });

  it('are none where it was killed: what it had warned of when it began has nothing to do with its end', () => {
    expect(wordsOf('services.yaml:3:5: warning: "ready" has no timeout', '  hint: write one')).to.equal(null);
    expect(readLastWords(join(folder, 'nowhere'))).to.equal(null);
  });
});
