import { splitWords } from '../../util/words.ts';

/** As Compose splits a command: quotes and backslashes, and nothing else of a shell. Null: a quote is never closed. */
const splitAsCompose = (line: string): readonly string[] | null => {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const variable = /^\$(?:\$|\{(?:[^{}]|\{[^{}]*\})*\})/.exec(line.slice(at));
    if (variable !== null) {
      // Whatever a variable holds, it stays in the word that it stands in.
      word = (word ?? '') + variable[0];
      at += variable[0].length - 1;
    } else if (quote !== "'" && char === '\\' && at + 1 < line.length) {
      at += 1;
      const next = line.charAt(at);
      word = (word ?? '') + (quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next);
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return null;
  return word === null ? words : [...words, word];
};

/** The text of a Compose command as muster runs it: as it is where that means the same, else its words. */
export const toWords = (line: string): readonly string[] | null => splitAsCompose(line.trim());

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
