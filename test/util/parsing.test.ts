import { expect } from 'chai';
import { formatBytes, parseBytes } from '../../lib/util/bytes.ts';
import { didYouMean, editDistance } from '../../lib/util/did-you-mean.ts';
import { formatDuration, parseDuration } from '../../lib/util/duration.ts';
import { createHeap } from '../../lib/util/heap.ts';
import { findPatternProblem } from '../../lib/util/pattern.ts';
import { looksSecret } from '../../lib/util/secrets.ts';
import { splitWords } from '../../lib/util/words.ts';

describe('durations', () => {
  const read = (text: string): number | string => {
    const parsed = parseDuration(text);
    return parsed.ok ? parsed.value : `${parsed.problem}; ${parsed.hint}`;
  };

  it('reads what people write', () => {
    expect(['500ms', '2s', '1m30s', '1.5s', '2h', '1d', ' 3s ', '0', '0s'].map(read)).to.deep.equal([
      500, 2000, 90_000, 1500, 7_200_000, 86_400_000, 3000, 0, 0,
    ]);
  });

  it('asks for the unit of a bare number', () => {
    expect(read('10')).to.equal('duration "10" has no unit; write 10s or 10ms');
  });

  it('F194: refuses what no timer can wait for', () => {
    expect(read('24d')).to.equal(24 * 86_400_000);
    expect(read('25d')).to.include('above the limit of 24 days');
    expect(read(`${'9'.repeat(400)}s`)).to.include('above the limit');
  });

  it('refuses everything else', () => {
    for (const text of ['', 's', '-1s', '1 s', '1s500', '1e3ms', '1w', 'soon']) expect(read(text), text).to.include('duration');
  });

  it('is written as it is read', () => {
    for (const text of ['0s', '1ms', '1500ms', '2s', '1m30s', '1h', '2d3h']) {
      const value = read(text);
      expect(formatDuration(Number(value))).to.equal(text);
    }
  });
});

describe('sizes', () => {
  it('is told in one unit wherever it is told: powers of 1000', () => {
    const told = [0, 1, 900_000, 999_999, 9_000_000, 999_999_999, 3e9].map(formatBytes);
    expect(told).to.deep.equal(['0 kB', '1 kB', '900 kB', '1.0 MB', '9.0 MB', '1.0 GB', '3.0 GB']);
  });

  it('reads decimal and binary units in any case', () => {
    const read = (text: string): unknown => {
      const parsed = parseBytes(text);
      return parsed.ok ? parsed.value : parsed.hint;
    };
    expect(['10MB', '512kb', '1GiB', '1.5 M', '2000'].map(read)).to.deep.equal([
      10_000_000, 512_000, 1_073_741_824, 1_500_000, 2000,
    ]);
    expect(['10 megs', 'big', '-1MB', '10constructor'].map(read)).to.deep.equal([
      'write 10MB',
      'write for example 10MB',
      'write for example 10MB',
      'write for example 10MB',
    ]);
  });
});

describe('did you mean', () => {
  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('port', 'prot', 2)).to.equal(1);
    expect(editDistance('command', 'comand', 2)).to.equal(1);
    expect(editDistance('abc', 'xyz', 2)).to.equal(3);
  });

  it('sees through styles of spelling and finds the nearest', () => {
    const keys = ['command', 'depends_on', 'port', 'ports'];
    expect(['dependsOn', 'depends-on', 'comand', 'prot', 'zzzz', 'x'].map((word) => didYouMean(word, keys))).to.deep.equal([
      'depends_on',
      'depends_on',
      'command',
      'port',
      null,
      null,
    ]);
  });

  it('never offers the word itself', () => {
    expect(didYouMean('port', ['port'])).to.equal(null);
  });
});

