import type { BoundPort } from '../../../domain/process.ts';
import { allNames, findByName } from '../../../domain/replicas.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { tellStory } from '../../../domain/state-words.ts';
import { formatDuration } from '../../../domain/words.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { tellUnknown } from './actions.ts';
import { isTriedAgain } from './live.ts';
import { renderColumns, renderTable } from './table.ts';
import { createTheme, type Look, type Style, type Theme } from './theme.ts';
import { wrapHanging, wrapText } from './wrap.ts';

export type StatusOptions = Look & {
  /** Null: nobody counts columns. */
  readonly width: number | null;
  /** Lines that may be used at most; without it, all. */
  readonly height?: number | null;
  /** All services of the stack, where only some of them are shown. */
  readonly whole?: readonly ServiceSnapshot[];
  readonly toCommand: ToCommand;
};

/** Words to be typed after `muster`, as a whole command line about the same file. */
type ToCommand = (words: readonly string[]) => string;

const columns = [
  { title: '' },
  { title: 'SERVICE' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'PORTS' },
  { title: 'FOR', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: '' },
] as const;

/** How the stack is, then one line a service. Reasons may quote what services print, so all of it is made safe. */
export const renderStatus = (
  snapshot: StackSnapshot,
  { width, height = null, whole: all, toCommand, ...look }: StatusOptions,
): string[] => {
  const theme = createTheme(look);
  const rows = snapshot.services.map((service) => toRow(service, theme));
  const around = (table: readonly string[]): readonly string[] => [
    renderHead(snapshot, all ?? snapshot.services, theme),
    ...table,
    ...renderEdits(snapshot, { theme, width, toCommand }),
  ];
  const whole = around(toTable(rows, width, theme));
  const lines = height === null || whole.length <= height ? whole : around(toTable(rows, null, theme));
  const shown = height === null ? lines : cutToHeight(lines, height, theme);
  return shown.map((line) => theme.cut(line, width));
};

/** What there is to say is below its service where the line has no room for it; null: each has its one line. */
const toTable = (rows: readonly (readonly string[])[], width: number | null, theme: Theme): readonly string[] => {
  if (rows.length === 0) return [];
  const lines = renderTable(columns, rows, theme);
  if (width === null || lines.every((line) => displayWidth(line) <= width)) return lines;
  const short = renderColumns(-1, columns, rows, theme);
  return lines.flatMap((line, at) => {
    const note = rows[at - 1]?.at(-1) ?? '';
    if (note === '' || displayWidth(line) <= width) return [line];
    const below = wrapText(note, { width: Math.max(1, width - noteIndent.length), most: 3, cut: theme.cut });
    return [short[at] ?? line, ...below.map((part) => `${noteIndent}${part}`)];
  });
};

const noteIndent = '   ';

const toRow = (service: ServiceSnapshot, theme: Theme): string[] => {
  const { name, state, optional, pid, ports, restarts } = service;
  return [
    theme.shape(state, optional),
    safe(name),
    theme.paint(theme.styleOf(state, optional), state),
    pid === null ? '' : String(pid),
    isOver.has(state) ? '' : tellPorts(ports),
    state === 'idle' ? '' : formatDuration(service.for),
    String(restarts),
    safe(theme.text(tellNote(service))),
  ];
};

const tellPorts = (ports: readonly BoundPort[]): string =>
  ports.map(({ name, port }) => (name === null ? String(port) : `${safe(name)} ${port}`)).join(', ');

/** The ports that it had are anybody's. */
const isOver: ReadonlySet<StateKind> = new Set(['idle', 'stopped', 'completed', 'failed', 'skipped']);

/** What there is to say about it; for one that is simply up, where to find it. */
const tellNote = (service: ServiceSnapshot): string => {
  const story = [service.edited === undefined ? '' : edits[service.edited], tellStory(service)].filter(Boolean).join('; ');
  const { name, label, url } = service;
  if (story !== '') return service.state === 'ready' && url !== null ? `${story}  ${url}` : story;
  return [url, label === name ? null : label].filter((part) => part !== null).join('  ');
};

const edits = { changed: 'definition changed since start', gone: 'not in the file any more' } as const;

/** What became of its files while it runs. */
const renderEdits = (snapshot: StackSnapshot, { theme, width, toCommand }: EditOptions): string[] => {
  const told = tellEdits(snapshot, toCommand);
  if (told === null) return [];
  const style = (snapshot.edited?.problem ?? null) === null ? 'dim' : 'warn';
  return wrapHanging(theme.text(told), width, noteIndent).map((line) => theme.paint(style, line));
};

