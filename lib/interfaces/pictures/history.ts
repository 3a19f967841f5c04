import type { StackStats } from '../../domain/stats.ts';
import { formatDuration } from '../../domain/words.ts';
import { toTicks } from './gantt.ts';
import { drawing, element, escapeXml, text } from './svg.ts';

const [left, top, plotWidth, plotHeight] = [70, 40, 760, 160];
const most = 200;

/** The boot time of the stack over the runs, a bar each; what failed is red. Null: nothing to draw. */
export const drawHistory = ({ wholeRuns, p50 }: StackStats): string | null => {
  const runs = wholeRuns.slice(-most);
  if (runs.length === 0) return null;
  const end = Math.max(1, ...runs.map(({ ms }) => ms));
  const toHeight = (ms: number): number => (ms / end) * plotHeight;
  const step = plotWidth / Math.max(runs.length, 12);
  const bottom = top + plotHeight;
  const isUp = (outcome: string): boolean => outcome === 'up' || outcome === 'degraded';
  return drawing({
    width: left + plotWidth + 60,
    height: bottom + 36,
    label: 'Boot time of the stack over the runs',
    style: '.median { stroke-dasharray: 5 4; }',
    colours: ({ critical, line }) => `.grid { stroke: ${line}; } .median { stroke: ${critical}; }`,
    parts: [
      text('Boot time over the runs', { x: 12, y: 22, class: 'title' }),
      ...toTicks(end)
        .filter((_, index, all) => all.length <= 5 || index % 2 === 0)
        .flatMap((at) => [
          element('line', {
            x1: left,
            x2: left + plotWidth,
            y1: bottom - toHeight(at),
            y2: bottom - toHeight(at),
            class: 'grid',
          }),
          text(formatDuration(at), { x: left - 8, y: bottom - toHeight(at) + 4, class: 'dim', 'text-anchor': 'end' }),
        ]),
      ...runs.map(({ run, ms, outcome }, index) =>
        element(
          'rect',
          {
            x: left + index * step + step * 0.1,
            y: bottom - toHeight(ms),
            width: Math.max(0.8, step * 0.8),
            height: Math.max(0.8, toHeight(ms)),
            class: isUp(outcome) ? 'boot' : 'retry',
          },
          `<title>${escapeXml(`run ${run}: ${outcome} after ${formatDuration(ms)}`)}</title>`,
        ),
      ),
      ...(p50 === null
        ? []
        : [
            element('line', {
              x1: left,
              x2: left + plotWidth,
              y1: bottom - toHeight(p50),
              y2: bottom - toHeight(p50),
              class: 'median',
            }),
            text(`p50`, { x: left + plotWidth + 6, y: bottom - toHeight(p50) + 4, class: 'critical' }),
          ]),
      text(`run ${runs[0]?.run ?? ''}`, { x: left, y: bottom + 18, class: 'dim' }),
      text(`run ${runs.at(-1)?.run ?? ''}`, { x: left + step * runs.length, y: bottom + 18, class: 'dim', 'text-anchor': 'end' }),
    ],
  });
};
