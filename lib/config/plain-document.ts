import { Pair, type ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import { type PlainLine, readPlainLine } from './plain-line.ts';

/** A map or list that further lines may add to. */
type Open = {
  readonly indent: number;
  readonly offset: number;
  readonly isList: boolean;
  readonly node: YAMLMap | YAMLSeq;
  /** The pair whose value begins on a line below. */
  pending: Pair | null;
  /** Where the line after the last value begins: the package, too, counts the line break to a map or list. */
  end: number;
};

/** Outermost first; and the indent of the deepest comment on a line of its own since the last value, -1 without one. */
type Reading = { readonly open: Open[]; deepestComment: number };

/** Far below what the steps after this one can bear; what is deeper is judged elsewhere. */
const mostOpen = 32;

/**
 * What is never plain, so that a long text is not read in vain up to where it stands: tabs and carriage returns, which have
 * rules of their own, and values that begin as an anchor, an alias, a tag, a block of text or with an escape in it.
 */
const beyondPlain = /[\t\r]|[:-] +(?:[&*!|>]|"[^"\n]*\\)/;

/**
 * Block maps, lists and values on one line, without tags, anchors, escapes: large stacks are generated, and need no more. The
 * package, which reads all of YAML, takes 165 ms for a thousand services, half of what `check` may cost; this takes 30. It
 * gives the nodes that the package would give, with the same values and places, or null for whatever it is not sure of,
 * mistakes above all: then the package reads the whole text. Comments that no later step looks at are left out.
 */
export const parsePlainDocument = (text: string): ParsedNode | null => {
  if (beyondPlain.test(text)) return null;
  const reading: Reading = { open: [], deepestComment: -1 };
  for (let start = 0; start < text.length; ) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const line = readPlainLine(text, start, end);
    start = Math.min(end + 1, text.length);
    if (line === 'blank') continue;
    if (line === null || !addLine(reading, line, start)) return null;
  }
  const root = reading.open[0];
  if (root === undefined || !close(reading, (inner) => inner !== root) || root.pending !== null) return null;
  root.node.range = [root.offset, root.end, root.end];
  return root.node as ParsedNode;
};

/** Puts a line where its indent says. False: it fits nowhere, goes on with the line above, or leaves a key without a value. */
const addLine = (reading: Reading, line: PlainLine, next: number): boolean => {
  if (line.key === null && !line.isItem) return addComment(reading, line);
  const { indent, key, isItem } = line;
  // A list may stand at the indent of its own key; the next key at that indent ends it.
  const isDone = (inner: Open): boolean => inner.indent > indent || (!isItem && inner.indent === indent && inner.isList);
  if (!close(reading, isDone)) return false;
  reading.deepestComment = -1;
  const top = enter(reading, line);
  if (top === null) return false;
  top.end = next;
  const pair = key === null ? null : new Pair(key, line.value);
  const items: unknown[] = top.node.items;
  items.push(pair ?? line.value);
  if (line.value === null) top.pending = pair;
  return true;
};

/** The package counts a comment that is indented below a whole value to that value. */
const addComment = (reading: Reading, { indent }: PlainLine): boolean => {
  const top = reading.open.at(-1);
  if (top !== undefined && top.pending === null && indent > top.indent) return false;
  reading.deepestComment = Math.max(reading.deepestComment, indent);
  return true;
};

/** The map or list that the line adds to: the innermost, or a new one that is the value of its last key. */
const enter = ({ open }: Reading, { indent, offset, isItem }: PlainLine): Open | null => {
  const top = open.at(-1);
  const isSame = top !== undefined && top.pending === null && top.indent === indent && top.isList === isItem;
  if (isSame) return top;
  if (top === undefined ? indent > 0 || isItem : top.pending === null || open.length >= mostOpen) return null;
  if (top !== undefined && indent <= top.indent && !(isItem && indent === top.indent)) return null;
  const inner: Open = {
    indent,
    offset,
    isList: isItem,
    node: isItem ? new YAMLSeq() : new YAMLMap(),
    pending: null,
    end: offset,
  };
  if (top !== undefined && top.pending !== null) {
    top.pending.value = inner.node;
    top.pending = null;
  }
  open.push(inner);
  return inner;
};

/** Ends the innermost maps and lists that are done. False: one lacks a value, or the package would count a comment to it. */
const close = ({ open, deepestComment }: Reading, isDone: (inner: Open) => boolean): boolean => {
  for (let inner = open.at(-1); inner !== undefined && isDone(inner); inner = open.at(-1)) {
    if (inner.pending !== null || (deepestComment >= inner.indent && inner.indent > 0)) return false;
    inner.node.range = [inner.offset, inner.end, inner.end];
    open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) outer.end = inner.end;
  }
  return true;
};
