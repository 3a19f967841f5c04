import { bootTimeOf, triesOf } from '../../../domain/fold.ts';
import type { RunRecord, ServiceTimeline } from '../../../domain/history.ts';
import type { Ms, ServiceName } from '../../../domain/service.ts';
import { formatDuration } from '../../../domain/words.ts';
import { displayWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { padEnd, renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapText } from './wrap.ts';

export type TimingOptions = Look & {
  /** Null: nobody counts columns. */
  readonly width: number | null;
  /** The services that decided the end, first to last. */
  readonly critical: readonly ServiceName[];
  /** Shown in this order; without it, in the order of their ends. */
  readonly order?: readonly ServiceName[];
};

/** After a boot: who waited, started and took how long, and what decided the whole. */
export const renderTiming = (run: RunRecord, options: TimingOptions): string[] => {
  const theme = createTheme(options);
  const names = options.order?.filter((name) => Object.hasOwn(run.services, name)) ?? byEnd(run);
  const rows = names.flatMap((name) => {
    const timeline = run.services[name];
    return timeline === undefined ? [] : [toRow({ name, timeline, isCritical: options.critical.includes(name) }, theme)];
  });
  const columns = [
    { title: '' },
    { title: 'SERVICE' },
    { title: 'WAITED', align: 'right' },
    { title: 'STARTED AT', align: 'right' },
    { title: 'BOOT', align: 'right' },
  ] as const;
  const table = renderTable(columns, rows, theme);
  const bars = names.map((name) => run.services[name]);
  return [...withBars(table, bars, { run, theme, width: options.width }), ...renderTotal(run, options, theme)];
};

const byEnd = ({ services }: RunRecord): ServiceName[] =>
  Object.entries(services)
    .sort(([, a], [, b]) => endOf(a) - endOf(b))
    .map(([name]) => name);

const endOf = ({ ready, attempts }: ServiceTimeline): Ms => ready ?? attempts.at(-1)?.failed ?? Number.POSITIVE_INFINITY;

type Row = { readonly name: ServiceName; readonly timeline: ServiceTimeline; readonly isCritical: boolean };

const toRow = ({ name, timeline, isCritical }: Row, theme: Theme): string[] => {
  const { satisfied, attempts, outcome } = timeline;
  const spawned = attempts.at(-1)?.spawned ?? null;
  const tries = triesOf(timeline);
  const took = bootTimeOf(timeline);
  const isUp = outcome === 'ready' || outcome === 'completed';
  const boot = isUp && took !== null ? `${formatDuration(took)}${tries > 1 ? ` (try ${tries})` : ''}` : outcome;
  return [
    isCritical ? theme.paint('busy', '*') : '',
    toSafeText(name, { colours: false }),
    satisfied === null ? '' : formatDuration(satisfied),
    spawned === null ? '' : formatDuration(spawned),
    isUp || outcome === 'reused' ? boot : theme.paint('warn', boot),
  ];
};

const longestBar = 40;
const shortestBar = 10;

type BarOptions = { readonly run: RunRecord; readonly theme: Theme; readonly width: number | null };

/** Each attempt from its spawn to its end, on one scale; left out where there is no room for it to say anything. */
const withBars = (
  table: readonly string[],
  timelines: readonly (ServiceTimeline | undefined)[],
  { run, theme, width }: BarOptions,
): string[] => {
  const used = Math.max(...table.map(displayWidth)) + 2;
  const room = Math.min(longestBar, (width ?? used + longestBar) - used);
  if (room < shortestBar || run.duration <= 0) return [...table];
  const column = (at: Ms): number => Math.min(room - 1, Math.max(0, Math.floor((at / run.duration) * room)));
  return table.map((line, index) => {
    const timeline = timelines[index - 1];
    if (index === 0 || timeline === undefined) return line;
    let bar = '';
    let length = 0;
    for (const { spawned, ready, failed } of timeline.attempts) {
      if (spawned === null) continue;
      const [from, to] = [Math.max(column(spawned), length), column(ready ?? failed ?? run.duration)];
      const pad = ' '.repeat(from - length);
      bar +=
        pad +
        theme.paint(
          ready === null ? 'warn' : 'good',
          theme.text((ready === null ? '─' : '━').repeat(Math.max(1, to - from + 1))),
        );
      length = from + Math.max(1, to - from + 1);
    }
    return bar === '' ? line : `${padEnd(line, used)}${bar}`;
  });
};

const renderTotal = ({ duration }: RunRecord, { critical, width }: TimingOptions, theme: Theme): string[] => {
  const path = critical.length < 2 ? '' : theme.text(`; critical path (*): ${critical.join(' → ')}`);
  return wrapText(`${theme.paint('bold', 'total')} ${formatDuration(duration)}${path}`, {
    width,
    most: Number.POSITIVE_INFINITY,
    cut: theme.cut,
  });
};
