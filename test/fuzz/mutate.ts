import type { Random } from '../support/random.ts';

/** What hurts readers of YAML, of our fields, of paths and of regular expressions. */
const junk: readonly string[] = [
  ':',
  ': ',
  '- ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '\t',
  '\n',
  '\r\n',
  '\r',
  '\0',
  '\ufeff',
  '\u2028',
  '\u202e',
  '\u0085',
  '😀',
  '\ud800',
  '&a ',
  '*a',
  '*missing',
  '<<: *a',
  '<<: [*a, *a]',
  '!!js/function x',
  '!!binary aGk=',
  '!!set {a}',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '$',
  '${',
  '${}',
  '${A:-${B:-${C:?no}}}',
  '${api.port}',
  '${api.url',
  '$$',
  '__proto__',
  'constructor',
  'null',
  '~',
  'no',
  '0777',
  '22:22',
  '1e999',
  '-1',
  '99999999999999999999',
  '.inf',
  '.nan',
  '5s',
  '5',
  '1h1h1h',
  '(a+)+$',
  '[',
  '../../etc/passwd',
  '/dev/zero',
  '~/x',
  'a'.repeat(5_000),
  '['.repeat(300),
  '- '.repeat(300),
];

type Mutation = (text: string, random: Random, other: string) => string;

const cut = (text: string, at: number, count: number, between = ''): string =>
  text.slice(0, at) + between + text.slice(at + count);

const linesOf = (text: string): string[] => text.split('\n');

const aLine = (text: string, random: Random): string => random.pick(linesOf(text));

const mutations: readonly Mutation[] = [
  (text, random) => cut(text, random.below(text.length + 1), 0, random.pick(junk)),
  (text, random) => cut(text, random.below(text.length + 1), random.below(8)),
  (text, random) => cut(text, random.below(text.length + 1), 1, String.fromCharCode(random.below(0x180))),
  (text, random) => text.slice(0, random.below(text.length + 1)),
  // A line goes, comes twice, comes from another file, or is moved to the side.
  (text, random) => {
    const lines = linesOf(text);
    lines.splice(random.below(lines.length), 1 + random.below(2));
    return lines.join('\n');
  },
  (text, random) => {
    const lines = linesOf(text);
    const at = random.below(lines.length);
    lines.splice(random.below(lines.length + 1), 0, lines[at] ?? '');
    return lines.join('\n');
  },
  (text, random, other) => {
    const lines = linesOf(text);
    lines.splice(random.below(lines.length + 1), 0, aLine(other, random));
    return lines.join('\n');
  },
  (text, random) => {
    const lines = linesOf(text);
    const at = random.below(lines.length);
    const line = lines[at] ?? '';
    lines[at] = random.chance(0.5) ? ' '.repeat(1 + random.below(4)) + line : line.replace(/^ {1,2}/, '');
    return lines.join('\n');
  },
  // A value becomes another: of the file, of another file, or none that anybody would write.
  (text, random, other) => {
    const value = /: *([^\n{}[\]]+)$/.exec(aLine(random.chance(0.5) ? text : other, random))?.[1] ?? random.pick(junk);
    const lines = linesOf(text);
    const at = random.below(lines.length);
    lines[at] = (lines[at] ?? '').replace(/: .*$/, () => `: ${value}`);
    return lines.join('\n');
  },
  (text, random) => {
    const words = text.match(/[A-Za-z_]{3,}/g) ?? ['x'];
    const [one, other] = [random.pick(words), random.pick(words)];
    return text.replace(one, () => other);
  },
  (text, random, other) =>
    cut(text, random.below(text.length + 1), random.below(40), other.slice(random.below(other.length + 1)).slice(0, 400)),
];

/** A file that somebody could have: `text` after one to four accidents, some of them with pieces of `other`. */
export const mutate = (text: string, random: Random, other: string): string => {
  let mutated = text;
  for (let round = 1 + random.below(4); round > 0; round -= 1) mutated = random.pick(mutations)(mutated, random, other);
  return mutated;
};
