import { expect } from 'chai';
import { toExcerpt } from '../../lib/domain/excerpt.ts';

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

  it('an excerpt of an excerpt keeps the message', () => {
    expect(toExcerpt(toExcerpt(noModule, 9), 4)).to.deep.equal([...noModule.slice(4, 7), '…']);
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
});