type EditOptions = Pick<StatusOptions, 'width' | 'toCommand'> & { readonly theme: Theme };

/** Null: its file is as it was when it was read for what runs. */
export const tellEdits = ({ edited }: Pick<StackSnapshot, 'edited'>, toCommand: ToCommand): string | null => {
  if (edited === undefined) return null;
  const { added, problem } = edited;
  if (problem !== null) return `its file has a mistake by now, and what runs stays as it is: ${safe(problem)}`;
  const fresh = added.length === 0 ? '' : `; new in it: ${safe(added.join(', '))}`;
  return `its file has changed${fresh}; "${toCommand(['up', '--dry-run'])}" shows what "${toCommand(['up'])}" would do`;
};

/** `shop: degraded, 3 of 4 up, for 2m 3s (development)`; of a part `shop: up, of those below 0 of 1 up, …` */
const renderHead = (snapshot: StackSnapshot, all: readonly ServiceSnapshot[], theme: Theme): string => {
  const { name, environment, elapsed, services } = snapshot;
  const [word, style] = tellStack({ ...snapshot, services: all });
  const up = services.filter(isUp).length;
  const part = services.length < all.length ? 'of those below ' : '';
  const amount = services.length === 0 ? 'no services' : `${part}${up} of ${services.length} up`;
  return `${theme.paint('bold', safe(name))}: ${theme.paint(style, word)}, ${amount}, for ${formatDuration(elapsed)} (${safe(environment)})`;
};

const verdicts = {
  up: ['up', 'good'],
  degraded: ['degraded', 'warn'],
  failed: ['failed', 'bad'],
  'timed-out': ['timed out', 'bad'],
} as const;

/** The stack as a whole, in one word. */
export const tellStack = ({ outcome, booting, services }: StackSnapshot): readonly [word: string, style: Style] => {
  if (!outcome.settled) {
    const isStopping = services.some(({ state }) => state === 'stopping') && !services.some(({ state }) => comes.has(state));
    const coming = services.filter(({ state }) => comes.has(state));
    const isAgain =
      booting !== true && coming.some(isTriedAgain) && coming.every((one) => isTriedAgain(one) || one.state === 'waiting');
    return [isStopping ? 'stopping' : isAgain ? 'restarting' : 'starting', 'busy'];
  }
  const isDown =
    outcome.verdict === 'up' &&
    services.some(({ state }) => rests.has(state)) &&
    services.every(({ state }) => rests.has(state) || state === 'completed');
  return isDown ? ['stopped', 'dim'] : verdicts[outcome.verdict];
};

const comes: ReadonlySet<StateKind> = new Set(['waiting', 'delayed', 'starting', 'backoff']);
const rests: ReadonlySet<StateKind> = new Set(['idle', 'stopped']);

/** A task that ended with another code than 0 is completed too, but nothing that could be called up. */
export const isUp = ({ state, reason }: ServiceSnapshot): boolean =>
  state === 'ready' || state === 'unhealthy' || (state === 'completed' && reason === null);

const cutToHeight = (lines: readonly string[], height: number, theme: Theme): readonly string[] => {
  if (lines.length <= height) return lines;
  const kept = lines.slice(0, Math.max(1, height - 1));
  return [...kept, theme.paint('dim', theme.text(`… and ${lines.length - kept.length} more`))].slice(0, Math.max(1, height));
};

/** The first of these names that the stack does not have; null: it has them all. */
export const unknownOf = ({ services }: StackSnapshot, wanted: readonly string[]): string | null =>
  wanted.find((name) => findByName(services, name).length === 0) ?? null;

/** What to say about it. */
export const findUnknown = (snapshot: StackSnapshot, wanted: readonly string[]): string | null => {
  const unknown = unknownOf(snapshot, wanted);
  return unknown === null ? null : tellUnknown(unknown, suggestFor(snapshot, unknown), namesOf(snapshot));
};

/** The service that was meant, as it seems. */
export const suggestFor = ({ services }: StackSnapshot, name: string): string | null => didYouMean(name, allNames(services));

const namesOf = ({ services }: StackSnapshot): readonly string[] => services.map(({ name }) => name);

/** The stack with only these services; with all when none is named. */
export const choose = (snapshot: StackSnapshot, wanted: readonly string[]): StackSnapshot => {
  if (wanted.length === 0) return snapshot;
  const members = new Set(wanted.flatMap((name) => findByName(snapshot.services, name)));
  return { ...snapshot, services: snapshot.services.filter(({ name }) => members.has(name)) };
};

const safe = (text: string): string => toSafeText(text, { colours: false });
