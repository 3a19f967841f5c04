import { Composer, type CST, type Document, Lexer, type ParsedNode, Parser } from 'yaml';
import { findHiddenCharacters } from './characters.ts';
import { type Finding, mostFindings } from './finding.ts';
import { findBareVariables } from './flow-syntax.ts';
import { parsePlainDocument } from './plain-nodes.ts';
import { toSyntaxFindings } from './syntax.ts';

/** Far above any real stack, far below what the recursive steps after this one can bear. */
export const depthLimit = 64;

/** All that the steps after this one take from a document. */
export type Contents = Pick<Document<ParsedNode>, 'contents'>;

type Composed = Pick<Document<ParsedNode>, 'contents' | 'errors'>;

export type Parsed = { readonly document: Contents | null; readonly findings: readonly Finding[] };

/** Text to one YAML 1.2 document with positions. Null where the text cannot be trusted to mean what its author thinks. */
export const parseSource = (text: string): Parsed => {
  const hidden = findHiddenCharacters(text);
  if (hidden.length > 0) return { document: null, findings: hidden };
  const plain = parsePlainDocument(text);
  if (plain !== null) return { document: { contents: plain }, findings: [] };
  const deep = findDeepNesting(text);
  if (deep !== null) return { document: null, findings: [tooDeep(deep)] };
  const tokens = [...new Parser().parse(text)];
  const deeper = findDeepToken(tokens);
  if (deeper !== null) return { document: null, findings: [tooDeep(deeper)] };
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    const message = `"${directive.source.trim()}" is not supported`;
    const hint = 'remove the line; the file is read as YAML 1.2';
    return { document: null, findings: [{ severity: 'error', code: 'yaml-syntax', offset: directive.offset, message, hint }] };
  }
  const documents = compose(text, tokens);
  const findings = findSyntaxMistakes(text, tokens, documents);
  const second = tokens.filter((token) => token.type === 'document')[1];
  if (second !== undefined && findings.length === 0) {
    const message = 'second YAML document starts here';
    findings.push({
      severity: 'error',
      code: 'yaml-multiple-documents',
      offset: second.offset,
      message,
      hint: 'keep one document per file; "include" reads more files',
    });
  }
  const [document] = documents;
  return { document: findings.length > 0 || document === undefined ? null : document, findings };
};

const compose = (text: string, tokens: readonly CST.Token[]): Composed[] => [
  ...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(tokens, true, text.length),
];

const findSyntaxMistakes = (text: string, tokens: readonly CST.Token[], documents: readonly Composed[]): Finding[] => {
  const errors = documents.flatMap((document) => document.errors);
  const mended = errors.some(({ pos }) => text.startsWith('${', pos[0] - 1)) ? findBareVariables(text) : null;
  if (mended === null) return toSyntaxFindings(text, errors, tokens);
  const others = [...new Parser().parse(mended.text)];
  const left = compose(mended.text, others).flatMap((document) => document.errors);
  return [...mended.findings, ...toSyntaxFindings(text, left, others)].slice(0, mostFindings);
};

const tooDeep = (offset: number): Finding => ({
  severity: 'error',
  code: 'yaml-too-deep',
  offset,
  message: `nesting is deeper than ${depthLimit} levels`,
  hint: 'write it flatter',
});

/**
 * Brackets or dashes nested so deeply that parsing them would itself be the attack. A count that knows nothing of quotes
 * decides whether to look; the lexer, which does, then stops at the first token that is too deep.
 */
const findDeepNesting = (text: string): number | null => {
  if (!mayBeDeep(text)) return null;
  let offset = 0;
  let flow = 0;
  let indicators = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flow += 1;
    else if (lexeme === ']' || lexeme === '}') flow = Math.max(0, flow - 1);
    else if (lexeme === '-' || lexeme === '?') indicators += 1;
    else if (lexeme === '\n' || lexeme === '\r\n') indicators = 0;
    if (flow > depthLimit || indicators > depthLimit) return offset;
    // The lexer marks documents and plain scalars by control characters that are not in the text.
    if (!/^[\x02\x18\x1f]$/.test(lexeme)) offset += lexeme.length;
  }
  return null;
};

const mayBeDeep = (text: string): boolean => {
  let flow = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) flow += 1;
    else if (char === 0x5d || char === 0x7d) flow = Math.max(0, flow - 1);
    if (flow > depthLimit) return true;
  }
  return /^[ ]*([-?][ ]+){60}/m.test(text);
};

/** Nesting by indentation, on the tokens, without recursion. */
const findDeepToken = (tokens: readonly CST.Token[]): number | null => {
  const todo: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { token, depth } = next;
    if (depth > depthLimit) return token.offset;
    if (token.type === 'document' && token.value !== undefined) todo.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) todo.push({ token: key, depth: depth + 1 });
      if (value !== undefined) todo.push({ token: value, depth: depth + 1 });
    }
  }
  return null;
};