describe('words of a command line', () => {
  it('splits as a shell would', () => {
    expect(splitWords('a  b\tc')).to.deep.equal(['a', 'b', 'c']);
    expect(splitWords(`a 'b c'd "e; f" ''`)).to.deep.equal(['a', 'b cd', 'e; f', '']);
    expect(splitWords('--x=1 {}')).to.equal(null);
    expect(splitWords('')).to.deep.equal([]);
  });

  it('asks for a shell where only a shell knows', () => {
    for (const line of [
      'a|b',
      'a > b',
      '$x',
      '`x`',
      "it's",
      'exec x',
      'A=b c',
      'a\nb',
      '(a)',
      '! a',
      'a "$b"',
      '~/x',
      '[ -f x ]',
    ]) {
      expect(splitWords(line), line).to.equal(null);
    }
  });
});

describe('regular expressions', () => {
  const risky = [
    '(a+)+$',
    '(a*)*',
    '(\\w+\\s?)+$',
    '(a|a)*',
    '(a|ab)*c',
    '(x+x+)+y',
    '([a-zA-Z]+)*',
    '(.*)*',
    '^(([a-z])+.)+[A-Z]',
    '(a{1,50})+',
    '.*.*.*=',
    '(?:a|\\w)+x',
    '(?<n>a+)+',
    '((a+))+',
    '(\\d+|\\w+)*',
    '(a?b?)*c*(a+)+',
    '(\\s+)*',
    '([^"]|\\\\.)*"',
    '(0|[0-9])*',
    '(e.?|e+)*',
  ];
  const fine = [
    'listening on port \\d+',
    '^(\\S+ )+ready',
    'ready in \\d+(\\.\\d+)? ms',
    '(?:\\d{1,3}\\.){3}\\d{1,3}',
    '(foo|bar)+',
    '(\\w+\\s)+x',
    '(,\\d+)*',
    '.*listening.*on.*port',
    '^\\[info\\] (.*)',
    '(^|\\s)ready(\\s|$)',
    '[/a]+',
  ];

  it('S-34: refuses twenty that can run away', () => {
    expect(risky).to.have.lengthOf(20);
    for (const source of risky) expect(findPatternProblem(source)?.problem, source).to.match(/exponential|cubic/);
  });

  it('lets through what people write', () => {
    for (const source of fine) expect(findPatternProblem(source), source).to.equal(null);
  });

  it('says what does not compile', () => {
    expect(findPatternProblem('listening(')).to.deep.equal({
      problem: 'invalid regular expression: missing ")"',
      hint: 'escape the bracket: "listening\\\\("',
    });
    expect(findPatternProblem('[a-')?.problem).to.include('missing "]"');
    expect(findPatternProblem('a**')?.problem).to.include('nothing to repeat');
  });
});

describe('names that look secret', () => {
  it('are recognised by their words', () => {
    for (const name of [
      'DB_PASSWORD',
      'apiKey',
      'API_KEY',
      'GITHUB_TOKEN',
      'SECRET',
      'AWS_SECRET_ACCESS_KEY',
      'DATABASE_URL',
      'pgpass_pass',
      'SESSION_SECRET_1',
    ]) {
      expect(looksSecret(name), name).to.equal(true);
    }
    for (const name of ['STRIPE_KEY', 'DBPASSWORD', 'MYSECRETS', 'PGPASSWORD', 'LICENSE_KEYS'])
      expect(looksSecret(name), name).to.equal(true);
    for (const name of [
      'PORT',
      'NODE_ENV',
      'KEYBOARD',
      'AUTHOR',
      'TOKENIZER_PATH',
      'COMPASS',
      'MONKEY',
      'API_URL',
      'LOG_LEVEL',
    ]) {
      expect(looksSecret(name), name).to.equal(false);
    }
  });
});

describe('heap', () => {
  it('gives the smallest first', () => {
    const heap = createHeap();
    for (const value of [5, 3, 8, 1, 9, 1, 4]) heap.push(value);
    const order = Array.from({ length: 8 }, () => heap.pop());
    expect(order).to.deep.equal([1, 1, 3, 4, 5, 8, 9, undefined]);
  });
});
