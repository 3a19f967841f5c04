import { displayWidth } from '../../../util/ansi.ts';
import type { Theme } from './theme.ts';

export type WrapOptions = {
  /** Null: one line, however long. */
  readonly width: number | null;
  /** Lines at most; the last one is cut where there is more. */
  readonly most: number;
  readonly cut: Theme['cut'];
};

/** Breaks between words, and cuts nothing: what has a word longer than a line stays one, for the terminal to break. */
export const wrapWhole = (text: string, width: number): string[] =>
  text.split(' ').some((word) => displayWidth(word) > width)
    ? [text]
    : wrapText(text, { width, most: Number.POSITIVE_INFINITY, cut: (line) => line });

/** The same with every line but the first behind `indent`. Null: nobody counts columns. */
export const wrapHanging = (text: string, width: number | null, indent: string): string[] => {
  if (width === null || displayWidth(text) <= width) return [text];
  const [margin = ''] = /^ */.exec(text) ?? [];
  const room = Math.max(1, width - Math.max(margin.length, indent.length));
  return wrapWhole(text.trimStart(), room).map((line, at) => `${at === 0 ? margin : indent}${line}`);
};

/** Breaks between words; a word longer than a line is cut. */
export const wrapText = (text: string, { width, most, cut }: WrapOptions): string[] => {
  if (width === null) return [text];
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    const longer = last === '' ? word : `${last} ${word}`;
    if (last === '' || lines.length === most || displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => cut(line, width));
};
