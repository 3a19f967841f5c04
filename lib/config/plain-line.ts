/** One line of plain YAML on its own: `key: value`, `key:`, `- value`, or a comment. See plain-document.ts. */
export type PlainLine = {
  indent: number;
  /** Of what follows the indent. */
  offset: number;
  isItem: boolean;
  key: string | null;
  /** Null: it begins on a line below, or this is a comment. */
  value: PlainValue | null;
};

/** What is written in quotes, in brackets, in braces, or without any of them. */
export type PlainValue = {
  kind: 'plain' | 'single' | 'double' | 'list' | 'map';
  /** Without the quotes; with the brackets and braces. */
  source: string;
  /** Where it stands, with its quotes. */
  start: number;
  end: number;
  /** Behind the `#` that follows it. */
  comment: string | undefined;
};

/** For `readPlainLine`, which fills in one and the same: a large stack has tens of thousands of lines. */
export const createPlainLine = (): PlainLine => ({ indent: 0, offset: 0, isItem: false, key: null, value: null });

const space = 0x20;
const hash = 0x23;
const dash = 0x2d;
const colon = 0x3a;

/** Longer ones are none of ours. */
const longestKey = 100;

/** `end` is where the line break stands. False: not one of the plain ones. Nothing but its indent is told of a blank line. */
export const readPlainLine = (line: PlainLine, text: string, start: number, end: number): boolean => {
  const offset = skipBlanks(text, start, end);
  line.indent = offset - start;
  line.offset = offset;
  line.isItem = text.charCodeAt(offset) === dash && text.charCodeAt(offset + 1) === space && offset + 1 < end;
  line.key = null;
  line.value = null;
  const begin = line.isItem ? skipBlanks(text, offset + 1, end) : offset;
  const keyEnd = findKeyEnd(text, begin, end);
  if (keyEnd < 0) {
    if (!line.isItem) return begin === end || text.charCodeAt(begin) === hash;
    return begin < end && text.charCodeAt(begin) !== hash && readValue(line, text.slice(begin, end), begin);
  }
  if (line.isItem) return false;
  line.key = text.slice(begin, keyEnd);
  const from = skipBlanks(text, keyEnd + 1, end);
  return from === end || text.charCodeAt(from) === hash || readValue(line, text.slice(from, end), from);
};

/** Neither a key nor an item: a comment, unless it is blank. */
export const isBesides = ({ isItem, key }: PlainLine): boolean => key === null && !isItem;

const skipBlanks = (text: string, from: number, end: number): number => {
  let at = from;
  while (at < end && text.charCodeAt(at) === space) at += 1;
  return at;
};

/** Where the colon of a plain key stands that begins at `start`; -1: there is none. */
const findKeyEnd = (text: string, start: number, end: number): number => {
  const last = Math.min(end, start + longestKey);
  let at = start;
  while (at < last && isKeyCode(text.charCodeAt(at), at === start)) at += 1;
  if (at === start || at >= end || text.charCodeAt(at) !== colon) return -1;
  return at + 1 === end || text.charCodeAt(at + 1) === space ? at : -1;
};

/** Letters, digits and `_`; behind the first also `.` and `-`. */
const isKeyCode = (code: number, isFirst: boolean): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x5f ||
  (!isFirst && (code === 0x2d || code === 0x2e));

/** `rest` is what follows the key or the dash, up to the end of the line, and no comment. */
const readValue = (line: PlainLine, rest: string, start: number): boolean => {
  const body = endOfBody(rest);
  const end = withoutBlanksBefore(rest, body);
  const tail = skipBlanks(rest, body, rest.length);
  if (tail < rest.length && (tail === body || rest.charCodeAt(tail) !== hash)) return false;
  const comment = tail < rest.length ? rest.slice(tail + 1) : undefined;
  const word = end === rest.length ? rest : rest.slice(0, end);
  line.value = toValue(word, start, comment);
  return line.value !== null;
};

