import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { candidatesFor, type Keys, narrow, type Purpose } from '../keys/press.ts';
import { createTheme, type Look, type Style, type Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

export type PanelOptions = Look & {
  readonly width: number;
  readonly height: number;
  /** What else keys do here, and what Ctrl-C does; without it, Ctrl-C stops everything. */
  readonly more?: readonly string[];
};

/** Candidates that are seen at once, where there is room. */
const mostCandidates = 8;

/** What is asked, or chosen, just now, for below everything else; nothing while one only watches. */
export const renderPanel = (keys: Keys, services: readonly ServiceSnapshot[], options: PanelOptions): string[] => {
  const theme = createTheme(options);
  const { mode } = keys;
  // What is asked is of no use if half of the answers are cut off. Painted row by row: each is drawn alone.
  const say: Say = (text, style) =>
    wrapText(theme.text(text), { width: options.width, most: 4, cut: theme.cut }).map((row) =>
      style === undefined ? row : theme.paint(style, row),
    );
  const lines = ((): string[] => {
    switch (mode.kind) {
      case 'watching':
        return renderFilter(keys, say);
      case 'help':
        return renderHelp(options);
      case 'choosing':
        return renderChoices(mode, services, { theme, height: options.height });
      case 'filtering':
        return [
          `${theme.paint('bold', 'only lines with:')} ${safe(mode.typed)}${cursor(theme)}`,
          ...say('Enter shows only these · empty shows all · Esc leaves it as it was', 'dim'),
        ];
      case 'leaving':
        return beginWith('Leave?', say('Leave? d: detach, it runs on; s: stop everything; any other key: stay'), theme);
      case 'confirming':
        return [
          `${theme.paint('warn', safe(mode.name))} is needed by ${mode.neededBy.map(safe).join(', ')}`,
          ...say('y: stop those too, first · o: stop only this one · any other key: leave it'),
        ];
    }
  })();
  return lines.map((line) => theme.cut(line, options.width));
};

type Say = (text: string, style?: Style) => string[];

const beginWith = (word: string, [first = '', ...rest]: readonly string[], theme: Theme): string[] => [
  first.startsWith(word) ? theme.paint('bold', word) + first.slice(word.length) : first,
  ...rest,
];

const cursor = (theme: Theme): string => (theme.unicode ? '▏' : '_');

/** What is not shown must be said for as long as it is not. */
const renderFilter = ({ only, text }: Keys, say: Say): string[] => {
  if (only === null && text === '') return [];
  const what = [only === null ? null : `of ${safe(only)}`, text === '' ? null : `with "${safe(text)}"`];
  return say(`showing only lines ${what.filter((part) => part !== null).join(' ')}; Esc shows all`, 'dim');
};

const questions: Readonly<Record<Purpose, string>> = {
  restart: 'Restart which?',
  stop: 'Stop which?',
  logs: 'Only the log of which?',
  open: 'Open the address of which?',
  why: 'Why is which as it is?',
};

type Choosing = Extract<Keys['mode'], { kind: 'choosing' }>;

const renderChoices = (
  { purpose, typed, at }: Choosing,
  services: readonly ServiceSnapshot[],
  { theme, height }: { readonly theme: Theme; readonly height: number },
): string[] => {
  const candidates = narrow(candidatesFor(purpose, services), typed);
  const room = Math.max(1, Math.min(mostCandidates, height - 3));
  const chosen = Math.min(at, Math.max(0, candidates.length - 1));
  const from = Math.max(0, Math.min(chosen - Math.floor(room / 2), candidates.length - room));
  const shown = candidates.slice(from, from + room).map((service, index) => {
    const isChosen = from + index === chosen;
    const mark = isChosen ? (theme.unicode ? '❯' : '>') : ' ';
    const name = safe(service.name);
    const url = purpose === 'open' && service.url !== null ? `  ${safe(service.url)}` : '';
    return `${mark} ${isChosen ? theme.paint('bold', name) : name} ${theme.paint(theme.styleOf(service.state, service.optional), service.state)}${url}`;
  });
  const more = candidates.length - shown.length;
  return [
    `${theme.paint('bold', questions[purpose])} ${safe(typed)}${cursor(theme)}`,
    ...(shown.length === 0 ? [theme.paint('dim', '  no service has that in its name')] : shown),
    theme.paint(
      'dim',
      theme.text(`${more > 0 ? `${more} more · ` : ''}type to narrow · ${theme.unicode ? '↑ ↓' : 'arrows'} · Enter · Esc`),
    ),
  ];
};

const meanings = ['r restart', 's stop', 'l logs of one', '/ filter', 'o open', 'w why', 'd detach', 'q leave'] as const;

/** All keys, in as many lines as the width makes of it. */
export const renderHelp = ({ width, more = ['Ctrl-C stop everything'], ...look }: Omit<PanelOptions, 'height'>): string[] => {
  const theme = createTheme(look);
  const lines: string[] = [];
  // Where a key means something else, that is what is said of it.
  const usual = meanings.filter((meaning) => !more.some((other) => other.slice(0, 2) === meaning.slice(0, 2)));
  for (const meaning of [...usual, ...more]) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 3 + meaning.length > width) lines.push(meaning);
    else lines[lines.length - 1] = `${last} · ${meaning}`;
  }
  return lines.map((line) => theme.paint('dim', theme.text(line)));
};

const safe = (text: string): string => toSafeText(text, { colours: false });
