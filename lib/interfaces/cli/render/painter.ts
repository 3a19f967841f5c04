import { displayWidth } from '../../../util/ansi.ts';
import type { Theme } from './theme.ts';

/** What a painter needs of a terminal; sizes are asked for at each use, because they change. */
export type Canvas = {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly cut: Theme['cut'];
};

/** A block of lines at the bottom of the terminal that is redrawn in place, with everything else scrolling by above it. */
export type Painter = {
  readonly paint: (lines: readonly string[]) => void;
  /** Lines that stay, above the block, in the terminal's own scrollback. */
  readonly log: (lines: readonly string[]) => void;
  /** Somebody else has written to the terminal: the next block is drawn anew, where the cursor is. */
  readonly forget: () => void;
  /** Takes the block away. */
  readonly clear: () => void;
  /** Leaves the block as it is, the cursor below it and visible. Nothing is painted after that. */
  readonly end: () => void;
};

// Terminals that do not know mode 2026 (synchronised output) ignore it.
const beginFrame = '\x1b[?2026h';
const endFrame = '\x1b[?2026l';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearToEndOfLine = '\x1b[K';
const clearToEndOfScreen = '\x1b[J';

export const createPainter = (canvas: Canvas): Painter => {
  let shown: readonly string[] = [];
  let shownColumns = canvas.columns();
  let isHidden = false;
  let isOver = false;

  /** To the first column of the block's first line. A terminal that became narrower has wrapped the lines it showed. */
  const toTop = (): string => {
    const columns = Math.max(1, canvas.columns());
    const height =
      columns >= shownColumns
        ? shown.length
        : shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
    const up = Math.min(height, canvas.rows() - 1);
    return up > 0 ? `\r\x1b[${up}A` : '\r';
  };

  /** Only lines that differ are written again; the cursor ends below the block. */
  const repaint = (next: readonly string[], above: string): string => {
    const columns = canvas.columns();
    const isSame = above === '' && columns === shownColumns;
    let text = toTop() + (isSame ? '' : clearToEndOfScreen) + above;
    next.forEach((line, index) => {
      const isKept = isSame && line === shown[index];
      // Clearing after a line that fills the row would take its last character on some terminals.
      text += isKept ? '\n' : `${line}${isSame && displayWidth(line) < columns ? clearToEndOfLine : ''}\n`;
    });
    if (isSame && next.length < shown.length) text += clearToEndOfScreen;
    return text;
  };

  const draw = (lines: readonly string[], above: readonly string[]): void => {
    if (isOver) return;
    const columns = canvas.columns();
    // One row stays free for the cursor: a block as high as the terminal would scroll at each frame.
    const next = lines.slice(-Math.max(1, canvas.rows() - 1)).map((line) => canvas.cut(line, columns));
    const isUnchanged =
      above.length === 0 &&
      columns === shownColumns &&
      next.length === shown.length &&
      next.every((line, at) => line === shown[at]);
    if (isUnchanged) return;
    const hide = isHidden || next.length === 0 ? '' : hideCursor;
    isHidden ||= hide !== '';
    canvas.write(beginFrame + hide + repaint(next, above.map((line) => `${line}\n`).join('')) + endFrame);
    shown = next;
    shownColumns = columns;
  };

  const show = (): void => {
    if (isHidden) canvas.write(showCursor);
    isHidden = false;
  };

  return {
    paint: (lines) => draw(lines, []),
    log: (lines) => {
      if (lines.length > 0) draw(shown, lines);
    },
    forget: () => {
      shown = [];
      isHidden = false;
    },
    clear: () => {
      draw([], []);
      show();
    },
    end: () => {
      show();
      isOver = true;
    },
  };
};
