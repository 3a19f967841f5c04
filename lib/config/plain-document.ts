import { createPlainLine, isBesides, type PlainLine, readPlainLine } from './plain-line.ts';

/**
 * What is made of a document while it is read: values, or nodes with their places. `path` is that of the map or list that
 * something is added to. False: it takes more than a plain reader.
 */
export type PlainBuilder<Inner> = {
  readonly open: (isList: boolean) => Inner;
  /** A line with a value, and in a map with its key. */
  readonly add: (outer: Inner, line: PlainLine, path: (string | number)[]) => boolean;
  /** The value of a key that begins on a line below it. */
  readonly nest: (outer: Inner, key: PendingKey, inner: Inner, path: (string | number)[]) => boolean;
  readonly close: (inner: Inner, offset: number, end: number) => void;
};

export type PendingKey = { readonly name: string; readonly offset: number };

/** A map or list that further lines may add to. */
type Open<Inner> = {
  readonly indent: number;
  readonly offset: number;
  readonly isList: boolean;
  readonly inner: Inner;
  /** The last key, where its value begins on a line below. */
  pending: PendingKey | null;
  /** Where the line after the last value begins: the package, too, counts the line break to a map or list. */
  end: number;
};

type Reading<Inner> = {
  readonly builder: PlainBuilder<Inner>;
  /** Outermost first. */
  readonly open: Open<Inner>[];
  /** Of the innermost. */
  readonly path: (string | number)[];
  /** The indent of the deepest comment on a line of its own since the last value, -1 without one. */
  deepestComment: number;
};

/** Far below what the steps after this one can bear; what is deeper is judged elsewhere. */
const mostOpen = 32;

/**
 * What is never plain, so that a long text is not read in vain up to where it stands: tabs, carriage returns and separators,
 * which have rules of their own, and values that begin as an anchor, an alias, a tag, a block of text or with an escape in it.
 */
const beyondPlain = /[\t\r\u2028\u2029]|[:-] +(?:[&*!|>]|"[^"\n]*\\)/;

/**
 * Block maps, lists and values on one line, without tags, anchors, escapes: large stacks are generated, and need no more. The
 * package, which reads all of YAML, takes 165 ms for a thousand services, more than `check` may cost in all. The builder is
 * told of what the package would find, with the same places; the answer is what it made of the whole, or null for whatever is
 * not sure, mistakes above all: then the package reads the text. Comments that no later step looks at are left out.
 */
export const readPlainDocument = <Inner>(text: string, builder: PlainBuilder<Inner>): Inner | null => {
  if (beyondPlain.test(text)) return null;
  const reading: Reading<Inner> = { builder, open: [], path: [], deepestComment: -1 };
  const line = createPlainLine();
  for (let start = 0; start < text.length; ) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const isPlain = readPlainLine(line, text, start, end);
    start = Math.min(end + 1, text.length);
    if (!isPlain) return null;
    if (!isBesides(line)) {
      if (!addLine(reading, line, start)) return null;
    } else if (line.offset < end && !addComment(reading, line.indent)) return null;
  }
  const root = reading.open[0];
  if (root === undefined || !closeInner(reading, root) || root.pending !== null) return null;
  builder.close(root.inner, root.offset, root.end);
  return root.inner;
};

/** Puts a line where its indent says. False: it fits nowhere, goes on with the line above, or leaves a key without a value. */
const addLine = <Inner>(reading: Reading<Inner>, line: PlainLine, next: number): boolean => {
  if (!closeFor(reading, line)) return false;
  reading.deepestComment = -1;
  const top = enter(reading, line);
  if (top === null) return false;
  top.end = next;
  if (line.value !== null) return reading.builder.add(top.inner, line, reading.path);
  top.pending = line.key === null ? null : { name: line.key, offset: line.offset };
  return true;
};

/** The package counts a comment that is indented below a whole value to that value. */
const addComment = <Inner>(reading: Reading<Inner>, indent: number): boolean => {
  const top = reading.open.at(-1);
  if (top !== undefined && top.pending === null && indent > top.indent) return false;
  reading.deepestComment = Math.max(reading.deepestComment, indent);
  return true;
};

/** The map or list that the line adds to: the innermost, or a new one that is the value of its last key. */
const enter = <Inner>({ builder, open, path }: Reading<Inner>, { indent, offset, isItem }: PlainLine): Open<Inner> | null => {
  const top = open.at(-1);
  const isSame = top !== undefined && top.pending === null && top.indent === indent && top.isList === isItem;
  if (isSame) return top;
  if (top === undefined ? indent > 0 || isItem : top.pending === null || open.length >= mostOpen) return null;
  if (top !== undefined && indent <= top.indent && !(isItem && indent === top.indent)) return null;
  const inner = builder.open(isItem);
  if (top !== undefined && top.pending !== null) {
    if (!builder.nest(top.inner, top.pending, inner, path)) return null;
    path.push(top.pending.name);
    top.pending = null;
  }
  const entered: Open<Inner> = { indent, offset, isList: isItem, inner, pending: null, end: offset };
  open.push(entered);
  return entered;
};

/** Ends the innermost maps and lists that a line is not part of: a list may stand at the indent of its own key. */
const closeFor = <Inner>(reading: Reading<Inner>, { indent, isItem }: PlainLine): boolean => {
  let top = reading.open.at(-1);
  while (top !== undefined && (top.indent > indent || (!isItem && top.indent === indent && top.isList))) {
    if (!closeTop(reading, top)) return false;
    top = reading.open.at(-1);
  }
  return true;
};

/** Ends all that is in it. */
const closeInner = <Inner>(reading: Reading<Inner>, outer: Open<Inner>): boolean => {
  for (let top = reading.open.at(-1); top !== undefined && top !== outer; top = reading.open.at(-1)) {
    if (!closeTop(reading, top)) return false;
  }
  return true;
};

/** False: its last key lacks a value, or the package would count a comment to it. */
const closeTop = <Inner>({ builder, open, path, deepestComment }: Reading<Inner>, top: Open<Inner>): boolean => {
  if (top.pending !== null || (deepestComment >= top.indent && top.indent > 0)) return false;
  builder.close(top.inner, top.offset, top.end);
  open.pop();
  path.pop();
  const outer = open.at(-1);
  if (outer !== undefined) outer.end = top.end;
  return true;
};
