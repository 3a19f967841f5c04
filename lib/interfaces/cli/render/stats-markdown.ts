import type { Verdict } from '../../../domain/budget.ts';
import type { Hint } from '../../../domain/hints.ts';
import type { RunView } from '../../../domain/run-view.ts';
import type { Ms } from '../../../domain/service.ts';
import type { Shift } from '../../../domain/slower.ts';
import type { Stats } from '../../../domain/stats.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { toBars } from './bars.ts';
import { tellDifference, tellShift } from './shift.ts';
import { hasNoBoots, tellNoBoots, tellRuns } from './stats.ts';
import { kindWords } from './stats-run.ts';

export type MarkdownInput = {
  readonly name: string;
  readonly stats: Stats;
  readonly shifts: readonly Shift[];
  readonly hints: readonly Hint[];
  readonly view: RunView | null;
  readonly verdicts: readonly Verdict[];
};

/** As GitHub renders it: for the summary of a CI job or a comment. */
export const renderMarkdown = ({ name, stats, shifts, hints, view, verdicts }: MarkdownInput): string[] => {
  const title = `### muster: boot of ${safe(name)}`;
  if (hasNoBoots(stats)) return [title, '', safe(tellNoBoots(stats)), ...renderVerdicts(verdicts)];
  return [
    title,
    '',
    tellLast(stats, view),
    ...renderVerdicts(verdicts),
    ...renderNotes(shifts, hints),
    ...(view === null ? [] : renderChain(view)),
    ...renderServices(stats),
  ];
};

const tellLast = ({ stack }: Stats, view: RunView | null): string => {
  const usual =
    stack.p50 === null
      ? ''
      : ` (p50 ${formatDuration(stack.p50)}, p95 ${formatDuration(stack.p95 ?? 0)} of ${tellRuns(stack.outcomes, stack.runs)})`;
  const runs = stack.wholeRuns.slice(-40);
  const bars =
    runs.length < 2
      ? ''
      : ` \`${toBars(
          runs.map(({ ms }) => ms),
          true,
        ).join('')}\``;
  if (view === null) return `${tellRuns(stack.outcomes, stack.runs)}${usual}${bars}`;
  const difference = stack.p50 === null ? '' : `, ${tellDifference(view.run.duration - stack.p50)} against the median`;
  return `**Run ${view.run.id}: ${view.run.outcome} after ${formatDuration(view.run.duration)}**${difference}${usual}${bars}`;
};

const renderVerdicts = (verdicts: readonly Verdict[]): string[] =>
  verdicts.length === 0
    ? []
    : [
        '',
        '| budget | | is |',
        '|---|---|---|',
        ...verdicts.map(({ budget, ok, reason }) =>
          row([`\`${budget.text.replaceAll('`', '')}\``, ok ? '✅' : '❌', safe(reason.slice(budget.text.length + 2))]),
        ),
      ];

const renderNotes = (shifts: readonly Shift[], hints: readonly Hint[]): string[] => {
  const notes = [
    ...shifts.map((shift) => `- ${shift.direction === 'slower' ? '🐢' : '🐇'} ${shift.direction}: ${safe(tellShift(shift))}`),
    ...hints.map(({ message }) => `- 💡 ${safe(message)}`),
  ];
  return notes.length === 0 ? [] : ['', ...notes];
};

const renderChain = ({ run, chain }: RunView): string[] =>
  chain.length === 0
    ? []
    : [
        '',
        '| critical chain | adds | share | of which |',
        '|---|--:|--:|---|',
        ...chain.map(({ service, from, to, parts }) =>
          row([
            service === null ? '(muster)' : safe(service),
            formatDuration(to - from),
            run.duration === 0 ? '' : `${Math.round(((to - from) / run.duration) * 100)} %`,
            parts.map(({ kind, ms }) => `${kindWords[kind]} ${formatDuration(ms)}`).join(', '),
          ]),
        ),
      ];

const renderServices = ({ services }: Stats): string[] => [
  '',
  `<details><summary>${services.length} services</summary>`,
  '',
  '| service | boots | failed | flaky | last | p50 | p95 |',
  '|---|--:|--:|--:|--:|--:|--:|',
  ...services.map(({ name, boots, failures, flakiness, last, p50, p95 }) =>
    row([
      safe(name),
      String(boots),
      String(failures),
      flakiness === null ? '' : `${Math.ceil(flakiness * 100)} %`,
      ...[last, p50, p95].map(toTime),
    ]),
  ),
  '',
  '</details>',
];

const toTime = (ms: Ms | null): string => (ms === null ? '–' : formatDuration(ms));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Nothing in a name or a reason makes a table, a link, a tag, a mention or a heading of it. */
const safe = (text: string): string =>
  toSafeText(text, { colours: false }).replace(/[\\`*_{}[\]<>#|~&@!]/g, (letter) => `&#${letter.charCodeAt(0)};`);
