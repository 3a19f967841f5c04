import type { Ledger } from '../ledger.ts';
import { createReader } from '../reader.ts';
import { type Spot, scalarText, type Tree } from '../tree.ts';
import { withDefaults } from './variables.ts';

/** One port of a container. */
export type Port = {
  /** In the container. */
  readonly target: number;
  /** As it is reached from outside: a number, a variable with a default; null where nobody said. */
  readonly published: number | string | null;
  readonly name: string | null;
  readonly host: string | null;
  readonly spot: Spot;
};

type Reading = { readonly ledger: Ledger; readonly text: (text: string, spot: Spot) => string };

/** A range that stands for more is no list of ports. */
const longestRange = 50;

export const readPort = (tree: Tree, reading: Reading): readonly Port[] => {
  if (tree.kind === 'map') return readLong(tree, reading);
  const text = scalarText(tree);
  if (text === null) {
    reading.ledger.lose(tree, 'it should be a port');
    return [];
  }
  return readShort(text, tree, reading);
};

/** `[host:][published:]target[/protocol]`, each of the two a number or a range. */
const readShort = (written: string, spot: Spot, { ledger, text }: Reading): readonly Port[] => {
  const refuse = (why: string): readonly Port[] => {
    ledger.lose(spot, why);
    return [];
  };
  const converted = text(written, spot);
  const [, ports = '', protocol] = /^(.*?)(?:\/([a-z]+))?$/is.exec(converted) ?? [];
  if (protocol !== undefined && protocol !== 'tcp') return refuse(`muster knows TCP ports only, not ${protocol.toUpperCase()}`);
  const parts = splitAtColons(ports);
  const target = parts.pop() ?? '';
  const published = parts.pop() ?? null;
  const host = parts.length === 0 ? null : parts.join(':').replace(/^\[(.*)\]$/, '$1');
  const targets = toRange(target);
  if (targets === null) return refuse(`"${written}" is no port that is known before the start: decide which`);
  if (published === null || published === '')
    return targets.map((each) => ({ target: each, published: null, name: null, host, spot }));
  const numbers = toRange(published);
  if (targets.length === 1 && published.startsWith('$')) {
    const value = numbers === null ? null : published;
    if (value === null)
      ledger.note(spot, `the port of this machine is only known with its variable; it is the container's here, ${targets[0]}`);
    return targets.map((each) => ({ target: each, published: value, name: null, host, spot }));
  }
  if (numbers === null) return refuse(`"${written}" is no port that is known before the start: decide which`);
  if (targets.length === 1 && numbers.length > 1) {
    ledger.note(spot, `of the range ${published} the first port was taken`);
    return targets.map((each) => ({ target: each, published: numbers[0] ?? null, name: null, host, spot }));
  }
  if (numbers.length !== targets.length) return refuse(`the ranges of "${written}" have different lengths`);
  return targets.map((each, index) => ({ target: each, published: numbers[index] ?? null, name: null, host, spot }));
};

const readLong = (tree: Tree & { kind: 'map' }, { ledger, text }: Reading): readonly Port[] => {
  const map = createReader(tree, ledger);
  const [target, published, host, protocol, name] = [
    map.text('target'),
    map.text('published'),
    map.text('host_ip'),
    map.text('protocol'),
    map.text('name'),
  ];
  const mode = map.text('mode');
  if (mode !== null && mode !== 'ingress') map.lose('mode', 'there is one machine here, and its ports are its own');
  map.finish({ app_protocol: 'muster does not look at what is spoken on a port' });
  if (protocol !== null && protocol !== 'tcp') {
    ledger.lose(tree, `muster knows TCP ports only, not ${protocol.toUpperCase()}`);
    return [];
  }
  const short = [
    ...(host === null ? [] : [host.includes(':') ? `[${host}]` : host]),
    ...(published === null ? (host === null ? [] : ['']) : [published]),
    target ?? '',
  ].join(':');
  return readShort(short, tree, { ledger, text }).map((port, index) => ({
    ...port,
    name: index === 0 ? toPortName(name) : null,
  }));
};

const toPortName = (name: string | null): string | null => (name !== null && /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) ? name : null);

/** Not at those within `${…}` and `[…]`. */
export const splitAtColons = (text: string): string[] => {
  const parts: string[] = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (char === ':' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
};

const toRange = (text: string): readonly number[] | null => {
  const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(withDefaults(text)?.trim() ?? '') ?? [];
  const [from, to] = [Number(low), Number(high ?? low)];
  if (low === undefined || from < 1 || to > 65535 || to < from || to - from >= longestRange) return null;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
};
