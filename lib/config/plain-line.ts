import { isScalar, Pair, Scalar, Schema, YAMLMap, YAMLSeq } from 'yaml';

/** One line of plain YAML on its own: `key: value`, `key:`, `- value`, or a comment. See plain-document.ts. */
export type PlainLine = {
  readonly indent: number;
  /** Of what follows the indent. */
  readonly offset: number;
  readonly isItem: boolean;
  readonly key: Scalar | null;
  /** Null: it begins on a line below, or this is a comment. */
  readonly value: Scalar | YAMLSeq | YAMLMap | null;
};

const form = /^( *)(- +)?(?:([A-Za-z0-9_][\w.-]{0,99}):(?: +|$))?(.*)$/;

/** Null: not one of the plain ones. `end` is where the line break stands. */
export const readPlainLine = (text: string, start: number, end: number): PlainLine | 'blank' | null => {
  const [whole, blanks = '', dash, name, rest = ''] = form.exec(text.slice(start, end)) ?? [];
  const isItem = dash !== undefined;
  if (whole === undefined || (isItem && name !== undefined)) return null;
  const indent = blanks.length;
  const offset = start + indent;
  const isEmpty = rest === '' || rest.startsWith('#');
  const key = name === undefined ? null : readPlain(name, offset);
  if (key === null && !isItem) {
    if (rest === '') return 'blank';
    return isEmpty ? { indent, offset, isItem, key, value: null } : null;
  }
  if (isEmpty) return isItem ? null : { indent, offset, isItem, key, value: null };
  const value = readValue(rest, end - rest.length);
  return value === null ? null : { indent, offset, isItem, key, value };
};

const readValue = (rest: string, offset: number): Scalar | YAMLSeq | YAMLMap | null => {
  const body = rest.slice(0, endOfBody(rest));
  const [tail, comment] = /^ *(?: #(.*))?$/.exec(rest.slice(body.length)) ?? [];
  if (tail === undefined) return null;
  const word = withoutBlanksBehind(body);
  if (word.startsWith('[')) return readFlowList(word, offset);
  if (word.startsWith('{')) return readFlowMap(word, offset);
  const scalar = readScalar(word, offset);
  // The package takes one without text for a blank.
  if (scalar !== null && comment !== undefined) scalar.comment = comment || ' ';
  return scalar;
};

/** By hand: the expression `/ +$/` takes quadratic time for blanks in the middle. */
const withoutBlanksBehind = (text: string): string => {
  let end = text.length;
  while (text.charAt(end - 1) === ' ') end -= 1;
  return text.slice(0, end);
};

/** Where a comment could begin. */
const endOfBody = (rest: string): number => {
  const quote = rest.charAt(0);
  if (quote === '"' || quote === "'") return rest.indexOf(quote, 1) + 1;
  const hash = rest.indexOf(' #');
  return hash < 0 ? rest.length : hash;
};

const flowList = /^\[ *[^ ,[\]]+(?: *, *[^ ,[\]]+)* *\]$/;
const flowMap = /^\{ *[\w.-]+: +[^ ,[\]{}]+(?: *, *[\w.-]+: +[^ ,[\]{}]+)* *\}$/;

/** `[a, b]` of single words. */
const readFlowList = (body: string, offset: number): YAMLSeq | null => {
  if (!flowList.test(body)) return null;
  const list = new YAMLSeq();
  list.flow = true;
  list.range = [offset, offset + body.length, offset + body.length];
  for (const { 0: word, index } of body.matchAll(/[^ ,[\]]+/g)) {
    const item = readFlowWord(word, offset + index);
    if (item === null) return null;
    list.items.push(item);
  }
  return list;
};

/** `{a: b, c: d}` of single words. */
const readFlowMap = (body: string, offset: number): YAMLMap | null => {
  if (!flowMap.test(body)) return null;
  const map = new YAMLMap();
  map.flow = true;
  map.range = [offset, offset + body.length, offset + body.length];
  for (const { 0: pair, 1: name = '', 2: word = '', index } of body.matchAll(/([\w.-]+): +([^ ,}]+)/g)) {
    const key = readFlowWord(name, offset + index);
    const value = readFlowWord(word, offset + index + pair.length - word.length);
    if (key === null || value === null) return null;
    map.items.push(new Pair(key, value));
  }
  return map;
};

/** More characters have a meaning inside brackets than outside. */
const readFlowWord = (word: string, offset: number): Scalar | null => (/[:{}#]/.test(word) ? null : readScalar(word, offset));

const readScalar = (body: string, offset: number): Scalar | null => {
  const quote = body.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const isPlain = /^[A-Za-z0-9_./$]/.test(body) && !body.includes(': ') && !body.endsWith(':');
    return isPlain ? readPlain(body, offset) : null;
  }
  const source = body.slice(1, -1);
  if (body.length < 2 || !body.endsWith(quote) || source.includes(quote) || source.includes('\\')) return null;
  const scalar = place(new Scalar(source), source, offset, offset + body.length);
  scalar.type = quote === '"' ? 'QUOTE_DOUBLE' : 'QUOTE_SINGLE';
  return scalar;
};

/** How plain text begins, or what it is, where it may be anything but text. */
const mayBeSpecial = /^(?:[\d.]|true$|false$|null$)/i;

const { tags } = new Schema({ schema: 'core' });

/** Plain text is what the first of the package's own tags that knows it makes of it. */
const readPlain = (source: string, offset: number): Scalar => {
  const value = mayBeSpecial.test(source) ? resolveSpecial(source) : source;
  const scalar = place(isScalar(value) ? value : new Scalar(value), source, offset, offset + source.length);
  scalar.type = 'PLAIN';
  return scalar;
};

const resolveSpecial = (source: string): unknown => {
  for (const tag of tags) {
    if (tag.collection === undefined && tag.default === true && tag.test?.test(source) === true) {
      return tag.resolve(source, () => undefined, {});
    }
  }
  return source;
};

const place = (scalar: Scalar, source: string, start: number, end: number): Scalar => {
  scalar.range = [start, end, end];
  scalar.source = source;
  return scalar;
};
