import type { CST, YAMLParseError } from 'yaml';
import { toVisible } from './characters.ts';
import type { Finding } from './finding.ts';
import { plainValueBefore } from './flow-syntax.ts';
import { lineAbove, lineAt } from './lines.ts';
import { hintAtTab } from './tabs.ts';

/** One mistake of syntax often makes the parser stumble again and again; nobody reads more than this many. */
const shown = 20;

/** What the YAML parser says, in words about what was written. The first mistake of each line is the one that counts. */
export const toSyntaxFindings = (text: string, errors: readonly YAMLParseError[], tokens: readonly CST.Token[]): Finding[] => {
  const byLine = new Map<number, Finding>();
  // Of two mistakes at one place, that of a key over several lines says more than that of the nesting it leads to.
  const order = (error: YAMLParseError): number => error.pos[0] - (error.code === 'MULTILINE_IMPLICIT_KEY' ? 0.5 : 0);
  for (const error of [...errors].sort((a, b) => order(a) - order(b)).slice(0, 10 * shown)) {
    if (byLine.size > 0 && isConsequence(error)) continue;
    const finding = toFinding(text, error, tokens);
    const line = text.lastIndexOf('\n', finding.offset - 1);
    // Measured by a line that is itself at the wrong place.
    if (finding.message.startsWith('indent of ') && byLine.has((lineAbove(text, line + 1)?.start ?? 0) - 1)) continue;
    if (!byLine.has(line)) byLine.set(line, finding);
    if (byLine.size >= shown) break;
  }
  return [...byLine.values()];
};

/** The parser has left the document at an earlier mistake, and finds fault with whatever follows. */
const isConsequence = ({ message }: YAMLParseError): boolean => message.includes(' token in YAML stream');

type Words = { readonly offset?: number; readonly message: string; readonly hint: string | null; readonly tab?: true };

const toFinding = (text: string, error: YAMLParseError, tokens: readonly CST.Token[]): Finding => {
  const { offset, message, hint, tab } = describe(text, error, tokens);
  return {
    severity: 'error',
    code: tab === true ? 'yaml-tab' : 'yaml-syntax',
    offset: Math.min(offset ?? error.pos[0], text.length),
    message,
    hint,
  };
};

const describe = (text: string, error: YAMLParseError, tokens: readonly CST.Token[]): Words => {
  const [from, to] = error.pos;
  const char = text.charAt(from);
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'tab used for indentation', hint: hintAtTab(text, from), tab: true };
    case 'BAD_INDENT':
      return unclosed(text, tokens, from) ?? badIndent(text, from);
    case 'MISSING_CHAR':
      return unclosed(text, tokens, from) ?? cutByComma(text, tokens, from) ?? noColon(text, from) ?? plain(error);
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return badKey(text, from, to);
    case 'BAD_SCALAR_START':
      return { message: `a value cannot start with ${char === '`' ? 'a backtick' : `"${char}"`}`, hint: 'quote it' };
    case 'BAD_DQ_ESCAPE':
      return {
        message: `"${text.slice(from, to)}" is not an escape`,
        hint: `write "\\${text.slice(from, to)}", or use single quotes`,
      };
    case 'UNEXPECTED_TOKEN':
      return unexpected({ text, tokens, from }, error);
    default:
      return plain(error);
  }
};

const plain = (error: YAMLParseError): Words => {
  const message = error.message.split('\n')[0] ?? '';
  return { message: toVisible(message.charAt(0).toLowerCase() + message.slice(1)), hint: null };
};

/** `{command: echo a, "b" c}`. */
const cutByComma = (text: string, tokens: readonly CST.Token[], from: number): Words | null => {
  const value = plainValueBefore(text, tokens, from);
  if (
    value === null ||
    !text
      .slice(value.offset + value.source.length, from)
      .trimStart()
      .startsWith(',')
  )
    return null;
  const message = 'a comma ends an unquoted value, and what follows is no key';
  return { offset: value.offset, message, hint: 'quote the value, or add ":" behind the key' };
};

