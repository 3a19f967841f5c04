import { type CST, isScalar, type Pair, Parser } from 'yaml';
import { looksSecret } from '../util/secrets.ts';
import { toVisible } from './characters.ts';
import { error, type Finding } from './finding.ts';
import { endOf, keyText, offsetOf } from './nodes.ts';

/**
 * `${…}` with its braces made harmless, character for character, so that every place stays where it is. Twice, because a
 * default may hold a variable.
 */
const withoutBraces = (text: string): string => {
  const blank = (found: string): string => `$${'_'.repeat(found.length - 1)}`;
  const once = text.replace(/\$\{[^{}\n]*\}/g, blank);
  return once.replace(/\$\{[^{}\n]*\}/g, blank);
};

export type Mended = { readonly text: string; readonly findings: readonly Finding[] };

/**
 * Unquoted `${…}` inside `{…}` or `[…]`, where its brace opens a map. Everything that the parser says after the first one is
 * a consequence, so the text is read as it would be with quotes. Null: no such mistake.
 */
export const findBareVariables = (text: string): Mended | null => {
  const mended = withoutBraces(text);
  if (mended === text) return null;
  const findings: Finding[] = [];
  for (const { token } of plainInFlow([...new Parser().parse(mended)])) {
    const written = text.slice(token.offset, token.offset + token.source.length);
    if (written === token.source) continue;
    const [, key = ''] = /([\w.-]{1,100}):\s+$/.exec(text.slice(Math.max(0, token.offset - 120), token.offset)) ?? [];
    findings.push(error('yaml-syntax', token.offset, 'an unquoted "${" opens a map inside "{" or "["', toHint(key, written)));
  }
  return findings.length === 0 ? null : { text: mended, findings };
};

type Plain = { readonly token: CST.FlowScalar; readonly isValue: boolean };

/** Unquoted text inside brackets. */
const plainInFlow = (tokens: readonly CST.Token[]): Plain[] => {
  const found: Plain[] = [];
  const todo: { token: CST.Token; isFlow: boolean; isValue: boolean }[] = tokens.map((token) => ({
    token,
    isFlow: false,
    isValue: false,
  }));
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { token, isFlow, isValue } = next;
    if (token.type === 'scalar' && isFlow) found.push({ token, isValue });
    if (token.type === 'document' && token.value !== undefined) todo.push({ token: token.value, isFlow, isValue });
    if (!('items' in token)) continue;
    const isInside = isFlow || token.type === 'flow-collection';
    for (const { key, sep, value } of token.items) {
      if (key !== undefined && key !== null) todo.push({ token: key, isFlow: isInside, isValue: false });
      const hasColon = sep?.some(({ type }) => type === 'map-value-ind') ?? false;
      if (value !== undefined) todo.push({ token: value, isFlow: isInside, isValue: hasColon });
    }
  }
  return found;
};

/** The unquoted value of a key on the way to a mistake that nothing but plain words part from it. */
export const plainValueBefore = (text: string, tokens: readonly CST.Token[], at: number): CST.FlowScalar | null => {
  let value: CST.FlowScalar | null = null;
  for (const { token, isValue } of plainInFlow(tokens))
    if (isValue && token.offset < at && token.offset > (value?.offset ?? -1)) value = token;
  if (value === null) return null;
  return /^[^:{}\n]*$/.test(text.slice(value.offset + value.source.length, at)) ? value : null;
};

export type CutValue = {
  readonly finding: Finding;
  /** How many pairs after it are the rest of the value. */
  readonly rest: number;
};

/** `{command: echo a, b}`: the comma ends the value, and what follows is a key without one. Null: none follows the pair. */
export const findCutValue = (text: string, pairs: readonly Pair[], index: number): CutValue | null => {
  const { key, value } = pairs[index] ?? {};
  if (!isScalar(value) || value.type !== 'PLAIN' || typeof value.value !== 'string') return null;
  const behind = pairs.slice(index + 1);
  const next = behind.findIndex((pair) => pair.value !== null || !isScalar(pair.key));
  const rest = next < 0 ? behind.length : next;
  const last = behind[rest - 1];
  if (last === undefined) return null;
  const whole = text.slice(offsetOf(value), endOf(last.key));
  return {
    finding: error('yaml-syntax', offsetOf(value), 'a comma ends an unquoted value', toHint(keyText(key) ?? '', whole)),
    rest,
  };
};

/** Shows the value as it is to be written, unless its key is one of a secret. */
const toHint = (key: string, written: string): string => {
  if (looksSecret(key)) return 'quote the value';
  const shown = toVisible(written.trim());
  const isEasy = !shown.includes('"') && !shown.includes('\\');
  return `quote the value: ${isEasy ? `"${shown}"` : `'${shown.replaceAll("'", "''")}'`}`;
};
