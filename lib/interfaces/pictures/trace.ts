import { toBars } from '../../domain/bars.ts';
import { toCriticalPath } from '../../domain/critical-path.ts';
import type { RunRecord } from '../../domain/history.ts';
import type { Ms } from '../../domain/service.ts';

/** An event of the trace event format; `ts` and `dur` are microseconds. */
export type TraceEvent = {
  readonly name: string;
  readonly ph: 'M' | 'X' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, unknown>>;
};

const pid = 1;
const toMicros = (ms: Ms): number => Math.round(ms * 1000);

/**
 * A boot as Chrome's trace events, for Perfetto (ui.perfetto.dev), chrome://tracing and Speedscope: a thread a service, a span for
 * all of it and one in it for each thing that it did, and an arrow from each service to those that it set free.
 */
export const toTrace = (
  run: RunRecord,
  name: string,
): { readonly traceEvents: readonly TraceEvent[]; readonly displayTimeUnit: 'ms'; readonly otherData: unknown } => {
  const critical = toCriticalPath(run);
  const rows = toBars(run);
  const tidOf = new Map(rows.map(({ service }, index) => [service, index + 2]));
  const events: TraceEvent[] = [
    { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } },
    { name: 'thread_name', ph: 'M', pid, tid: 1, args: { name: 'critical path' } },
    { name: 'thread_sort_index', ph: 'M', pid, tid: 1, args: { sort_index: 1 } },
    ...critical.segments.map(
      ({ service, kind, from, to }): TraceEvent => span(`${service ?? 'muster'}: ${kind}`, { from, to, tid: 1, cat: 'critical' }),
    ),
  ];
  for (const { service, timeline, bars } of rows) {
    const tid = tidOf.get(service) ?? 0;
    events.push(
      { name: 'thread_name', ph: 'M', pid, tid, args: { name: service } },
      { name: 'thread_sort_index', ph: 'M', pid, tid, args: { sort_index: tid } },
    );
    const [first, last] = [bars[0], bars.at(-1)];
    if (first === undefined || last === undefined) continue;
    const { outcome, reason, attempts } = timeline;
    const args = { outcome, attempts: attempts.length, ...(reason === null ? {} : { reason }) };
    events.push({ ...span(service, { from: first.from, to: last.to, tid, cat: 'service' }), args });
    events.push(...bars.map(({ kind, from, to }) => span(kind, { from, to, tid, cat: 'phase' })));
  }
  let id = 0;
  for (const { service, timeline } of rows) {
    const by = timeline.releasedBy;
    const from = by === null ? undefined : tidOf.get(by);
    if (from === undefined || timeline.satisfied === null) continue;
    id += 1;
    const ts = toMicros(timeline.satisfied);
    const arrow = { name: 'releases', cat: 'dependency', id, pid } as const;
    // The arrow binds to the span around it, and at its very end there is none any more.
    events.push(
      { ...arrow, ph: 's', tid: from, ts: Math.max(0, ts - 1) },
      { ...arrow, ph: 'f', bp: 'e', tid: tidOf.get(service) ?? 0, ts },
    );
  }
  return {
    traceEvents: events,
    displayTimeUnit: 'ms',
    otherData: {
      run: run.id,
      startedAt: new Date(run.startedAt).toISOString(),
      environment: run.environment,
      outcome: run.outcome,
    },
  };
};

type Span = { readonly from: Ms; readonly to: Ms; readonly tid: number; readonly cat: string };

const span = (name: string, { from, to, tid, cat }: Span): TraceEvent => ({
  name,
  cat,
  ph: 'X',
  ts: toMicros(from),
  dur: Math.max(0, toMicros(to) - toMicros(from)),
  pid,
  tid,
});