/** By hand: the expression `/ +$/` takes quadratic time for blanks in the middle. */
const withoutBlanksBefore = (text: string, from: number): number => {
  let end = from;
  while (end > 0 && text.charCodeAt(end - 1) === space) end -= 1;
  return end;
};

/** Where a comment could begin. */
const endOfBody = (rest: string): number => {
  const first = rest.charCodeAt(0);
  if (first === 0x22 || first === 0x27) return rest.indexOf(rest.charAt(0), 1) + 1;
  const mark = rest.indexOf(' #');
  return mark < 0 ? rest.length : mark;
};

const flowMap = /^\{ *\}$|^\{ *[\w.-]+: +[^ ,[\]{}]+(?: *, *[\w.-]+: +[^ ,[\]{}]+)* *\}$/;

const toValue = (word: string, start: number, comment: string | undefined): PlainValue | null => {
  const end = start + word.length;
  switch (word.charAt(0)) {
    case '[':
      return word.endsWith(']') ? { kind: 'list', source: word, start, end, comment } : null;
    case '{':
      return flowMap.test(word) ? { kind: 'map', source: word, start, end, comment } : null;
    default:
      return toScalar(word, start, comment);
  }
};

const isPlainStart = /^[A-Za-z0-9_./$]/;

const toScalar = (word: string, start: number, comment: string | undefined): PlainValue | null => {
  const end = start + word.length;
  const quote = word.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const isPlain = isPlainStart.test(word) && !word.endsWith(':') && !word.includes(': ');
    return isPlain ? { kind: 'plain', source: word, start, end, comment } : null;
  }
  const source = word.slice(1, -1);
  if (word.length < 2 || !word.endsWith(quote) || source.includes(quote) || source.includes('\\')) return null;
  return { kind: quote === '"' ? 'double' : 'single', source, start, end, comment };
};

/** More characters have a meaning inside brackets than outside. */
const beyondFlow = /[:{}#]/;

/** `word` stands inside brackets. Null: it is not plain. */
const toFlowWord = (word: string, start: number): PlainValue | null =>
  word.charAt(0) !== '"' && word.charAt(0) !== "'" && beyondFlow.test(word) ? null : toScalar(word, start, undefined);

/** The words of `[a, "b c"]`, of which those without quotes have no blanks. Null: it is not plain. */
export const readFlowList = ({ source, start }: PlainValue): PlainValue[] | null => {
  const items: PlainValue[] = [];
  const last = source.length - 1;
  for (let at = skipBlanks(source, 1, last); at < last || items.length > 0; ) {
    const end = endOfWord(source, at);
    const item = end <= at || end > last ? null : toFlowWord(source.slice(at, end), start + at);
    if (item === null) return null;
    items.push(item);
    const next = skipBlanks(source, end, last);
    if (next === last) return items;
    if (source.charAt(next) !== ',') return null;
    at = skipBlanks(source, next + 1, last);
  }
  return items;
};

/** Behind the word of a list that begins there. */
const endOfWord = (source: string, at: number): number => {
  const first = source.charAt(at);
  if (first === '"' || first === "'") return source.indexOf(first, at + 1) + 1;
  let end = at;
  while (end < source.length && !' ,[]'.includes(source.charAt(end))) end += 1;
  return end;
};

export type FlowPair = { readonly key: PlainValue; readonly value: PlainValue };

/** The pairs of `{a: b, c: d}`. Null: one is not plain. */
export const readFlowMap = ({ source, start }: PlainValue): FlowPair[] | null => {
  const pairs: FlowPair[] = [];
  for (const { 0: pair, 1: name = '', 2: word = '', index } of source.matchAll(/([\w.-]+): +([^ ,}]+)/g)) {
    const key = toFlowWord(name, start + index);
    const value = toFlowWord(word, start + index + pair.length - word.length);
    if (key === null || value === null) return null;
    pairs.push({ key, value });
  }
  return pairs;
};
