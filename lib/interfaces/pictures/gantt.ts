import { type Bar, toBars } from '../../domain/bars.ts';
import { toCriticalPath } from '../../domain/critical-path.ts';
import type { RunRecord, ServiceTimeline } from '../../domain/history.ts';
import type { Ms, ServiceName } from '../../domain/service.ts';
import { formatDuration } from '../../domain/words.ts';
import { drawing, element, escapeXml, shorten, text } from './svg.ts';

const rowHeight = 24;
const barHeight = 12;
const top = 70;
const plotWidth = 640;
const mostLetters = 30;
/** About the width of a letter, so that the names of most fonts fit. */
const letterWidth = 7.2;

const legend: readonly (readonly [Bar['kind'], string])[] = [
  ['waiting', 'waits for others'],
  ['queue', 'queue'],
  ['delay', 'delay'],
  ['ports', 'ports'],
  ['spawn', 'spawn'],
  ['boot', 'boot'],
  ['probe', 'probe'],
  ['retry', 'failed try'],
  ['backoff', 'back-off'],
];

type Row = { readonly service: ServiceName; readonly timeline: ServiceTimeline; readonly bars: readonly Bar[] };
type Frame = {
  readonly left: number;
  readonly end: Ms;
  readonly critical: ReadonlySet<ServiceName>;
  readonly rowOf: ReadonlyMap<ServiceName, number>;
};

/** A boot as a Gantt chart: a row a service, what it did on one scale of time, and the chain that decided in a colour of its own. */
export const drawBoot = (run: RunRecord, name: string): string => {
  const rows = toBars(run);
  const critical = toCriticalPath(run).chain;
  const longest = Math.max(6, ...rows.map(({ service }) => Math.min(mostLetters, Array.from(service).length)));
  const frame: Frame = {
    left: 24 + longest * letterWidth,
    end: Math.max(1, run.duration),
    critical: new Set(critical),
    rowOf: new Map(rows.map(({ service }, index) => [service, index])),
  };
  const bottom = top + rows.length * rowHeight;
  const width = frame.left + plotWidth + 96;
  const legendOf = drawLegend(rows, bottom + 30, width);
  const title = `${name}: run ${run.id}, ${run.outcome} after ${formatDuration(run.duration)}`;
  const when = `${new Date(run.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${run.environment}`;
  return drawing({
    width,
    height: bottom + 48 + legendOf.height,
    label: title,
    style: '.edge, .mark { fill: none; stroke-width: 1.5; }',
    colours: ({ critical: chain, line }) => `.edge, .mark { stroke: ${chain}; } .grid { stroke: ${line}; }`,
    parts: [
      text(shorten(title, 90), { x: 12, y: 22, class: 'title' }, title),
      text(shorten(when, 90), { x: 12, y: 40, class: 'dim' }),
      ...drawAxis(frame, bottom),
      ...critical.flatMap((service, index) => drawEdge(run, { from: critical[index - 1], to: service }, frame)),
      ...rows.map((row, index) => drawRow(row, index, frame)),
      ...legendOf.parts,
    ],
  });
};

const toX = (at: Ms, { left, end }: Frame): number => left + (Math.min(at, end) / end) * plotWidth;
const toY = (row: number): number => top + row * rowHeight;

const steps = [1, 2, 5];

/** Round moments, at most eight of them. */
export const toTicks = (end: Ms): Ms[] => {
  for (let power = 1; ; power *= 10) {
    for (const step of steps) {
      const size = step * power;
      if (end / size <= 8) return Array.from({ length: Math.floor(end / size) + 1 }, (_, index) => index * size);
    }
  }
};

const drawAxis = (frame: Frame, bottom: number): string[] =>
  toTicks(frame.end).flatMap((at) => [
    element('line', { x1: toX(at, frame), x2: toX(at, frame), y1: top - 4, y2: bottom, class: 'grid' }),
    text(at === 0 ? '0' : formatDuration(at), { x: toX(at, frame), y: top - 10, class: 'dim', 'text-anchor': 'middle' }),
  ]);

const drawRow = ({ service, timeline, bars }: Row, index: number, frame: Frame): string => {
  const y = toY(index);
  const isCritical = frame.critical.has(service);
  const settled = bars.at(-1)?.to ?? 0;
  const work = bars.filter(({ kind }) => kind !== 'waiting');
  const told = timeline.attempts.length > 1 ? `, ${timeline.attempts.length} tries` : '';
  const isUp = timeline.outcome === 'ready' || timeline.outcome === 'completed';
  const note = isUp ? formatDuration(settled - (work[0]?.from ?? settled)) : timeline.outcome;
  const outline =
    isCritical && work.length > 0
      ? [element('rect', { ...box(work[0]?.from ?? 0, settled, frame), y: y + 4, height: barHeight + 4, rx: 2, class: 'mark' })]
      : [];
  return element(
    'g',
    {},
    [
      text(
        shorten(service, mostLetters),
        { x: frame.left - 10, y: y + 16, 'text-anchor': 'end', ...(isCritical ? { class: 'critical' } : {}) },
        service,
      ),
      ...bars.map((bar) => drawBar(bar, y, frame)),
      ...outline,
      text(`${note}${told}`, { x: toX(settled, frame) + 6, y: y + 16, class: 'dim' }, timeline.reason ?? undefined),
    ].join(''),
  );
};

const box = (from: Ms, to: Ms, frame: Frame): { x: number; width: number } => ({
  x: toX(from, frame),
  width: Math.max(0.6, toX(to, frame) - toX(from, frame)),
});

const drawBar = ({ kind, from, to }: Bar, y: number, frame: Frame): string => {
  const isThin = kind === 'waiting' || kind === 'queue' || kind === 'backoff';
  const height = isThin ? 3 : barHeight;
  return element(
    'rect',
    { ...box(from, to, frame), y: y + 6 + (barHeight - height) / 2, height, class: kind },
    `<title>${escapeXml(`${kind} ${formatDuration(to - from)}`)}</title>`,
  );
};

type Edge = { readonly from: ServiceName | undefined; readonly to: ServiceName };

/** From the end of the one down, or up, to the row of the one that it set free. */
const drawEdge = (run: RunRecord, { from, to }: Edge, frame: Frame): string[] => {
  const [row, next] = [frame.rowOf.get(from ?? ''), frame.rowOf.get(to)];
  const at = run.services[to]?.satisfied ?? null;
  if (row === undefined || next === undefined || at === null) return [];
  const x = toX(at, frame);
  return [element('path', { d: `M${Math.round(x)} ${toY(row) + 12}V${toY(next) + 12}`, class: 'edge' })];
};

const legendStep = 18;

/** As many in a line as there is room for. */
const drawLegend = (rows: readonly Row[], top: number, width: number): { readonly parts: string[]; readonly height: number } => {
  const seen = new Set<string>(rows.flatMap(({ bars }) => bars.map(({ kind }) => kind)));
  const entries = [...legend.filter(([kind]) => seen.has(kind)), ['mark', 'critical path'] as const];
  const parts: string[] = [];
  let [x, y] = [12, top];
  for (const [kind, meaning] of entries) {
    const room = 32 + meaning.length * 6.4;
    if (x + room > width && x > 12) [x, y] = [12, y + legendStep];
    parts.push(
      element('rect', { x, y: y - 9, width: 10, height: 10, class: kind }),
      text(meaning, { x: x + 15, y, class: 'dim' }),
    );
    x += room;
  }
  return { parts, height: y - top };
};
