import type { Estimate } from '../../../domain/eta.ts';
import type { Ms, ServiceName } from '../../../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { formatBrief, type LineLayout, renderServiceLine } from './service-line.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

/** As `estimate` has it; `waitsFor` and `overdue` begin with the one that decides the end. */
export type Eta = Pick<Estimate, 'total' | 'remaining'> & Partial<Pick<Estimate, 'waitsFor' | 'overdue' | 'memory'>>;

export type LiveView = Look & {
  readonly width: number;
  /** Lines that may be used at most. */
  readonly height: number;
  /** Null: no estimate is shown. With `total` null: memory has nothing to go by. */
  readonly eta: Eta | null;
  /** In place of the progress: what is awaited while stopping. */
  readonly footer?: string | null;
  /** What a service has printed last, in one line, without secrets; null: nothing. Absent: it is not shown. */
  readonly said?: (name: ServiceName) => string | null;
};

/** One line for each service, and one for the progress of all. Never more lines than the view has. */
export const renderLive = (snapshot: StackSnapshot, view: LiveView): string[] => {
  const theme = createTheme(view);
  const { width, height, footer = null } = view;
  const layout = toLayout(snapshot.services, width);
  const { shown, folded } = fold(snapshot.services, Math.max(0, height - 1));
  const words = toLastWords(snapshot.services, view);
  const rest =
    folded.length === 0 || height < 2 ? [] : [theme.paint('dim', `  ${shown.length === 0 ? '' : 'and '}${countStates(folded)}`)];
  const lines = [
    ...shown.flatMap((service) => [
      renderServiceLine(service, layout, theme),
      ...(words.get(service.name) ?? []).map((text) => theme.paint('dim', theme.text(`    ${text}`))),
    ]),
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

/** What those that fail have printed last, which tells more than an exit code; nothing where all services have no room with it. */
const toLastWords = (
  services: readonly ServiceSnapshot[],
  { said, height }: LiveView,
): ReadonlyMap<ServiceName, readonly string[]> => {
  const words = new Map(
    services.flatMap((service) => {
      const text = isFailing(service) ? toSafeText(said?.(service.name) ?? '', { colours: false }).trim() : '';
      return text === '' ? [] : [[service.name, [text]] as const];
    }),
  );
  return services.length + words.size + 1 <= height ? words : new Map();
};

/** It has failed, for good or so far. */
const isFailing = (service: ServiceSnapshot): boolean => service.state === 'failed' || isTriedAgain(service);

/** Its last try has failed, and who knows how often that will be so. */
export const isTriedAgain = ({ state, restarts }: ServiceSnapshot): boolean =>
  state === 'backoff' || (state === 'starting' && restarts > 0);

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
  const figures: Figures = { up, all, elapsed, ...(outcome.settled ? nothingAwaited : toAwaited(eta, snapshot)) };
  const verdict = outcome.settled ? `${theme.paint(verdictStyles[outcome.verdict], outcome.verdict)}: ` : '';
  const room = width - displayWidth(verdict);
  const atWidest = toWidest(figures);
  // Whom it waits for changes all the time, and the bar must not come and go with it.
  const usual = figures.times === null ? tellMost : tellAll;
  const hasBar = displayWidth(usual(atWidest)) + barWidth + 1 <= room;
  const left = hasBar ? room - barWidth - 1 : room;
  const wording = wordings.find((words) => displayWidth(words(atWidest)) <= left) ?? tellLeft;
  const text = `${verdict}${theme.text(wording(figures))}`;
  return hasBar ? `${renderBar(up, all, theme)} ${text}` : text;
};

const verdictStyles = { up: 'good', degraded: 'warn', failed: 'bad', 'timed-out': 'bad' } as const;

type Figures = Awaited & { readonly up: number; readonly all: number; readonly elapsed: Ms };

/** What is said of the end. */
type Awaited = {
  /** Null: no time is promised. */
  readonly times: { readonly total: Ms; readonly remaining: Ms } | null;
  /** Nothing of it was ever seen. */
  readonly isNew: boolean;
  /** Who decides the end, and why it may be late. Null: nobody is named. */
  readonly whom: string | null;
};

const nothingAwaited: Awaited = { times: null, isNew: false, whom: null };

/** While one fails and is tried again, or the one that decides the end is later than it ever was, no time is an honest one. */
const toAwaited = (eta: LiveView['eta'], { services, elapsed }: StackSnapshot): Awaited => {
  if (eta === null) return nothingAwaited;
  const { total, remaining, waitsFor = [], overdue = [], memory = 'none' } = eta;
  const [first] = waitsFor;
  const failing = services.find((service) => isTriedAgain(service) && (!service.optional || service.name === first));
  if (failing !== undefined) return { ...nothingAwaited, whom: `${cut(failing.name)}, which fails and is tried again` };
  if (first !== undefined && overdue.includes(first)) return { ...nothingAwaited, whom: `${cut(first)}, later than ever` };
  const whom = first === undefined ? null : cut(first);
  if (total !== null && remaining !== null) return { ...nothingAwaited, times: toTimes(total, elapsed), whom };
  return memory === 'none' ? { ...nothingAwaited, isNew: true } : { ...nothingAwaited, whom };
};

/** In whole tenths, as they are shown, so that what has passed and what is left make up the total. What is pending is never over. */
const toTimes = (total: Ms, elapsed: Ms): NonNullable<Awaited['times']> => {
  const passed = Math.floor(elapsed / 100);
  const all = Math.max(Math.ceil(total / 100), passed + 1);
  return { total: all * 100, remaining: (all - passed) * 100 };
};

/** What has room must not depend on how many digits a running time has just now, or the line would jump. */
const toWidest = ({ times, elapsed, ...rest }: Figures): Figures => ({
  ...rest,
  up: rest.all,
  elapsed: Math.max(elapsed, widest),
  times: times === null ? null : { total: Math.max(times.total, widest), remaining: Math.max(times.remaining, widest) },
});

const widest: Ms = 59_900;

const tellMost = (figures: Figures): string =>
  `${tellAll(figures)}${figures.whom === null ? '' : ` · waits for ${figures.whom}`}`;

const tellAll = ({ up, all, elapsed, times, isNew }: Figures): string => {
  const total = isNew ? ' · no memory yet' : times === null ? '' : ` of about ${formatBrief(times.total)}`;
  return `${up} of ${all} up · ${formatBrief(elapsed)}${total}${tellRemaining(times)}`;
};

const longestName = 24;

const cut = (name: string): string => {
  const safe = toSafeText(name, { colours: false });
  return safe.length <= longestName ? safe : `${safe.slice(0, longestName - 1)}…`;
};

const tellShort = ({ up, all, elapsed, times, isNew }: Figures): string => {
  const total = isNew ? ' · no memory yet' : times === null ? '' : ` of ${formatBrief(times.total)}`;
  return `${up}/${all} up · ${formatBrief(elapsed)}${total}${tellRemaining(times)}`;
};

const tellShorter = ({ up, all, elapsed, times }: Figures): string =>
  `${up}/${all} · ${formatBrief(elapsed)}${tellRemaining(times)}`;

const tellLeft = ({ up, all, elapsed, times }: Figures): string =>
  `${up}/${all} · ${times === null ? formatBrief(elapsed) : `${formatLeft(times.remaining)} left`}`;

/** The longest first. */
const wordings: readonly ((figures: Figures) => string)[] = [tellMost, tellAll, tellShort, tellShorter, tellLeft];

const tellRemaining = (times: Figures['times']): string => (times === null ? '' : `, ${formatLeft(times.remaining)} left`);

/** Rounded up: what is pending is never over, and a zero that stays would say so. */
const formatLeft = (ms: Ms): string =>
  ms < 60_000 ? `${Math.max(0.1, Math.ceil(ms / 100) / 10).toFixed(1)} s` : formatBrief(ms);

const barWidth = 16;

const renderBar = (done: number, all: number, theme: Theme): string => {
  const filled = all === 0 ? barWidth : Math.floor((done / all) * barWidth);
  return theme.paint('good', theme.text('━'.repeat(filled))) + theme.paint('dim', theme.text('─'.repeat(barWidth - filled)));
};
