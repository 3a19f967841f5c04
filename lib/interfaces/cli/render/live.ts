import type { Ms } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { truncateToWidth } from '../../../util/ansi.ts';
import { formatBrief, type LineLayout, renderServiceLine } from './service-line.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

export type LiveView = Look & {
  readonly width: number;
  /** Lines that may be used at most. */
  readonly height: number;
  /** Null: no estimate is shown. With `total` null: memory has nothing to go by. */
  readonly eta: { readonly total: Ms | null; readonly remaining: Ms | null } | null;
  /** In place of the progress: what is awaited while stopping. */
  readonly footer?: string | null;
};

/** One line for each service, and one for the progress of all. Never more lines than the view has. */
export const renderLive = (snapshot: StackSnapshot, view: LiveView): string[] => {
  const theme = createTheme(view);
  const { width, height, footer = null } = view;
  const layout = toLayout(snapshot.services, width);
  const { shown, folded } = fold(snapshot.services, Math.max(0, height - 1));
  const rest =
    folded.length === 0 || height < 2 ? [] : [theme.paint('dim', `  ${shown.length === 0 ? '' : 'and '}${countStates(folded)}`)];
  const lines = [
    ...shown.map((service) => renderServiceLine(service, layout, theme)),
    ...rest,
    footer ?? renderProgress(snapshot, view, theme),
  ];
  return lines.map((line) => truncateToWidth(line, width));
};

const toLayout = (services: readonly ServiceSnapshot[], width: number): LineLayout => {
  const longest = Math.max(4, ...services.map(({ name }) => name.length));
  return { width, nameWidth: Math.min(longest, Math.max(8, Math.floor(width * 0.35))), hasTime: width >= 44 };
};

/** What most needs to be seen, first. */
const ranks: Readonly<Record<StateKind, number>> = {
  failed: 0,
  stopping: 1,
  unhealthy: 1,
  backoff: 1,
  starting: 1,
  delayed: 2,
  waiting: 3,
  skipped: 4,
  ready: 5,
  completed: 5,
  stopped: 5,
  idle: 6,
};

/** When there are more services than lines: the settled ones give way, the oldest first. The order on screen stays. */
const fold = (services: readonly ServiceSnapshot[], lines: number): { shown: ServiceSnapshot[]; folded: ServiceSnapshot[] } => {
  if (services.length <= lines) return { shown: [...services], folded: [] };
  const byNeed = [...services].sort((a, b) => ranks[a.state] - ranks[b.state] || (ranks[a.state] === 5 ? a.for - b.for : 0));
  const kept = new Set(byNeed.slice(0, Math.max(0, lines - 1)));
  return { shown: services.filter((service) => kept.has(service)), folded: services.filter((service) => !kept.has(service)) };
};

const countStates = (services: readonly ServiceSnapshot[]): string => {
  const counts = new Map<StateKind, number>();
  for (const { state } of services) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => ranks[b] - ranks[a])
    .map(([state, amount]) => `${amount} ${state}`)
    .join(', ');
};

/** `━━━━━━──── 6 of 10 up · 1.2 s, usually 2.4 s` */
const renderProgress = (snapshot: StackSnapshot, { width, eta }: LiveView, theme: Theme): string => {
  const { services, elapsed, outcome } = snapshot;
  const up = services.filter(
    ({ state, reason }) => state === 'ready' || state === 'unhealthy' || (state === 'completed' && reason === null),
  ).length;
  const sentence = `${up} of ${services.length} up · ${formatBrief(elapsed)}${outcome.settled ? '' : tellEta(eta)}`;
  const text = outcome.settled
    ? `${theme.paint(verdictStyles[outcome.verdict], outcome.verdict)}: ${theme.text(sentence)}`
    : theme.text(sentence);
  return width < 60 ? text : `${renderBar(up, services.length, theme)} ${text}`;
};

const verdictStyles = { up: 'good', degraded: 'warn', failed: 'bad', 'timed-out': 'bad' } as const;

const tellEta = (eta: LiveView['eta']): string => {
  if (eta === null) return '';
  if (eta.total === null) return ' · no memory yet';
  const rest = eta.remaining === null ? '' : `, about ${formatBrief(eta.remaining)} left`;
  return `, usually ${formatBrief(eta.total)}${rest}`;
};

const barWidth = 16;

const renderBar = (done: number, all: number, theme: Theme): string => {
  const filled = all === 0 ? barWidth : Math.floor((done / all) * barWidth);
  return theme.paint('good', theme.text('━'.repeat(filled))) + theme.paint('dim', theme.text('─'.repeat(barWidth - filled)));
};
