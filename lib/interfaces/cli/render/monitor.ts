import type { ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import { tellStory } from '../../../domain/state-words.ts';
import { formatDuration } from '../../../domain/words.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { formatBytes } from '../../../util/bytes.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { ServiceUsage } from '../../control.ts';
import { tellStack } from './status.ts';
import { type Column, padEnd, padStart } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

export type MonitorView = Look & {
  readonly width: number;
  readonly height: number;
  readonly selected: ServiceName | null;
  /** Null: not read yet. */
  readonly usages: ReadonlyMap<ServiceName, ServiceUsage> | null;
  /** What stands below the table, oldest line first, ready to be shown; its end is seen. */
  readonly log: { readonly title: string; readonly lines: readonly string[] };
  /** The last lines of the screen: a question, or the help. */
  readonly footer: readonly string[];
};

type Cell = Column & { readonly key: string; readonly of: (service: ServiceSnapshot, view: MonitorView, theme: Theme) => string };

/** From left to right. Where there is no room, the ones with the greatest `key` rank in `giveWay` go first. */
const cells: readonly Cell[] = [
  { key: 'name', title: 'SERVICE', of: ({ name }) => safe(name) },
  { key: 'state', title: 'STATE', of: ({ state, optional }, _, theme) => theme.paint(theme.styleOf(state, optional), state) },
  { key: 'health', title: 'HEALTH', of: (service, _, theme) => tellHealth(service, theme) },
  { key: 'cpu', title: 'CPU', align: 'right', of: ({ name }, { usages }) => tellCpu(usages?.get(name)) },
  { key: 'memory', title: 'MEMORY', align: 'right', of: ({ name }, { usages }) => tellMemory(usages?.get(name)) },
  { key: 'restarts', title: 'RESTARTS', align: 'right', of: ({ restarts }) => String(restarts) },
  { key: 'for', title: 'FOR', align: 'right', of: ({ state, for: since }) => (state === 'idle' ? '' : formatDuration(since)) },
  { key: 'ports', title: 'PORTS', of: ({ ports, pid }) => (pid === null ? '' : ports.map(({ port }) => port).join(', ')) },
  { key: 'note', title: '', of: (service, _, theme) => safe(theme.text(tellStory(service))) },
];

const giveWay: readonly string[] = ['note', 'for', 'ports', 'health', 'restarts', 'memory', 'cpu'];

/** A whole screen, exactly as many lines as it has: the stack, its services, the log of the chosen one, and the keys. */
export const renderMonitor = (snapshot: StackSnapshot, view: MonitorView): string[] => {
  const theme = createTheme(view);
  const { width, height } = view;
  const footer = view.footer.slice(0, Math.max(1, height - 4));
  const room = Math.max(0, height - footer.length - 1);
  // At least a third is the log's, where there is enough for both.
  const forTable = Math.min(snapshot.services.length + 1, Math.max(2, room - Math.max(Math.floor(room / 3), 3)));
  const table = renderRows(snapshot.services, view, { theme, lines: forTable });
  const forLog = Math.max(0, room - table.length);
  const log = renderLog(view, { theme, lines: forLog });
  const lines = [renderHead(snapshot, view, theme), ...table, ...log, ...footer];
  return lines.slice(0, height).map((line) => theme.cut(line, width));
};

const renderHead = (snapshot: StackSnapshot, { usages, width }: MonitorView, theme: Theme): string => {
  const { name, environment, services, elapsed } = snapshot;
  const [word, style] = tellStack(snapshot);
  const up = services.filter(({ state }) => state === 'ready' || state === 'unhealthy').length;
  const all = [...(usages?.values() ?? [])];
  const used =
    all.length === 0
      ? ''
      : theme.text(
          ` · ${tellCpu(totalOf(all))} CPU, ${tellMemory(totalOf(all))} in ${all.reduce((sum, { processes }) => sum + processes, 0)} processes`,
        );
  const head = `${theme.paint('bold', safe(name))} ${theme.paint(style, word)}${theme.text(` · ${up} running · ${formatDuration(elapsed)} · ${safe(environment)}`)}`;
  return displayWidth(head + used) <= width ? head + used : head;
};

const totalOf = (usages: readonly ServiceUsage[]): ServiceUsage | undefined => {
  const [first] = usages;
  if (first === undefined) return undefined;
  const sum = (values: readonly (number | null)[]): number | null =>
    values.every((value) => value === null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return { ...first, cpu: sum(usages.map(({ cpu }) => cpu)), memory: sum(usages.map(({ memory }) => memory)) };
};

type Part = { readonly theme: Theme; readonly lines: number };

const renderRows = (services: readonly ServiceSnapshot[], view: MonitorView, { theme, lines }: Part): string[] => {
  const shownRows = Math.max(0, lines - 1);
  const at = Math.max(
    0,
    services.findIndex(({ name }) => name === view.selected),
  );
  const from = Math.max(0, Math.min(at - Math.floor(shownRows / 2), services.length - shownRows));
  const shown = services.slice(from, from + shownRows);
  const rows = shown.map((service) => cells.map((cell) => cell.of(service, view, theme)));
  const widths = cells.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => displayWidth(row[index] ?? ''))));
  const kept = chooseColumns(widths, view.width - 4);
  const toLine = (row: readonly string[]): string =>
    kept
      .map((index) => (cells[index]?.align === 'right' ? padStart : padEnd)(row[index] ?? '', widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const more = services.length - shown.length;
  const title = `    ${toLine(cells.map((cell) => cell.title))}${more > 0 ? `  (${more} more)` : ''}`;
  return [
    theme.paint('dim', title),
    ...shown.map((service, index) => {
      const isChosen = service.name === view.selected;
      const mark = isChosen ? theme.paint('bold', theme.unicode ? '❯' : '>') : ' ';
      return `${mark} ${theme.shape(service.state, service.optional)} ${toLine(rows[index] ?? [])}`;
    }),
  ];
};

/** Indexes of the columns that fit. The last one is a note, of which a part is better than nothing. */
const chooseColumns = (widths: readonly number[], room: number): readonly number[] => {
  let kept = cells.map((_, index) => index);
  const needed = (): number =>
    kept.reduce(
      (sum, index) => sum + (cells[index]?.key === 'note' ? Math.min(widths[index] ?? 0, 12) : (widths[index] ?? 0)) + 2,
      -2,
    );
  for (const key of giveWay) {
    if (needed() <= room) break;
    kept = kept.filter((index) => cells[index]?.key !== key);
  }
  return kept;
};

const renderLog = ({ log, width }: MonitorView, { theme, lines }: Part): string[] => {
  if (lines <= 0) return [];
  const label = ` ${safe(log.title)} `;
  const bar = theme.text('─'.repeat(Math.max(0, width - displayWidth(label) - 2)));
  const shown = lines > 1 ? log.lines.slice(-(lines - 1)) : [];
  const blank = Array.from({ length: lines - 1 - shown.length }, () => '');
  return [theme.paint('dim', `${theme.text('──')}${label}${bar}`), ...shown, ...blank];
};

const tellHealth = ({ state, reason }: ServiceSnapshot, theme: Theme): string => {
  if (state === 'unhealthy') return theme.paint('bad', 'bad');
  if (state !== 'ready') return '';
  return reason === null ? 'ok' : theme.paint('warn', 'failing');
};

const tellCpu = (usage: ServiceUsage | undefined): string => {
  const { cpu = null } = usage ?? {};
  return cpu === null ? '' : `${cpu < 10 ? cpu.toFixed(1) : Math.round(cpu)} %`;
};

/** `~` before what counts shared memory more than once. */
const tellMemory = (usage: ServiceUsage | undefined): string => {
  const { memory = null, memoryKind = 'pss' } = usage ?? {};
  if (memory === null) return '';
  return `${memoryKind === 'rss' ? '~' : ''}${formatBytes(memory)}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
