import type { Estimate } from '../../../domain/eta.ts';
import type { Ms } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { formatBrief, type LineLayout, renderServiceLine } from './service-line.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

/** As `estimate` has it; `waitsFor` and `overdue` begin with the one that decides the end. */
export type Eta = Pick<Estimate, 'total' | 'remaining'> & Partial<Pick<Estimate, 'waitsFor' | 'overdue'>>;

export type LiveView = Look & {
  readonly width: number;
  /** Lines that may be used at most. */
  readonly height: number;
  /** Null: no estimate is shown. With `total` null: memory has nothing to go by. */
  readonly eta: Eta | null;
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
  return lines.map((line) => theme.cut(line, width));
};

/** Each service on a line, as many as there are. */
export const renderServices = ({ services }: StackSnapshot, { width, ...look }: Look & { readonly width: number }): string[] => {
  const theme = createTheme(look);
  const layout = toLayout(services, width);
  return services.map((service) => renderServiceLine(service, layout, theme));
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

/** `━━━━━━──── 6 of 10 up · 1.2 s of about 2.4 s, 1.2 s left · waits for api`; where that is too long, without the bar, then in fewer words. */
const renderProgress = (snapshot: StackSnapshot, { width, eta }: LiveView, theme: Theme): string => {
  const { services, elapsed, outcome } = snapshot;
  const all = services.length;
  const up = services.filter(
    ({ state, reason }) => state === 'ready' || state === 'unhealthy' || (state === 'completed' && reason === null),
  ).length;
  const figures: Figures = { up, all, elapsed, eta: outcome.settled ? null : eta };
  const verdict = outcome.settled ? `${theme.paint(verdictStyles[outcome.verdict], outcome.verdict)}: ` : '';
  const room = width - displayWidth(verdict);
  const wording = wordings.find((words) => displayWidth(words(toWidest(figures))) <= room) ?? tellLeft;
  const text = `${verdict}${theme.text(wording(figures))}`;
  const hasBar = displayWidth(tellAll(toWidest(figures))) + barWidth + 1 <= room;
  return hasBar ? `${renderBar(up, all, theme)} ${text}` : text;
};

const verdictStyles = { up: 'good', degraded: 'warn', failed: 'bad', 'timed-out': 'bad' } as const;

type Figures = { readonly up: number; readonly all: number; readonly elapsed: Ms; readonly eta: LiveView['eta'] };

/** What has room must not depend on how many digits a running time has just now, or the line would jump. */
const toWidest = ({ all, elapsed, eta }: Figures): Figures => ({
  up: all,
  all,
  elapsed: Math.max(elapsed, widest),
  eta: eta === null ? null : { ...eta, total: widen(eta.total), remaining: widen(eta.remaining) },
});

const widest: Ms = 59_900;

const widen = (ms: Ms | null): Ms | null => (ms === null ? null : Math.max(ms, widest));

const tellMost = (figures: Figures): string => `${tellAll(figures)}${tellWhom(figures)}`;

const tellAll = ({ up, all, elapsed, eta }: Figures): string => {
  const total = isNew(eta) ? ' · no memory yet' : tell(eta?.total, (time) => ` of about ${time}`);
  return `${up} of ${all} up · ${formatBrief(elapsed)}${total}${tellRemaining(eta)}`;
};

/** The one that decides the end. That it is later than it ever was is why what is left grows. */
const tellWhom = ({ eta }: Figures): string => {
  const [name] = eta?.total === null ? [] : (eta?.waitsFor ?? []);
  if (name === undefined) return '';
  const late = eta?.overdue?.includes(name) === true ? ', later than ever' : '';
  return ` · waits for ${cut(toSafeText(name, { colours: false }))}${late}`;
};

const longestName = 24;
const cut = (name: string): string => (name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`);

const tellShort = ({ up, all, elapsed, eta }: Figures): string =>
  [
    `${up}/${all} up · ${formatBrief(elapsed)}`,
    isNew(eta) ? ' · no memory yet' : tell(eta?.total, (total) => ` of ${total}`),
    tellRemaining(eta),
  ].join('');

const tellShorter = ({ up, all, elapsed, eta }: Figures): string => `${up}/${all} · ${formatBrief(elapsed)}${tellRemaining(eta)}`;

const tellLeft = ({ up, all, elapsed, eta }: Figures): string =>
  `${up}/${all} · ${eta?.remaining === null || eta === null ? formatBrief(elapsed) : `${formatLeft(eta.remaining)} left`}`;

/** The longest first. */
const wordings: readonly ((figures: Figures) => string)[] = [tellMost, tellAll, tellShort, tellShorter, tellLeft];

const isNew = (eta: LiveView['eta']): boolean => eta !== null && eta.total === null;

const tell = (ms: Ms | null | undefined, words: (time: string) => string): string =>
  ms === null || ms === undefined ? '' : words(formatBrief(ms));

const tellRemaining = (eta: LiveView['eta']): string =>
  eta === null || eta.remaining === null ? '' : `, ${formatLeft(eta.remaining)} left`;

/** Rounded up: what is pending is never over, and a zero that stays would say so. */
const formatLeft = (ms: Ms): string =>
  ms < 60_000 ? `${Math.max(0.1, Math.ceil(ms / 100) / 10).toFixed(1)} s` : formatBrief(ms);

const barWidth = 16;

const renderBar = (done: number, all: number, theme: Theme): string => {
  const filled = all === 0 ? barWidth : Math.floor((done / all) * barWidth);
  return theme.paint('good', theme.text('━'.repeat(filled))) + theme.paint('dim', theme.text('─'.repeat(barWidth - filled)));
};
