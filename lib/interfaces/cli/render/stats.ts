import type { Hint } from '../../../domain/hints.ts';
import type { RunOutcome } from '../../../domain/history.ts';
import type { Shift } from '../../../domain/slower.ts';
import type { Spread, StackStats, Stats } from '../../../domain/stats.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { toBars } from './bars.ts';
import { tellShift } from './shift.ts';
import { renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

export type StatsInput = {
  readonly name: string;
  readonly stats: Stats;
  readonly shifts: readonly Shift[];
  readonly hints: readonly Hint[];
  /** Null: nobody counts columns. */
  readonly width: number | null;
};

/** Boots, failures and times by service, the stack below them and its boots as bars, then what the history speaks against. */
export const renderStats = (input: StatsInput, look: Look): string[] => {
  const { name, stats, shifts, hints } = input;
  const theme = createTheme(look);
  const { stack, services, environment, foldedRuns } = stats;
  const where = environment === null ? '' : ` in ${safe(environment)}`;
  if (hasNoBoots(stats)) return [tellNoBoots(stats)];
  const rows = services.map(({ name: service, boots, failures, flakiness, ...spread }) => [
    safe(service),
    String(boots),
    failures === 0 ? '0' : theme.paint('bad', String(failures)),
    flakiness === null || flakiness === 0 ? '' : theme.paint('warn', `${Math.ceil(flakiness * 100)} %`),
    ...toTimes(spread, theme),
  ]);
  const failed = stack.outcomes.failed + stack.outcomes['timed-out'];
  const total = [
    theme.paint('bold', '(stack)'),
    String(stack.runs),
    failed === 0 ? '0' : theme.paint('bad', String(failed)),
    '',
    ...toTimes(stack, theme),
  ];
  return [
    `${theme.paint('bold', safe(name))}${where}: ${tellRuns(stack.outcomes, stack.runs)}${
      stack.partialRuns === 0 ? '' : `, ${stack.partialRuns} of a part of it`
    }${foldedRuns === 0 ? '' : `, and ${foldedRuns} older ones`}`,
    ...renderTable(
      [
        { title: 'SERVICE' },
        { title: 'BOOTS', align: 'right' },
        { title: 'FAILED', align: 'right' },
        { title: 'FLAKY', align: 'right' },
        { title: 'LAST', align: 'right' },
        { title: 'P50', align: 'right' },
        { title: 'P95', align: 'right' },
        { title: 'TREND' },
      ],
      [...rows, total],
      theme,
    ),
    ...renderBars(stack, theme, input.width),
    ...shifts.map((shift) => {
      const style = shift.direction === 'slower' ? 'warn' : 'good';
      return `${theme.paint(style, `${shift.direction}:`)} ${theme.text(tellShift(shift))}`;
    }),
    ...hints.map(({ message }) => `${theme.paint('warn', 'hint:')} ${safe(message)}`),
  ];
};

export const hasNoBoots = ({ stack, services }: Stats): boolean =>
  stack.runs === 0 && stack.partialRuns === 0 && services.every(({ boots }) => boots === 0);

export const tellNoBoots = ({ environment, otherRuns }: Stats): string => {
  if (otherRuns > 0)
    return `${otherRuns === 1 ? 'the boot that is remembered is' : `all ${otherRuns} boots that are remembered are`} older, or of another environment`;
  return `no boots remembered${environment === null ? '' : ` in ${safe(environment)}`} yet; the first "muster up" makes the first entry`;
};

const mostBars = 60;

/** Each boot of the whole stack, oldest first; one that did not come up is a cross, for it says nothing about how long one takes. */
const renderBars = ({ wholeRuns }: StackStats, theme: Theme, width: number | null): string[] => {
  const shown = wholeRuns.slice(-Math.max(5, Math.min(mostBars, (width ?? 80) - 30)));
  if (shown.length < 2) return [];
  const bars = toBars(
    shown.map(({ ms, outcome }) => (isUp(outcome) ? ms : 0)),
    theme.unicode,
  );
  const line = shown.map(({ outcome }, index) => (isUp(outcome) ? (bars[index] ?? '') : theme.shape('failed'))).join('');
  const times = shown.filter(({ outcome }) => isUp(outcome)).map(({ ms }) => ms);
  const range = times.length === 0 ? '' : `  ${formatDuration(Math.min(...times))} to ${formatDuration(Math.max(...times))}`;
  return [`runs ${shown[0]?.run ?? ''}${theme.text('–')}${shown.at(-1)?.run ?? ''}  ${line}${range}`];
};

const isUp = (outcome: RunOutcome): boolean => outcome === 'up' || outcome === 'degraded';

const toTimes = ({ last, p50, p95, trend }: Spread, theme: Theme): string[] => [
  ...[last, p50, p95].map((time) => (time === null ? theme.text('–') : formatDuration(time))),
  trend.direction === 'slower' || trend.direction === 'faster'
    ? theme.paint(
        trend.direction === 'slower' ? 'warn' : 'good',
        theme.text(`${trend.direction} (${formatDuration(trend.before)} → ${formatDuration(trend.now)})`),
      )
    : '',
];

const outcomeOrder: readonly RunOutcome[] = ['up', 'degraded', 'failed', 'timed-out', 'interrupted'];

export const tellRuns = (outcomes: Readonly<Record<RunOutcome, number>>, runs: number): string => {
  const parts = outcomeOrder.filter((outcome) => outcomes[outcome] > 0).map((outcome) => `${outcomes[outcome]} ${outcome}`);
  return `${runs} ${runs === 1 ? 'boot' : 'boots'}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
