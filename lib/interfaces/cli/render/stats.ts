import type { Hint } from '../../../domain/hints.ts';
import type { RunOutcome } from '../../../domain/history.ts';
import type { Spread, Stats } from '../../../domain/stats.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

export type StatsInput = { readonly name: string; readonly stats: Stats; readonly hints: readonly Hint[] };

/** Boots, failures and times by service, the stack below them, then what the history speaks against. */
export const renderStats = ({ name, stats, hints }: StatsInput, look: Look): string[] => {
  const theme = createTheme(look);
  const { stack, services, environment, foldedRuns } = stats;
  const where = environment === null ? '' : ` in ${safe(environment)}`;
  if (stack.runs === 0 && stack.partialRuns === 0 && services.every(({ boots }) => boots === 0)) {
    return [`no boots remembered${where} yet; the first "muster up" makes the first entry`];
  }
  const rows = services.map(({ name: service, boots, failures, ...spread }) => [
    safe(service),
    String(boots),
    failures === 0 ? '0' : theme.paint('bad', String(failures)),
    ...toTimes(spread, theme),
  ]);
  const failed = stack.outcomes.failed + stack.outcomes['timed-out'];
  const total = [
    theme.paint('bold', '(stack)'),
    String(stack.runs),
    failed === 0 ? '0' : theme.paint('bad', String(failed)),
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
        { title: 'LAST', align: 'right' },
        { title: 'MEDIAN', align: 'right' },
        { title: 'P95', align: 'right' },
        { title: 'TREND' },
      ],
      [...rows, total],
      theme,
    ),
    ...hints.map(({ message }) => `${theme.paint('warn', 'hint:')} ${safe(message)}`),
  ];
};

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

const tellRuns = (outcomes: Readonly<Record<RunOutcome, number>>, runs: number): string => {
  const parts = outcomeOrder.filter((outcome) => outcomes[outcome] > 0).map((outcome) => `${outcomes[outcome]} ${outcome}`);
  return `${runs} ${runs === 1 ? 'boot' : 'boots'}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
