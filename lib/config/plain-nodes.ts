import { isScalar, Pair, type ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { type PlainBuilder, readPlainDocument } from './plain-document.ts';
import { type PlainValue, readFlowList, readFlowMap } from './plain-line.ts';
import { resolvePlain } from './plain-scalars.ts';

/** The nodes that the package would give, with the same values and places; null: it has to be asked. */
export const parsePlainDocument = (text: string): ParsedNode | null => readPlainDocument(text, nodes) as ParsedNode | null;

const nodes: PlainBuilder<YAMLMap | YAMLSeq> = {
  open: (isList) => (isList ? new YAMLSeq() : new YAMLMap()),
  add: (outer, { key, offset, value }) => {
    const node = value === null ? null : toNode(value);
    if (node === null) return false;
    const items: unknown[] = outer.items;
    items.push(key === null ? node : new Pair(toKey(key, offset), node));
    return true;
  },
  nest: (outer, { name, offset }, inner) => {
    const items: unknown[] = outer.items;
    items.push(new Pair(toKey(name, offset), inner));
    return true;
  },
  close: (inner, offset, end) => {
    inner.range = [offset, end, end];
  },
};

const toKey = (name: string, offset: number): Scalar => toPlain(name, offset, offset + name.length);

const toNode = (value: PlainValue): Scalar | YAMLSeq | YAMLMap | null => {
  if (value.kind === 'list') return toFlowList(value);
  if (value.kind === 'map') return toFlowMap(value);
  const { kind, source, start, end, comment } = value;
  const scalar = kind === 'plain' ? toPlain(source, start, end) : place(new Scalar(source), source, start, end);
  if (kind !== 'plain') scalar.type = kind === 'double' ? 'QUOTE_DOUBLE' : 'QUOTE_SINGLE';
  // The package takes one without text for a blank.
  if (comment !== undefined) scalar.comment = comment || ' ';
  return scalar;
};

/** `[a, b]` of single words. */
const toFlowList = (value: PlainValue): YAMLSeq | null => {
  const words = readFlowList(value);
  if (words === null) return null;
  const list = new YAMLSeq();
  list.flow = true;
  list.range = [value.start, value.end, value.end];
  for (const word of words) list.items.push(toNode(word));
  return list;
};

/** `{a: b, c: d}` of single words. */
const toFlowMap = (value: PlainValue): YAMLMap | null => {
  const pairs = readFlowMap(value);
  if (pairs === null) return null;
  const map = new YAMLMap();
  map.flow = true;
  map.range = [value.start, value.end, value.end];
  for (const pair of pairs) map.items.push(new Pair(toNode(pair.key), toNode(pair.value)));
  return map;
};

const toPlain = (source: string, start: number, end: number): Scalar => {
  const value = resolvePlain(source);
  const scalar = place(isScalar(value) ? value : new Scalar(value), source, start, end);
  scalar.type = 'PLAIN';
  return scalar;
};

const place = (scalar: Scalar, source: string, start: number, end: number): Scalar => {
  scalar.range = [start, end, end];
  scalar.source = source;
  return scalar;
};
