import { isFrame, toExcerpt } from '../../../domain/excerpt.ts';
import { displayWidth, stripAnsi } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { Theme } from './theme.ts';

export type OutputOptions = {
  readonly theme: Theme;
  /** Null: nobody counts columns. */
  readonly width: number | null;
  /** Lines of the excerpt, at most. */
  readonly lines: number;
  /** Of the terminal, at most. */
  readonly rows: number;
};

/** A line of output takes as many rows as this: what is decisive of an error is seldom further behind. */
const mostRows = 4;

/**
 * What a service said last, `  │ ` before each row. A line that is too long goes on in the next row, and where there is no room for
 * that, fewer lines are shown, down to a half of them. The frames of a stack trace are cut: they are many, and say little.
 */
export const renderOutput = (said: readonly string[], { theme, width, lines, rows }: OutputOptions): string[] => {
  const mark = theme.text('  │ ');
  const safe = (line: string): string => theme.text(toSafeText(line, { colours: theme.colour }));
  if (width === null) return toExcerpt(said, lines).map((line) => mark + safe(line));
  const room = Math.max(1, width - displayWidth(mark));
  const wrap = (line: string, most: number): string[] =>
    isFrame(line) ? [theme.cut(safe(line), room)] : wrapLine(safe(line), { room, most, theme });
  for (let most = mostRows; most > 1; most -= 1) {
    for (let count = lines; count >= Math.ceil(lines / 2); count -= 1) {
      const found = toExcerpt(said, count).flatMap((line) => wrap(line, most));
      if (found.length <= rows) return found.map((row) => mark + theme.cut(row, room));
    }
  }
  return toExcerpt(said, Math.min(lines, rows)).map((line) => mark + theme.cut(safe(line), room));
};

type WrapLineOptions = { readonly room: number; readonly most: number; readonly theme: Theme };

/** Between words where that wastes little, else in the middle of one; without its colours, which would run on into our own marks. */
const wrapLine = (line: string, { room, most, theme }: WrapLineOptions): string[] => {
  if (displayWidth(line) <= room) return [line];
  const rows: string[] = [];
  let rest = stripAnsi(line);
  while (rows.length < most - 1 && displayWidth(rest) > room) {
    const end = breakOf(rest, room);
    rows.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...rows, theme.cut(rest, room)];
};

/** Where a row of so many columns ends: behind the last word in it, if that leaves at most a third of it empty. */
const breakOf = (text: string, room: number): number => {
  let [end, used] = [0, 0];
  for (const character of text) {
    used += displayWidth(character);
    if (used > room && end > 0) break;
    end += character.length;
  }
  const space = text.lastIndexOf(' ', end);
  return space > (end * 2) / 3 ? space : end;
};
