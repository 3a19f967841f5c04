import { bareMap, type RawValue } from '../domain/raw.ts';
import { findHiddenCharacters } from './characters.ts';
import { type Filling, fillIn } from './fill-in.ts';
import type { Variables } from './interpolate.ts';
import { isOctalLike, isSwallowing } from './node-checks.ts';
import { type Nodes, toNodes } from './nodes.ts';
import { type PlainBuilder, readPlainDocument } from './plain-document.ts';
import { type PlainValue, readFlowList, readFlowMap } from './plain-line.ts';
import { parsePlainDocument } from './plain-nodes.ts';
import { plainValueOf } from './plain-scalars.ts';
import type { Source } from './source.ts';
import { isTextSpot } from './spots.ts';
import type { Raw } from './to-raw.ts';

/**
 * A plain text, of which there is nothing to say, directly to plain data; nodes are only made of it when somebody asks where
 * something stands. Null: it is not plain, or there may be something to say. Then `toRaw` reads it, which does the same for any text.
 */
export const readPlainValues = (source: Source, env: Variables): Raw | null => {
  if (findHiddenCharacters(source.text).length > 0) return null;
  const filling: Filling = { env, addresses: [], secrets: [] };
  const value = readPlainDocument(source.text, createBuilder(source.text, filling));
  if (value === null) return null;
  const { addresses, secrets } = filling;
  return { value: value as RawValue, findings: [], isCut: false, addresses, secrets, nodes: toNodesLater(source.text) };
};

type Inner = Record<string, RawValue> | RawValue[];

const createBuilder = (text: string, filling: Filling): PlainBuilder<Inner> => {
  const add: PlainBuilder<Inner>['add'] = (outer, { key, value }, path) => {
    if (value === null || (key !== null && isInTheWay(outer, key))) return false;
    path.push(key ?? (outer as RawValue[]).length);
    const made = toValue({ text, filling, path }, value);
    path.pop();
    if (made === undefined) return false;
    put(outer, key, made);
    return true;
  };
  return {
    open: (isList) => (isList ? [] : bareMap()),
    add,
    nest: (outer, { name }, inner) => {
      if (isInTheWay(outer, name)) return false;
      put(outer, name, inner);
      return true;
    },
    close: () => undefined,
  };
};

const put = (outer: Inner, key: string | null, value: RawValue): void => {
  if (key === null) (outer as RawValue[]).push(value);
  else (outer as Record<string, RawValue>)[key] = value;
};

/** Given twice, or one of those that are left out in most places. */
const isInTheWay = (outer: Inner, key: string): boolean => Object.hasOwn(outer, key) || key.startsWith('x-');

type Spot = { readonly text: string; readonly filling: Filling; readonly path: (string | number)[] };

/** Undefined: there is something to say about it. */
const toValue = (spot: Spot, value: PlainValue): RawValue => {
  if (value.kind === 'list') return toList(spot, value);
  return value.kind === 'map' ? toMap(spot, value) : toScalar(spot, value);
};

const toList = (spot: Spot, value: PlainValue): RawValue => {
  const words = readFlowList(value);
  if (words === null) return undefined;
  const list: RawValue[] = [];
  for (const word of words) {
    spot.path.push(list.length);
    const item = toScalar(spot, word);
    spot.path.pop();
    if (item === undefined) return undefined;
    list.push(item);
  }
  return list;
};

const toMap = (spot: Spot, value: PlainValue): RawValue => {
  const pairs = readFlowMap(value);
  if (pairs === null) return undefined;
  const map = bareMap();
  for (const { key, value: word } of pairs) {
    if (isInTheWay(map, key.source)) return undefined;
    spot.path.push(key.source);
    const item = toScalar(spot, word);
    spot.path.pop();
    if (item === undefined) return undefined;
    map[key.source] = item;
  }
  return map;
};

const toScalar = ({ text, filling, path }: Spot, { kind, source, start, end, comment }: PlainValue): RawValue => {
  if (comment !== undefined && kind === 'plain' && isSwallowing(comment, path)) return undefined;
  const value = kind === 'plain' ? plainValueOf(source) : source;
  if (typeof value === 'string') {
    return value.includes('$') ? fillIn(filling, { value, path, source: text.slice(start, end), offset: start }).value : value;
  }
  if (value === null) return null;
  if (isTextSpot(path)) return source;
  if (typeof value === 'number') return isOctalLike(source) ? undefined : value;
  return typeof value === 'boolean' ? value : source;
};

const toNodesLater = (text: string): Nodes => {
  let made: Nodes | null = null;
  const nodes = (): Nodes => (made ??= toNodes(parsePlainDocument(text)));
  return {
    resolve: (node) => nodes().resolve(node),
    locate: (path, atKey) => nodes().locate(path, atKey),
    has: (path) => nodes().has(path),
  };
};
