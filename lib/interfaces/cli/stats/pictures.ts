import { formatDuration } from '../../../domain/words.ts';
import { drawBoot } from '../../pictures/gantt.ts';
import { drawGraph } from '../../pictures/graph.ts';
import { drawHistory } from '../../pictures/history.ts';
import { renderReport } from '../../pictures/report.ts';
import { toTrace } from '../../pictures/trace.ts';
import type { Collected } from '../../stats/collect.ts';
import type { PictureKind } from '../../stats/request.ts';
import { tellShift } from '../render/shift.ts';
import { tellRuns } from '../render/stats.ts';
import { kindWords } from '../render/stats-run.ts';

/** The text of the file. Null: there is no boot to draw. */
export const drawPicture = (kind: PictureKind, collected: Collected): string | null => {
  const { view, stack } = collected;
  if (kind === 'html') return toReport(collected);
  if (view === null) return null;
  return kind === 'plot' ? drawBoot(view.run, stack.name) : `${JSON.stringify(toTrace(view.run, stack.name))}\n`;
};

const toReport = ({ stack, graph, stats, shifts, hints, view }: Collected): string => {
  const history = drawHistory(stats.stack);
  const toTime = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms));
  return renderReport({
    title: `${stack.name}: ${tellRuns(stats.stack.outcomes, stats.stack.runs)}`,
    notes: [
      ...(view === null ? ['no boots remembered yet; the first "muster up" makes the first entry'] : []),
      ...shifts.map((shift) => `${shift.direction}: ${tellShift(shift)}`),
      ...hints.map(({ message }) => `hint: ${message}`),
    ],
    drawings: [
      ...(view === null ? [] : [drawBoot(view.run, stack.name)]),
      ...(history === null ? [] : [history]),
      drawGraph({ name: stack.name, services: stack.services, graph }),
    ],
    tables: [
      {
        caption: 'Services',
        columns: ['service', 'boots', 'failed', 'last', 'p50', 'p95', 'p99'],
        rows: stats.services.map(({ name, boots, failures, last, p50, p95, p99 }) => [
          name,
          String(boots),
          String(failures),
          ...[last, p50, p95, p99].map(toTime),
        ]),
      },
      ...(view === null
        ? []
        : [
            {
              caption: `Critical chain of run ${view.run.id}`,
              columns: ['at', 'service', 'adds', 'of which'],
              rows: view.chain.map(({ service, from, to, parts }) => [
                formatDuration(from),
                service ?? '(muster)',
                formatDuration(to - from),
                parts.map((part) => `${kindWords[part.kind]} ${formatDuration(part.ms)}`).join(', '),
              ]),
            },
          ]),
    ],
  });
};
