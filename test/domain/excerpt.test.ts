import { expect } from 'chai';
import { toExcerpt, toLastLines, toTellingLine } from '../../lib/domain/excerpt.ts';

const frames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `    at load${at} (node:internal/modules/cjs/loader:${at + 1}:15)`);
const noModule = [
  'node:internal/modules/cjs/loader:1210',
  '  throw err;',
  '  ^',
  '',
  "Error: Cannot find module './nope'",
  'Require stack:',
  '- /srv/server.js',
  ...frames(10),
  "  code: 'MODULE_NOT_FOUND',",
  '}',
  '',
  'Node.js v20.20.2',
];

describe('what is shown of the last lines of a service', () => {
  it('the last ones', () => {
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
    expect(toExcerpt(lines, 3)).to.deep.equal(['line 27', 'line 28', 'line 29']);
    expect(toExcerpt(['one', 'two'], 3)).to.deep.equal(['one', 'two']);
  });

  it('from the message of an error on, where its stack trace would push it out', () => {
    expect(toExcerpt(noModule, 5)).to.deep.equal([...noModule.slice(4, 8), '…']);
    expect(toExcerpt(['starting', 'TypeError: x is not a function', ...frames(9)], 3)).to.deep.equal([
      'TypeError: x is not a function',
      frames(1)[0],
      '…',
    ]);
    const java = [
      'Exception in thread "main" java.lang.IllegalStateException: no pool',
      '\tat Main.main(Main.java:3)',
      '\t... 7 more',
    ];
    expect(toExcerpt([...java, 'Process ended'], 3)[0]).to.equal(java[0]);
    const ruby = [
      "app.rb:2:in `boot': no such table (RuntimeError)",
      ...Array.from({ length: 9 }, () => "\tfrom app.rb:9:in `<main>'"),
    ];
    expect(toExcerpt(ruby, 4)[0]).to.equal(ruby[0]);
  });

  it('B2: what was printed after an old trace is shown, and the message of the trace beside it', () => {
    const old = ['starting', 'TypeError: the old API is gone', ...frames(10)];
    const after = ['listening', 'got request', 'FATAL: password authentication failed', 'exiting with code 1'];
    const said = [...old, ...after];
    expect(toExcerpt(said, 9)).to.deep.equal([...old.slice(1, 5), '…', ...after]);
    expect(toExcerpt(said, 6)).to.deep.equal([old[1], '…', ...after]);
    // There is no room for both.
    expect(toExcerpt(said, 5)).to.deep.equal(said.slice(-5));
    expect(toExcerpt(said, 2)).to.deep.equal(after.slice(-2));
    expect(toExcerpt(said, 1)).to.deep.equal(after.slice(-1));
    // Indented, but no field of the error: nothing closes it.
    const indented = [...old, '  FATAL: password authentication failed'];
    expect(toExcerpt(indented, 4)).to.deep.equal([old[1], old[2], '…', indented.at(-1)]);
  });

  it('what is handed on holds nothing but what was printed, and makes the same excerpts', () => {
    const old = ['TypeError: the old API is gone', ...frames(10), 'FATAL: password authentication failed'];
    for (const said of [noModule, old]) {
      const lines = toLastLines(['starting', ...said], 9);
      expect(lines).to.deep.equal(said.slice(-lines.length));
      for (const length of [2, 4, 9]) expect(toExcerpt(lines, length)).to.deep.equal(toExcerpt(said, length));
    }
    expect(toLastLines(['starting', ...old], 9)).to.deep.equal(old);
    expect(toLastLines(['one', 'two'], 9)).to.deep.equal(['one', 'two']);
  });

  it('the last ones, where the error was long before them, or is among them', () => {
    const after = Array.from({ length: 5 }, (_, at) => `line ${at}`);
    expect(toExcerpt([...noModule, ...after], 4)).to.deep.equal(after.slice(-4));
    const early = ['one', 'two', ...noModule];
    expect(toExcerpt(early, 18)).to.deep.equal(early.slice(-18));
  });

  it('the last ones, where a trace stands for itself or is longer than what was read', () => {
    expect(toExcerpt(frames(20), 3)).to.deep.equal(frames(20).slice(-3));
  });

  it('in one line: the last that says anything, or the message of the stack trace that it ended with', () => {
    expect(toTellingLine(['starting', 'boom: cannot open config.toml', '', ' '])).to.equal('boom: cannot open config.toml');
    expect(toTellingLine(noModule)).to.equal("Error: Cannot find module './nope'");
    expect(toTellingLine(['TypeError: old', ...frames(3), 'listening'])).to.equal('listening');
    expect(toTellingLine(['no message', ...frames(2)])).to.equal('no message');
    expect([toTellingLine([]), toTellingLine(['', '  '])]).to.deep.equal([null, null]);
  });
});
