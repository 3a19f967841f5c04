import { lazy } from './lazy.ts';

/** Text with terminal control sequences: how to take them out, and how wide what is left is. */

// Each alternative stops at the first character that could begin another sequence, so that matching takes linear time on
// whatever a service prints. A string sequence (OSC, DCS …) without its end loses only its introducer: what follows stays visible.
const csi = '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]';
const string = '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x80-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)';
const short = '\\x1b[ -/]*[0-~]';

/** Every control sequence of a terminal, 7-bit and 8-bit, and what is left of a broken one. Source of a regular expression. */
export const controlSequence: string = `${csi}|${string}|${short}|[\\x1b\\x80-\\x9f]`;

// To build one of these takes longer than most texts need it.
const anySequence = lazy(() => new RegExp(controlSequence, 'g'));
// oxlint-disable-next-line no-control-regex -- control characters are what this file is about.
const mayHaveSequence = /[\x1b\x80-\x9f]/;

/** The text without colours, cursor moves, links, titles and all other control sequences. */
export const stripAnsi = (text: string): string => (mayHaveSequence.test(text) ? text.replace(anySequence(), '') : text);

/** Nothing in it that a terminal would not show as it is, one column each. */
export const isPrintableAscii = (text: string): boolean => /^[ -~]*$/.test(text);

/** Inclusive ranges of what takes two columns: East Asian wide and full-width characters, and emoji that are shown as such. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x23f0, 0x23f0],
  [0x23f3, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26ce, 0x26ce],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26ea],
  [0x26f2, 0x26f3],
  [0x26f5, 0x26f5],
  [0x26fa, 0x26fa],
  [0x26fd, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x274e, 0x274e],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27b0],
  [0x27bf, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2b55, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Dashes, quotes, dots; arrows, lines, blocks and other shapes: none of them is without a width, which is known without `zero`. */
const isShape = (code: number): boolean => (code >= 0x2010 && code <= 0x2027) || (code >= 0x2190 && code <= 0x2bff);

const zero = lazy(() => /^(?:\p{Mn}|\p{Me}|\p{Cf}|\p{Cc})$/u);

const isWide = (code: number): boolean => {
  let low = 0;
  let high = wide.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = wide[middle] ?? [0, 0];
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return true;
  }
  return false;
};

/** Columns one character takes: 0, 1 or 2. A tab takes that of the blank which stands for it where columns count. */
const widthOf = (character: string): number => {
  const code = character.codePointAt(0) ?? 0;
  if ((code >= 0x20 && code < 0x7f) || character === '\t') return 1;
  if (isWide(code)) return 2;
  if (isShape(code)) return 1;
  return zero().test(character) ? 0 : 1;
};

/** Columns that a line takes on a terminal; control sequences take none. */
export const displayWidth = (text: string): number => {
  if (isPrintableAscii(text)) return text.length;
  let width = 0;
  for (const character of stripAnsi(text)) width += widthOf(character);
  return width;
};

const sequenceOrCharacter = lazy(() => new RegExp(`${controlSequence}|[^]`, 'gu'));

/**
 * At most `width` columns of a line; what does not fit is replaced by the mark, which takes one. Colours before the cut are kept,
 * and ended. A tab becomes a blank: how far it would lead depends on where the line begins.
 */
export const truncateToWidth = (line: string, width: number, mark = '…'): string => {
  if (width <= 0) return '';
  const text = line.replaceAll('\t', ' ');
  if (displayWidth(text) <= width) return text;
  if (isPrintableAscii(text)) return text.slice(0, width - 1) + mark;
  let kept = '';
  let used = 0;
  let isColoured = false;
  for (const [piece] of text.matchAll(sequenceOrCharacter())) {
    if (mayHaveSequence.test(piece)) {
      kept += piece;
      isColoured = true;
      continue;
    }
    const next = widthOf(piece);
    if (used + next > width - 1) break;
    kept += piece;
    used += next;
  }
  return `${kept}${mark}${isColoured ? '\x1b[0m' : ''}`;
};
