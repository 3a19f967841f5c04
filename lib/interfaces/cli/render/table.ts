import { displayWidth } from '../../../util/ansi.ts';
import type { Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

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

/** The same with the first `count` of its columns, from behind where it is below 0. */
export const renderColumns = (
  count: number,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  theme: Theme,
): string[] =>
  renderTable(
    columns.slice(0, count),
    rows.map((row) => row.slice(0, count)),
    theme,
  );

/**
 * The same in a terminal that may be too narrow for it: what a line has no room for is below it, by the titles of its columns.
 * `width`: null: nobody counts columns.
 */
export const renderFolded = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { theme, width }: { readonly theme: Theme; readonly width: number | null },
): string[] => {
  const lines = renderTable(columns, rows, theme);
  if (width === null || lines.every((line) => displayWidth(line) <= width)) return lines;
  const { count, short } = cutColumns(columns, rows, { theme, width });
  const rest = columns.slice(count);
  return lines.flatMap((line, at) => {
    if (displayWidth(line) <= width) return [line];
    const cells = rows[at - 1]?.slice(count) ?? [];
    const told = cells.flatMap((cell, index) =>
      cell === '' ? [] : [`${rest[index]?.title.toLowerCase() ?? ''} ${cell}`.trim()],
    );
    const below =
      told.length === 0 ? [] : wrapText(told.join(', '), { width: Math.max(1, width - indent.length), most: 4, cut: theme.cut });
    return [short[at] ?? '', ...below.map((part) => indent + part)];
  });
};

const indent = '   ';

/** As many of the columns as there is room for, at least one. */
const cutColumns = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { theme, width }: { readonly theme: Theme; readonly width: number },
): { readonly count: number; readonly short: readonly string[] } => {
  for (let count = columns.length - 1; ; count -= 1) {
    const short = renderColumns(count, columns, rows, theme);
    if (count <= 1 || short.every((line) => displayWidth(line) <= width)) return { count, short };
  }
};

/** To a width in columns of the terminal; control sequences take none. */
export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));

export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
