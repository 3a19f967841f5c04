import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { padEnd } from './table.ts';
import { createTheme, type Look } from './theme.ts';

export type PrefixLine = (name: string, text: string) => string;

/** Six that can be read on light and on dark; red is kept for what fails. */
const colours = ['36', '33', '35', '32', '34', '96'] as const;
const longestName = 20;

/** `api    | text`: one colour for each service, the same in each run, since it goes by the order of the names. */
export const createPrefixer = (names: readonly string[], { colour, unicode }: Look): PrefixLine => {
  const width = Math.min(longestName, Math.max(0, ...names.map((name) => displayWidth(safe(name)))));
  const theme = createTheme({ colour, unicode });
  const bar = theme.text('│');
  const prefixes = new Map<string, string>();
  /** One that comes later gets the next colour, and is as wide as its name. */
  const prefixOf = (name: string): string => {
    const known = prefixes.get(name);
    if (known !== undefined) return known;
    const label = `${padEnd(theme.cut(safe(name), longestName), width)} ${bar}`;
    const made = colour ? `\x1b[${colours[prefixes.size % colours.length] ?? '36'}m${label}\x1b[0m ` : `${label} `;
    prefixes.set(name, made);
    return made;
  };
  for (const name of names) prefixOf(name);

  return (name, text) => `${prefixOf(name)}${toSafeText(text, { colours: colour })}`.trimEnd();
};

const safe = (text: string): string => toSafeText(text, { colours: false });
