import type { Finding } from './finding.ts';

/**
 * Characters that cannot be seen and that no stack file needs: controls, a byte-order mark in the middle of the text. Text
 * that reverses its own direction is looked for in names and commands only, because a label may well be in Hebrew.
 */
export const findHiddenCharacters = (text: string): Finding[] => {
  const findings: Finding[] = [];
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  for (const { 0: char, index: offset } of text.matchAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]/g)) {
    if (findings.length >= 20) break;
    const word = /^\s*([\w.-]+)/.exec(text.slice(offset + 1, offset + 80))?.[1];
    const [message, hint] =
      char === '\ufeff'
        ? [`invisible byte-order mark${word === undefined ? '' : ` before "${word}"`}`, 'delete the hidden character']
        : char === '\0'
          ? ['NUL character in the file', 'remove it']
          : [`control character ${codePoint(char)} in the file`, 'delete it, or write it as an escape in double quotes'];
    findings.push({ severity: 'error', code: 'control-character', offset, message, hint });
  }
  return findings;
};

/** Overrides and isolates of the writing direction: text that contains one may read differently than it runs. */
export const directionCharacter = (text: string): string | null => /[\u202a-\u202e\u2066-\u2069]/.exec(text)?.[0] ?? null;

/** `U+202E`. */
export const codePoint = (char: string): string => `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** Controls and everything invisible written as escapes, so that a message can show it: `a\n\x1b[31mb`. */
export const toVisible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    if (char === '\r') return '\\r';
    const code = char.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
