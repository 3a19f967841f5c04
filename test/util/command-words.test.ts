import { parseArgs } from 'node:util';
import { expect } from 'chai';
import { toTokens } from '../../lib/util/command-words.ts';
import { seededRandom } from '../../lib/util/random.ts';

const options = {
  file: { type: 'text', short: 'f' },
  follow: { type: 'flag', short: 'l' },
  tail: { type: 'text', short: 'n' },
  json: { type: 'flag' },
} as const;

const byNode = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    options: {
      file: { type: 'string', short: 'f' },
      follow: { type: 'boolean', short: 'l' },
      tail: { type: 'string', short: 'n' },
      json: { type: 'boolean' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;

const plain = (tokens: readonly unknown[]): unknown => JSON.parse(JSON.stringify(tokens));

describe('the words of a command line', () => {
  for (const line of [
    'logs -f services.yaml --tail 5 web',
    '--file=a=b --file= -fa -f=a -lf a -lfa -lx -xl',
    '-1 -12 - -- -f --tail',
    '--tail -- --file -n -n',
    '--=a --a= ---a -=a --json=yes --constructor',
    '-- --',
    '-l- --lfa -é -f',
  ])
    it(`"${line}" means what it means to Node`, () => {
      const words = line.split(' ');
      expect(plain(toTokens(words, options))).to.deep.equal(plain(byNode(words)));
    });

  it('10,000 random lines mean what they mean to Node', () => {
    const random = seededRandom(7);
    const pieces = ['-', '--', 'f', 'n', 'l', 'x', 'file', 'follow', 'json', '=', '1', ' ', '', '-f', '--file', '--tail='];
    const word = (): string =>
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => pieces[Math.floor(random() * pieces.length)]).join('');
    for (let round = 0; round < 10_000; round += 1) {
      const words = Array.from({ length: Math.floor(random() * 5) }, word);
      expect(plain(toTokens(words, options)), JSON.stringify(words)).to.deep.equal(plain(byNode(words)));
    }
  });
});
