import { displayWidth, truncateToWidth } from '../../../util/ansi.ts';

export type WrapOptions = {
  /** Null: one line, however long. */
  readonly width: number | null;
  /** Lines at most; the last one is cut where there is more. */
  readonly most: number;
};

/** Breaks between words; a word longer than a line is cut. */
export const wrapText = (text: string, { width, most }: WrapOptions): string[] => {
  if (width === null) return [text];
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    const longer = last === '' ? word : `${last} ${word}`;
    if (last === '' || lines.length === most || displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => truncateToWidth(line, width));
};
