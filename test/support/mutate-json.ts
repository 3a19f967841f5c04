import type { Random } from './random.ts';

/** What hurts readers of JSON, of numbers, of pids, of paths and of names. As text, since some of it is no JSON at all. */
const junk: readonly string[] = [
  ...['null', 'true', 'false', '""', '[]', '{}', '[[]]', '[null]', '{"x":1}'],
  ...['0', '1', '-1', '-4242', '2', '1.5', '-0', '1e308', '1e999', '9007199254740993', '1073741824', '4294967298', '0.1e-400'],
  ...['NaN', 'Infinity', '-Infinity', 'undefined', '0x10', '01', '1_000', "'x'", '+1', '.5', 'new Date()'],
  ...[
    '"NaN"',
    '"4242"',
    '"12; rm"',
    '"-1"',
    '"x"',
    '"12345"',
    '"boot"',
    '"other"',
    '"ready"',
    '"stopping"',
    '"running"',
    '"stopped"',
  ],
  ...['"\\u202e"', '"\\ud800"', '"\\u0000"', '"😀"', '"\\uff14\\uff12\\uff14\\uff12"', '"../../etc/passwd"', '"__proto__"'],
  `"${'a'.repeat(20_000)}"`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"pid":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
];

const keys: readonly string[] = [
  '__proto__',
  'constructor',
  'pid',
  'process',
  'startTime',
  'bootId',
  'state',
  'x',
  '',
  ' pid',
  'PID',
  'pıd',
];

/** A value within a document: the map or list that it is in, and where. */
type Place = { readonly inside: Record<string, unknown>; readonly key: string };

const placesIn = (value: unknown, found: Place[] = []): Place[] => {
  if (typeof value !== 'object' || value === null) return found;
  const inside = value as Record<string, unknown>;
  for (const key of Object.keys(inside)) {
    found.push({ inside, key });
    placesIn(inside[key], found);
  }
  return found;
};

/** Something that no document has, in whose place junk is put that JSON.stringify would not write. */
const mark = (index: number): string => `\u0001${index}\u0001`;

type Mutation = (places: readonly Place[], random: Random, put: (text: string) => unknown, own: readonly string[]) => void;

const mutations: readonly Mutation[] = [
  (places, random, put, own) => {
    const { inside, key } = random.pick(places);
    inside[key] = put(random.pick(random.chance(0.4) ? own : junk));
  },
  // Two values change places: identities, states, whole services.
  (places, random) => {
    const [one, other] = [random.pick(places), random.pick(places)];
    const kept = one.inside[one.key];
    one.inside[one.key] = other.inside[other.key];
    other.inside[other.key] = kept;
  },
  // The same two, of one kind.
  (places, random) => {
    const one = random.pick(places);
    const other = random.pick(places.filter(({ key }) => key === one.key));
    const kept = one.inside[one.key];
    one.inside[one.key] = other.inside[other.key];
    other.inside[other.key] = kept;
  },
  (places, random) => {
    const { inside, key } = random.pick(places);
    if (!Array.isArray(inside)) delete inside[key];
  },
  (places, random) => {
    const { inside, key } = random.pick(places);
    if (Array.isArray(inside)) return;
    const value = inside[key];
    delete inside[key];
    Object.defineProperty(inside, random.pick(keys), { value, enumerable: true, configurable: true, writable: true });
  },
  (places, random) => {
    const numbers = places.filter((place) => typeof place.inside[place.key] === 'number');
    if (numbers.length === 0) return;
    const { inside, key } = random.pick(numbers);
    const value = inside[key] as number;
    inside[key] = random.pick([-value, value + 1, value - 1, value * 1e9, value / 3, value + 2 ** 32, String(value)]);
  },
  (places, random) => {
    const texts = places.filter((place) => typeof place.inside[place.key] === 'string');
    if (texts.length === 0) return;
    const { inside, key } = random.pick(texts);
    const value = inside[key] as string;
    inside[key] = random.pick([
      `${value} `,
      `0${value}`,
      value.slice(1),
      value.toUpperCase(),
      `${value}\0`,
      [value],
      Number(value),
    ]);
  },
];

/** A key that stands twice: readers of JSON take the last one. */
const withTwice = (text: string, random: Random, own: readonly string[]): string => {
  const names = [...text.matchAll(/"(\w+)":/g)];
  if (names.length === 0) return text;
  const { index, 0: name } = random.pick(names);
  return `${text.slice(0, index)}${name}${random.pick(random.chance(0.5) ? own : junk)},${text.slice(index)}`;
};

/**
 * The document as text after one to three changes of the type, the size, the place or the name of something in it. `own`: values
 * as text that would do most harm where the document is used.
 */
export const mutateJson = (document: object, random: Random, own: readonly string[]): string => {
  const copy = JSON.parse(JSON.stringify(document)) as unknown;
  const raw: string[] = [];
  const put = (text: string): string => mark(raw.push(text) - 1);
  for (let round = 1 + random.below(3); round > 0; round -= 1) {
    const places = placesIn(copy);
    if (places.length > 0) random.pick(mutations)(places, random, put, own);
  }
  const text = JSON.stringify(copy).replace(/"\\u0001(\d+)\\u0001"/g, (_, index: string) => raw[Number(index)] ?? '');
  return random.chance(0.1) ? withTwice(text, random, own) : text;
};
