import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Composer, type Document, isMap, isScalar, isSeq, Parser } from 'yaml';
import { parsePlainDocument } from '../../lib/config/plain-nodes.ts';
import { readPlainValues } from '../../lib/config/plain-values.ts';
import type { Source } from '../../lib/config/source.ts';
import { type Raw, toRaw } from '../../lib/config/to-raw.ts';
import type { Path } from '../../lib/domain/issue.ts';
import { isRawList, isRawMap, type RawValue } from '../../lib/domain/raw.ts';
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

const composeAll = (text: string): Document.Parsed[] => [
  ...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(new Parser().parse(text), true, text.length),
];

/** The same text read by the package that knows all of YAML; a word about it when it is not one document without mistakes. */
const readWhole = (text: string): unknown => {
  const documents = composeAll(text);
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

const env = { Y: '5', API_TOKEN: 'hidden words' };

/** What is read without nodes must be what is read by way of the package's, without a word about it, and with the same places. */
const hasValuesAlike = (text: string): boolean => {
  const source: Source = {
    file: 'services.yaml',
    root: '/',
    absolute: '/services.yaml',
    text,
    position: () => ({ line: 1, column: 1 }),
  };
  const values = readPlainValues(source, env);
  if (values === null) return false;
  const [document] = composeAll(text);
  const whole = document === undefined ? null : toRaw(document, source, env);
  const all = ({ nodes: _, ...rest }: Raw): unknown => ({ ...rest, value: showValue(rest.value) });
  expect(all(values), text).to.deep.equal(whole === null ? null : all(whole));
  for (const path of pathsOf(values.value, [])) {
    for (const atKey of [true, false]) {
      const place = ({ nodes }: Raw): unknown => ({ has: nodes.has(path), ...nodes.locate(path, atKey), node: null });
      expect(place(values), `${path.join('.')} of ${text}`).to.deep.equal(whole === null ? null : place(whole));
    }
  }
  return true;
};

/** Text, because `-0`, `NaN` and `0` are to differ, and with the order of keys. */
const showValue = (value: RawValue): unknown => {
  if (isRawList(value)) return value.map(showValue);
  if (isRawMap(value)) return Object.entries(value).map(([key, inner]) => [key, showValue(inner)]);
  return Object.is(value, -0) ? 'number -0' : `${typeof value} ${String(value)}`;
};

const pathsOf = (value: RawValue, path: Path): Path[] => {
  if (isRawList(value)) return [path, ...value.flatMap((item, index) => pathsOf(item, [...path, index]))];
  if (isRawMap(value)) return [path, ...Object.keys(value).flatMap((key) => pathsOf(value[key], [...path, key]))];
  return [path, [...path, 'none']];
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
    '${Y}',
    'a ${API_TOKEN} ${db.port} $$',
    '"${Y} ${none:-${Y}}"',
    '${none}',
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
    '["sh","-c","exec a: b, [c]"]',
    '[ \'a b\' , "c{d}" ]',
    '["a" b]',
    '["a": b]',
    '["a"b, c]',
    "['it''s']",
    '["a",, b]',
    '[,]',
    '["a #b"]',
    '["a\\n"]',
    '[a"b", c]',
    '["a]',
    '[a, "b", ]',
    '{}',
    '{ }',
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
    expect(hasValuesAlike(text)).to.equal(true);
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
    const texts = [...stacks('test/golden'), ...stacks('examples')];
    expect(texts.filter(isReadAlike).length).to.be.above(10);
    expect(texts.filter(hasValuesAlike).length).to.be.above(10);
  });

  it('reads each value on its own as the package does, or not at all', () => {
    const texts = values.flatMap((value) => [`a: ${value}`, `a:\n- ${value}\n`, `${value}: a`, `command: ${value}`]);
    expect(texts.filter(isReadAlike).length).to.be.above(80);
    expect(texts.filter(hasValuesAlike).length).to.be.above(80);
  });

  it('reads each of many texts made at random as the package does, or not at all', () => {
    const random = createRandom(7);
    const texts = Array.from({ length: 12_000 }, () => aText(random));
    expect(texts.filter(isReadAlike).length).to.be.above(500);
    expect(texts.filter(hasValuesAlike).length).to.be.above(500);
  });
});
