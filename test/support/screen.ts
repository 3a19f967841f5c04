import { createTheme, type Theme } from '../../lib/interfaces/cli/render/theme.ts';
import { displayWidth } from '../../lib/util/ansi.ts';

/** As much of a terminal as a painter uses: rows that wrap and scroll, a cursor, and the sequences that move and clear. */
export type Screen = {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly cut: Theme['cut'];
  readonly resize: (columns: number, rows: number) => void;
  /** Scrollback and screen, without the empty rows at the end. */
  readonly text: () => string[];
  readonly isCursorShown: () => boolean;
  /** Everything that was ever written. */
  readonly raw: () => string;
};

export const createScreen = (width: number, height: number): Screen => {
  let size = { columns: width, rows: height };
  let lines: string[] = [''];
  let row = 0;
  let column = 0;
  let isShown = true;
  let raw = '';

  const top = (): number => Math.max(0, lines.length - size.rows);
  const put = (character: string): void => {
    if (column >= size.columns) newLine();
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += displayWidth(character);
  };
  const newLine = (): void => {
    row += 1;
    column = 0;
    if (row === lines.length) lines.push('');
  };
  const control = (sequence: string): void => {
    const [, parameters = '', final = ''] = /^\x1b\[([?\d;]*)([A-Za-z])$/.exec(sequence) ?? [];
    if (final === 'A') row = Math.max(top(), row - Number(parameters || 1));
    else if (final === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (final === 'J') lines = [...lines.slice(0, row), (lines[row] ?? '').slice(0, column)];
    else if (parameters === '?25') isShown = final === 'h';
    else if (final !== 'm' && parameters !== '?2026') throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
  };

  return {
    write: (text) => {
      raw += text;
      for (const [piece] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|[^]/gu)) {
        if (piece.length > 1 && piece.startsWith('\x1b')) control(piece);
        else if (piece === '\n') newLine();
        else if (piece === '\r') column = 0;
        else put(piece);
      }
    },
    columns: () => size.columns,
    rows: () => size.rows,
    cut: createTheme({ colour: true, unicode: true }).cut,
    resize: (columns, rows) => {
      // As terminals do: rows that no longer fit are wrapped, the cursor stays with its row.
      const before = lines.slice(0, row).reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
      lines = lines.flatMap((line) => (line === '' ? [''] : (line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [])));
      row = before;
      size = { columns, rows };
    },
    text: () => {
      const shown = lines.map((line) => line.trimEnd());
      while (shown.at(-1) === '') shown.pop();
      return shown;
    },
    isCursorShown: () => isShown,
    raw: () => raw,
  };
};