/** `depends_on [db]`. */
const noColon = (text: string, from: number): Words | null => {
  const line = lineAt(text, from);
  const [, key, value = ''] = /^([A-Za-z_][\w-]*)(?:\s+([^:#]*))?$/.exec(line.text.trim()) ?? [];
  if (key === undefined) return null;
  const whole = `${key}: ${value}`.trimEnd();
  return {
    offset: line.start + line.indent,
    message: `a colon is missing after "${key}"`,
    hint: `write "${toVisible(whole)}"`,
  };
};

type At = { readonly text: string; readonly tokens: readonly CST.Token[]; readonly from: number };

const unexpected = ({ text, tokens, from }: At, error: YAMLParseError): Words => {
  const char = text.charAt(from);
  if (char === '{' || char === '[') {
    const value = plainValueBefore(text, tokens, from);
    if (value !== null)
      return { offset: value.offset, message: `"${char}" inside a value without quotes`, hint: 'quote the value' };
  }
  if (char === ']' || char === '}') return { message: `"${char}" closes nothing`, hint: 'remove it' };
  const before = text.slice(0, from).trimEnd().at(-1);
  if (before === '"' || before === "'")
    return {
      message: 'text after the closing quote',
      hint: `quote the whole value, and write a ${before} inside it twice or use the other quote`,
    };
  const line = lineAt(text, from);
  if (/^\s*[\w-]+:\s/.test(line.text))
    return {
      offset: line.start + line.indent,
      message: 'a key cannot follow a list at the same level',
      hint: 'indent the list, or the key',
    };
  return plain(error);
};

/** The innermost bracket or quote before `before` that has no counterpart. */
const unclosed = (text: string, tokens: readonly CST.Token[], before: number): Words | null => {
  let found: { offset: number; char: string } | null = null;
  const todo: CST.Token[] = [...tokens];
  for (let token = todo.pop(); token !== undefined; token = todo.pop()) {
    if (token.type === 'document' && token.value !== undefined) todo.push(token.value);
    const char = text.charAt(token.offset);
    const isOpen =
      token.type === 'flow-collection'
        ? !token.end.some(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end')
        : (token.type === 'double-quoted-scalar' || token.type === 'single-quoted-scalar') &&
          (token.source.length < 2 || !token.source.endsWith(char));
    if (isOpen && token.offset < before && (found === null || token.offset > found.offset))
      found = { offset: token.offset, char };
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) todo.push(key);
      if (value !== undefined) todo.push(value);
    }
  }
  if (found === null) return null;
  const close = found.char === '{' ? '}' : found.char === '[' ? ']' : found.char;
  const quoted = (mark: string): string => (mark === '"' ? "'\"'" : `"${mark}"`);
  return { offset: found.offset, message: `${quoted(found.char)} opened here is never closed`, hint: `add ${quoted(close)}` };
};

/** A line whose indent fits none above it. `from` is anywhere in the line break before it, or in the line. */
const badIndent = (text: string, from: number): Words => {
  const line = lineAt(text, text.charAt(from) === '\n' ? from + 1 : from);
  const above = lineAbove(text, line.start);
  const word = /^[^\s:]+/.exec(line.text.trim())?.[0] ?? '';
  const offset = line.start + line.indent;
  if (above === null || above.indent === line.indent)
    return { offset, message: `indent of ${line.indent} does not fit here`, hint: null };
  return {
    offset,
    message: `indent of ${line.indent} does not match ${above.indent} above`,
    hint: `indent "${word}" by ${above.indent} spaces`,
  };
};

/** A key that is none: no space after its colon, a second colon in its value, or a line that is indented too far. */
const badKey = (text: string, from: number, to: number): Words => {
  const line = lineAt(text, from);
  const rest = text.slice(from, line.end);
  const glued = toGluedKey(rest);
  if (glued !== null) return { ...glued, offset: from };
  const key = text.slice(from, Math.max(to, text.indexOf(':', from)));
  const breakAt = key.indexOf('\n');
  if (breakAt >= 0) {
    const isLevel = lineAt(text, from + breakAt + 1).indent === line.indent;
    return (isLevel ? noColon(text, from) : null) ?? badIndent(text, from + breakAt + 1);
  }
  return { message: `": " in "${toVisible(rest.trim())}" starts a second key on one line`, hint: 'quote the value' };
};

/** `command:node app.js`, which YAML reads as one piece of text. */
export const toGluedKey = (text: string): { message: string; hint: string } | null => {
  const [, key, value] = /^([A-Za-z_][\w-]*):(?!\/\/)([^\s:].*)$/.exec(text.trimEnd()) ?? [];
  if (key === undefined || value === undefined) return null;
  const word = /^\S+/.exec(`${key}:${value}`)?.[0] ?? '';
  return { message: `"${toVisible(word)}" has no space after the colon`, hint: `write "${toVisible(`${key}: ${value}`)}"` };
};
