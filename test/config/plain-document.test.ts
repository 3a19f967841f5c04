import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Composer, isMap, isScalar, isSeq, Parser } from 'yaml';
import { parsePlainDocument } from '../../lib/config/plain-document.ts';
import { createRandom, type Random } from '../support/random.ts';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Everything about a node that a later step looks at. */
const show = (node: unknown): unknown => {
  if (isScalar(node)) {
    const { value, source, type, comment, tag, anchor, range } = node;
    // Text, because `-0`, `NaN` and `0` are to differ.
    const kind = Object.is(value, -0) ? 'number -0' : `${typeof value} ${String(value)}`;
    return { kind, source, type, comment, tag, anchor, range: range?.slice(0, 2) };
  }
  if (isMap(node)) {
    const pairs = node.items.map(({ key, value }) => [show(key), show(value)]);
    return { tag: node.tag, flow: node.flow === true, range: node.range?.slice(0, 2), pairs };
  }
  if (isSeq(node))
    return { tag: node.tag, flow: node.flow === true, range: node.range?.slice(0, 2), items: node.items.map(show) };
  return node;
};

/** The same text read by the package that knows all of YAML; a word about it when it is not one document without mistakes. */
const readWhole = (text: string): unknown => {
  const documents = [
    ...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(new Parser().parse(text), true, text.length),
  ];
  const [document] = documents;
  if (document === undefined || documents.length > 1) return `${documents.length} documents`;
  return document.errors.length > 0 ? document.errors.map(({ code }) => code) : show(document.contents);
};

/** True when it was read at all; whatever was read must be what the package reads. */
const isReadAlike = (text: string): boolean => {
  const contents = parsePlainDocument(text);
  if (contents === null) return false;
  expect(show(contents), text).to.deep.equal(readWhole(text));
  return true;
};

const stacks = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.includes('node_modules'))
    .map((file) => readFileSync(path.join(root, folder, file), 'utf8'));

const values = [
  ...['1', '0', '-0', '+5', '012', '0o17', '0xFF', '1.50', '1.', '.5', '1e3', '1e', '.inf', '.nan', '99999999999999999999', '5s'],
  ...['~', 'null', 'NULL', 'nUll', 'true', 'TRUE', 'false ', 'yes', '2024-01-01', '12:30', '1_000', '127.0.0.1', '.', '08'],
  ...[
    'npm start',
    'a "b"',
    '"a" b',
    '"q # r"',
    "'q'",
    "'it''s'",
    '"a\\n"',
    '""',
    'a: b',
    'a:',
    'a:b',
    'a #b',
    'a#b',
    'a # ',
    'a #',
  ],
  ...[
    'http://h:80/x?y=1#z',
    '$x ${Y:-z}',
    'a]b,{c',
    'é ü',
    'a\u00a0',
    '@x',
    '`x`',
    '*a',
    '&a 1',
    '!!str 1',
    '? a',
    '- a',
    '| ',
    '>-',
  ],
  ...[
    '[a, b]',
    '[ 1,"b" , true ]',
    '[a,]',
    '[]',
    '[ ]',
    '[a b]',
    '[a:b]',
    "['a, b']",
    '[a, -b]',
    '[[a]]',
    '[a] # c',
    '{a: b}',
    '# c',
    '',
  ],
];

/** Lines that mostly fit under each other, so that a good part of the texts is right. */
const aText = (random: Random): string => {
  let text = '';
  let indent = 0;
  const count = 1 + random.below(8);
  for (let index = 0; index < count; index += 1) {
    const shift = random.chance(0.1) ? random.below(5) : indent;
    const blanks = ' '.repeat(index === 0 ? 0 : shift);
    const key = random.pick(['a', 'b', 'env', '8080', 'true', '1.10', 'x-y', 'a.b', '<<', '"k"']);
    const line = random.below(10);
    if (line < 5) text += `${blanks}${key}: ${random.pick(values)}`;
    else if (line < 7) text += `${blanks}- ${random.pick(values)}`;
    else if (line < 8) text += random.pick(['', ' ', `${blanks}# c`, `${blanks}  # c`, '---', '\t', '...']);
    else text += `${blanks}${key}:${random.pick(['', '', ' ', ' # c'])}`;
    if (line >= 8 && random.chance(0.9)) indent = shift + random.pick([2, 2, 2, 1, 0]);
    else if (random.chance(0.3)) indent = Math.max(0, shift - 2);
    if (index < count - 1 || random.chance(0.7)) text += '\n';
  }
  return text;
};

describe('plain YAML, read without the package', () => {
  it('reads what stacks are mostly made of', () => {
    const text = [
      '# a stack',
      'name: shop',
      '',
      'services:',
      '  db: # first',
      '    command: postgres -D data # kept in RAM',
      '    port: 5432',
      '    env:',
      '      MODE: "on # off"',
      "      LEVEL: '3'",
      '',
      '  # the site',
      '  web:',
      '    command: [node, "server.js"]',
      '    depends_on:',
      '    - db',
      '    profiles:',
      '      - all',
      '      - web',
      '    optional: true',
      '',
      '# the end',
    ].join('\n');
    expect(isReadAlike(text)).to.equal(true);
    expect(isReadAlike(`${text}\n`)).to.equal(true);
  });

  it('leaves to the package what is more than plain', () => {
    const texts = [
      '',
      '# nothing',
      'a',
      'a:',
      'a: {b: {c: d}}',
      'a: |\n  b',
      'a: &b c',
      'a: b\n  c',
      'a: b\n c: d',
      'a:\n  b: c\n d: e',
      'a: b\n- c',
      '- a: b',
      '? a',
      '%YAML 1.1\n---\na: b',
      'a: b\n---\na: b',
      'a: b\r\n',
      'a:\tb',
      'a: "b\\n"',
      'a: b: c',
      '<<: *a',
      `a: ${'[x, '.repeat(70)}`,
      Array.from({ length: 70 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ];
    expect(texts.filter((text) => parsePlainDocument(text) !== null)).to.deep.equal([]);
  });

  it('takes no time for lines that are made to take it', () => {
    const blanks = ' '.repeat(300_000);
    const lines = [
      `a: b${blanks}c`,
      `a: [b${blanks}c]`,
      `a: {b: c${blanks}d}`,
      `${blanks}a`,
      `a:${blanks}b: c`,
      `- ${'- '.repeat(150_000)}`,
    ];
    for (const line of lines) parsePlainDocument(line);
    expect(isReadAlike(`a: b${blanks}c`)).to.equal(true);
  });

  it('reads each stack of this project as the package does, or not at all', () => {
    const read = [...stacks('test/golden'), ...stacks('examples')].filter(isReadAlike);
    expect(read.length).to.be.above(10);
  });

  it('reads each value on its own as the package does, or not at all', () => {
    const read = values.flatMap((value) => [`a: ${value}`, `a:\n- ${value}\n`, `${value}: a`]).filter(isReadAlike);
    expect(read.length).to.be.above(80);
  });

  it('reads each of many texts made at random as the package does, or not at all', () => {
    const random = createRandom(7);
    const read = Array.from({ length: 12_000 }, () => aText(random)).filter(isReadAlike);
    expect(read.length).to.be.above(500);
  });
});
