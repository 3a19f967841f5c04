import { displayWidth } from '../../../util/ansi.ts';
import type { Theme } from './theme.ts';

export type Column = { readonly title: string; readonly align?: 'left' | 'right' };

/** Cells may be painted. Columns are two blanks apart; nothing is padded at the end of a line. */
export const renderTable = (columns: readonly Column[], rows: readonly (readonly string[])[], theme: Theme): string[] => {
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[index] ?? ''))),
  );
  const toLine = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => (align === 'right' ? padStart : padEnd)(cells[index] ?? '', widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [theme.paint('dim', toLine(columns.map(({ title }) => title))), ...rows.map(toLine)];
};

/** To a width in columns of the terminal; control sequences take none. */
export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));

export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
