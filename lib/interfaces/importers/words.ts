import { splitWords } from '../../util/words.ts';

/** A part of a word: text, an address that muster fills in, or a variable, which may stand in quotes. */
type Piece = { readonly kind: 'text' | 'address' | 'variable' | 'quoted'; readonly text: string };

/** What a line is made of; null: a quote is never closed. Quotes and backslashes count, and nothing else of a shell. */
const toPieces = (line: string): readonly (readonly Piece[])[] | null => {
  const words: Piece[][] = [];
  let word: Piece[] | null = null;
  let quote = '';
  const add = (kind: Piece['kind'], text: string): void => {
    word ??= [];
    const last = word.at(-1);
    if (kind === 'text' && last?.kind === 'text') word[word.length - 1] = { kind, text: last.text + text };
    else word.push({ kind, text });
  };
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const [variable] = /^\$(?:\$|\{(?:[^{}]|\{[^{}]*\})*\})/.exec(line.slice(at)) ?? [];
    if (variable !== undefined) {
      add(variable === '$$' ? 'text' : isAddress(variable) ? 'address' : quote === '' ? 'variable' : 'quoted', variable);
      at += variable.length - 1;
    } else if (quote !== "'" && char === '\\' && at + 1 < line.length) {
      at += 1;
      const next = line.charAt(at);
      add('text', quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next);
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else add('text', char);
    } else if (char === '"' || char === "'") {
      quote = char;
      add('text', '');
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else add('text', char);
  }
  if (quote !== '') return null;
  return word === null ? words : [...words, word];
};

const isAddress = (variable: string): boolean => /^\$\{[\w.-]+\.(?:host|port|url)\}$/.test(variable);

/** A command as text, in the ways that it can be written. */
export type Split = {
  readonly words: readonly string[];
  /** The same as a line: muster fills in its variables, and splits it then, by quotes alone. */
  readonly line: string;
  /** A variable stands outside of quotes, so that only its value says how many words there are. */
  readonly isOpen: boolean;
};

/** As Compose splits a command, which is after its variables have been filled in; null: a quote is never closed. */
export const splitLine = (line: string): Split | null => {
  const pieces = toPieces(line.trim());
  if (pieces === null) return null;
  return {
    words: pieces.map((word) => word.map(({ text }) => text).join('')),
    line: pieces.map(toWordOfLine).join(' '),
    isOpen: pieces.some((word) => word.some(({ kind }) => kind === 'variable')),
  };
};

/** A quote that opens and closes makes an empty piece, which only counts where there is no other. */
const toWordOfLine = (word: readonly Piece[], index: number): string => {
  const full = word.filter(({ text }) => text !== '');
  return full.length === 0 ? "''" : full.map((piece) => toQuoted(piece, index)).join('');
};

/** Words that stay what they are, whatever their variables hold. */
export const joinWords = (words: readonly string[]): Split => ({
  words,
  line: words.map((text, index) => toQuoted({ kind: holdsVariable(text) ? 'quoted' : 'text', text }, index)).join(' '),
  isOpen: false,
});

const holdsVariable = (text: string): boolean => text.replaceAll('$$', '').includes('${');

/** In front, what has a `=` in it would be an assignment. */
const toQuoted = ({ kind, text }: Piece, index: number): string => {
  if (kind === 'address' || kind === 'variable') return text;
  if (kind === 'quoted') return /["\\`]/.test(text) ? quote(text) : `"${text}"`;
  return (index === 0 ? /^[\w@%+:,./-]+$/ : /^[\w@%+=:,./-]+$/).test(text) ? text : quote(text);
};

const quote = (text: string): string =>
  text.includes("'") && !/["\\`$]/.test(text) ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;

/** The words of a line, split by quotes and backslashes, and by nothing else of a shell; null: a quote is never closed. */
export const toWords = (line: string): readonly string[] | null => splitLine(line)?.words ?? null;

/**
 * Words as the shortest command that muster runs in the same way. What is given to a shell is its line; plain words are one line;
 * anything else is a list, which no shell looks at.
 */
export const toCommandValue = (words: readonly string[]): string | readonly string[] => {
  const [program, flag, line, ...rest] = words;
  if (
    (program === 'sh' || program === '/bin/sh') &&
    flag === '-c' &&
    line !== undefined &&
    rest.length === 0 &&
    line.trim() !== ''
  ) {
    if (!/\n\s*\S/.test(line.trim())) return line.trim();
  }
  const plain = words.join(' ');
  const filled = words.map((word) => word.replaceAll(/\$\{[^{}\s]*\}/g, 'x'));
  const isPlain = filled.every((word) => word !== '' && /^[\w@%+=:,./-]+$/.test(word));
  return isPlain && splitWords(filled.join(' ')) !== null ? plain : words;
};
