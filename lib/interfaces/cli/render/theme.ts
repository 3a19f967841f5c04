import type { StateKind } from '../../../domain/state.ts';
import { truncateToWidth } from '../../../util/ansi.ts';

export type Style = 'good' | 'busy' | 'warn' | 'bad' | 'dim' | 'bold';

/** How things look on one output: colour and shapes by what it can show. Meaning never hangs on colour alone. */
export type Theme = {
  readonly colour: boolean;
  readonly unicode: boolean;
  readonly paint: (style: Style, text: string) => string;
  /** One column wide, painted. */
  readonly shape: (state: StateKind, isOptional?: boolean) => string;
  readonly styleOf: (state: StateKind, isOptional?: boolean) => Style;
  /** Arrows, dots and dashes of our own sentences, as far as the output has them. */
  readonly text: (text: string) => string;
  /** At most so many columns of a line, without tabs; what is cut off is marked. Null: nobody counts columns, it stays as it is. */
  readonly cut: (text: string, width: number | null) => string;
};

export type Look = { readonly colour: boolean; readonly unicode: boolean };

const codes: Readonly<Record<Style, string>> = { good: '32', busy: '36', warn: '33', bad: '31', dim: '2', bold: '1' };

/** Waiting and starting are calm; red is only for what has failed. */
const looks: Readonly<Record<StateKind, readonly [unicode: string, ascii: string, style: Style]>> = {
  idle: ['◌', '.', 'dim'],
  waiting: ['◌', '.', 'dim'],
  delayed: ['◌', '.', 'dim'],
  starting: ['●', '*', 'busy'],
  ready: ['✓', '+', 'good'],
  unhealthy: ['!', '!', 'warn'],
  backoff: ['↻', '~', 'warn'],
  stopping: ['●', '*', 'busy'],
  stopped: ['–', '-', 'dim'],
  completed: ['✓', '+', 'good'],
  failed: ['✗', 'x', 'bad'],
  skipped: ['–', '-', 'warn'],
};

/** As text: a bundle is ASCII, and its builder escapes what is beyond that in texts only, never in a pattern. */
const plainLetters: readonly (readonly [letter: string, plain: string])[] = [
  ['→', '->'],
  ['←', '<-'],
  ['…', '...'],
  [' · ', ', '],
  ['–', '-'],
  ['—', '-'],
  ['−', '-'],
  ['±', '+-'],
  ['×', 'x'],
  ['━', '#'],
  ['─', '-'],
  ['│', '|'],
];

export const createTheme = ({ colour, unicode }: Look): Theme => {
  const paint = (style: Style, text: string): string => (colour && text !== '' ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
  const styleOf = (state: StateKind, isOptional = false): Style => (state === 'failed' && isOptional ? 'warn' : looks[state][2]);
  return {
    colour,
    unicode,
    paint,
    styleOf,
    shape: (state, isOptional) => paint(styleOf(state, isOptional), looks[state][unicode ? 0 : 1]),
    cut: (text, width) => (width === null ? text : truncateToWidth(text, width, unicode ? '…' : '~')),
    text: (text) => (unicode ? text : plainLetters.reduce((rest, [letter, plain]) => rest.replaceAll(letter, plain), text)),
  };
};
