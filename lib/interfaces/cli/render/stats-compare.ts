import type { ComparedService, ComparedSide, Comparison } from '../../../domain/compare.ts';
import type { RunRecord } from '../../../domain/history.ts';
import { formatDuration } from '../../../domain/words.ts';
import { toMoment } from '../../../util/local-time.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import { tellDifference } from './shift.ts';
import { renderTable } from './table.ts';
import { createTheme, type Look, type Theme } from './theme.ts';

/** Two runs side by side, what makes the difference first. */
export const renderComparison = (comparison: Comparison, look: Look): string[] => {
  const theme = createTheme(look);
  const { before, after, difference, chainBefore, chainAfter, services } = comparison;
  const told = services.filter(isWorthTelling);
  const isSameChain = chainBefore.join('\n') === chainAfter.join('\n');
  return [
    `${tellRun(before)}`,
    `${tellRun(after)}: ${tellDifference(difference)}`,
    ...(told.length === 0
      ? ['every service took as long in both']
      : renderTable(
          [
            { title: 'SERVICE' },
            { title: 'BOOT' },
            { title: '' },
            { title: 'ON THE PATH' },
            { title: 'ADDS', align: 'right' },
            { title: '' },
          ],
          told.map((one) => toRow(one, theme)),
          theme,
        )),
    ...(isSameChain
      ? [`critical path of both: ${tellChain(chainAfter)}`]
      : [`critical path was: ${tellChain(chainBefore)}`, `critical path is:  ${tellChain(chainAfter)}`]),
    ...toNotes(before, after),
  ].map(theme.text);
};

const tellRun = ({ id, startedAt, outcome, duration }: RunRecord): string =>
  `run ${id} (${toMoment(startedAt)}, ${outcome}) took ${formatDuration(duration)}`;

const tellChain = (chain: readonly string[]): string => (chain.length === 0 ? '(none)' : chain.map(safe).join(' → '));

const noticeable = 1;

const isWorthTelling = ({ before, after, added, longer, definitionChanged, service }: ComparedService): boolean =>
  Math.abs(added) >= noticeable ||
  Math.abs(longer ?? 0) >= noticeable ||
  definitionChanged ||
  (service !== null && (before?.outcome !== after?.outcome || before?.attempts !== after?.attempts));

const toRow = ({ service, before, after, added, longer, definitionChanged }: ComparedService, theme: Theme): string[] => {
  const style = added > noticeable ? 'warn' : added < -noticeable ? 'good' : 'dim';
  const [was, is] = [before?.onPath ?? 0, after?.onPath ?? 0];
  return [
    service === null ? theme.paint('dim', '(muster)') : safe(service),
    service === null ? '' : `${tellSide(before)} → ${tellSide(after)}`,
    longer === null ? '' : tellDifference(longer),
    was === 0 && is === 0 ? theme.paint('dim', 'off') : `${tellPath(was)} → ${tellPath(is)}`,
    was === 0 && is === 0 ? '' : theme.paint(style, tellDifference(added)),
    definitionChanged ? 'its definition changed' : '',
  ];
};

const tellPath = (ms: number): string => (ms === 0 ? 'off' : formatDuration(ms));

const tellSide = (side: ComparedSide | null): string => {
  if (side === null) return '(none)';
  const tries = side.attempts > 1 ? ` (try ${side.attempts})` : '';
  return side.boot === null ? (side.outcome ?? '') : `${formatDuration(side.boot)}${tries}`;
};

/** What makes them hard to compare. */
const toNotes = (before: RunRecord, after: RunRecord): string[] => [
  ...(before.environment === after.environment
    ? []
    : [`note: the environments differ: ${safe(before.environment)}, ${safe(after.environment)}`]),
  ...(before.maxParallel === after.maxParallel
    ? []
    : [`note: max_parallel was ${before.maxParallel ?? 'unlimited'} and is ${after.maxParallel ?? 'unlimited'}`]),
];

const safe = (text: string): string => toSafeText(text, { colours: false });
