import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Path } from '../domain/issue.ts';

/** The nodes of one YAML document: what an alias means, and where a path of the plain data stands in the text. */
export type Nodes = {
  readonly resolve: (node: unknown) => Node | null;
  readonly locate: (path: Path, atKey?: boolean) => Place;
  /** True when every step of the path is written somewhere. */
  readonly has: (path: Path) => boolean;
};

type Child = { readonly key: Node | null; readonly value: unknown };

/** The range of one value, or key, in the text. */
export type Place = { readonly offset: number; readonly end: number; readonly node: Node | null };

export const toNodes = (contents: Node | null): Nodes => {
  // Most files have none, and then the walk through all nodes is saved.
  let anchors: ReturnType<typeof collectAnchors> | null = null;

  /** What a node stands for: itself, or for an alias the last anchor of that name before it. Null: there is none. */
  const resolve = (node: unknown): Node | null => {
    if (!isAlias(node)) return isNode(node) ? node : null;
    const start = offsetOf(node);
    anchors ??= collectAnchors(contents);
    const found = anchors.get(node.source)?.findLast((anchored) => offsetOf(anchored) <= start);
    return found ?? null;
  };

  const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const pairsOf = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    let known = pairs.get(map);
    if (known === undefined) {
      known = new Map(map.items.map((pair) => [keyText(pair.key) ?? '', pair]));
      pairs.set(map, known);
    }
    return known;
  };

  const findPair = (map: YAMLMap, key: string, depth: number): Pair | null => {
    const own = pairsOf(map).get(key);
    if (own !== undefined) return own;
    const merged = resolve(pairsOf(map).get('<<')?.value);
    if (merged === null || depth > 20) return null;
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const target = resolve(source);
      const found = isMap(target) ? findPair(target, key, depth + 1) : null;
      if (found !== null) return found;
    }
    return null;
  };

  const placeOf = (node: Node | null): Place => ({ offset: offsetOf(node), end: endOf(node), node });

  /** Where the last step that is written stands: its value, or its key where that is asked for, or where the next is missing. */
  const locate = (path: Path, atKey = false): Place => {
    let node = resolve(contents);
    let key: Node | null = null;
    let place = placeOf(node);
    for (const step of path) {
      const child: Child | null = toChild(node, step);
      if (child === null) return key === null ? place : placeOf(key);
      key = child.key;
      node = resolve(child.value);
      // A value of another place, or none at all, is told of where it is named.
      place = placeOf(node ?? key);
    }
    return atKey && key !== null ? placeOf(key) : place;
  };

  const toChild = (node: Node | null, step: string | number): Child | null => {
    if (isSeq(node)) {
      const index = itemIndex(node, step);
      return index < 0 ? null : { key: null, value: node.items[index] };
    }
    const pair = isMap(node) ? findPair(node, String(step), 0) : null;
    return pair === null ? null : { key: isNode(pair.key) ? pair.key : null, value: pair.value };
  };

  const has = (path: Path): boolean => {
    let node = resolve(contents);
    for (const step of path) {
      const child = toChild(node, step);
      if (child === null) return false;
      node = resolve(child.value);
    }
    return true;
  };

  return { resolve, locate, has };
};

/** A key as text. Plain `1`, `1.10`, `true` are what was written, not what YAML reads into it. Null for lists and maps. */
export const keyText = (key: unknown): string | null => {
  if (!isScalar(key)) return key === null ? '' : null;
  if (typeof key.value === 'string') return key.value;
  return key.source ?? '';
};

/** `env` may be a list of `NAME=value`, whose steps are names all the same. */
const itemIndex = (list: YAMLSeq, step: string | number): number => {
  if (typeof step === 'number' || /^\d+$/.test(step)) return Number(step) < list.items.length ? Number(step) : -1;
  return list.items.findIndex((item) => isScalar(item) && typeof item.value === 'string' && item.value.startsWith(`${step}=`));
};

export const isMergeKey = (key: unknown): key is Scalar => isScalar(key) && key.type === 'PLAIN' && key.value === '<<';

export const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

export const endOf = (node: unknown): number => (isNode(node) ? (node.range?.[1] ?? 0) : 0);

const isNode = (value: unknown): value is Node => isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);

const collectAnchors = (contents: Node | null): ReadonlyMap<string, Node[]> => {
  const anchors = new Map<string, Node[]>();
  const todo: unknown[] = [contents];
  for (let node = todo.pop(); todo.length > 0 || node !== undefined; node = todo.pop()) {
    if (!isNode(node)) continue;
    if ('anchor' in node && node.anchor !== undefined) {
      const known = anchors.get(node.anchor);
      if (known === undefined) anchors.set(node.anchor, [node]);
      else known.push(node);
    }
    // Pushed in reverse, so that they come back in the order of the text.
    if (isSeq(node)) for (const item of node.items.toReversed()) todo.push(item);
    else if (isMap(node)) for (const { key, value } of node.items.toReversed()) todo.push(value, key);
  }
  return anchors;
};
