/** The whole terminal, as a second screen that is left as if nothing had been. */
export type Screen = {
  /** Only lines that differ from those that are shown are written. */
  readonly paint: (lines: readonly string[]) => void;
  /** Somebody else has written to it, or it has another size. */
  readonly forget: () => void;
  /** Gives the terminal back for a while; the next `paint` takes it again. */
  readonly leave: () => void;
};

const enter = '\x1b[?1049h\x1b[?25l\x1b[2J';
const exit = '\x1b[?25h\x1b[?1049l';
// Terminals that do not know synchronised output ignore it.
const beginFrame = '\x1b[?2026h';
const endFrame = '\x1b[?2026l';

export const createScreen = (write: (text: string) => void): Screen => {
  let shown: readonly string[] = [];
  let isThere = false;
  return {
    paint: (lines) => {
      const changes = lines
        .map((line, index) => (line === shown[index] ? '' : `\x1b[${index + 1};1H${line}\x1b[0m\x1b[K`))
        .join('');
      const rest = lines.length < shown.length ? `\x1b[${lines.length + 1};1H\x1b[J` : '';
      if (isThere && changes === '' && rest === '') return;
      write((isThere ? '' : enter) + beginFrame + changes + rest + endFrame);
      isThere = true;
      shown = lines;
    },
    forget: () => {
      shown = [];
      if (isThere) write('\x1b[2J');
    },
    leave: () => {
      if (isThere) write(exit);
      isThere = false;
      shown = [];
    },
  };
};
