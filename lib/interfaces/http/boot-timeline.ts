import { isBoot } from '../../domain/fold.ts';
import type { RunRecord, ServiceTimeline } from '../../domain/history.ts';
import type { Ms, ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import type { StateKind } from '../../domain/state.ts';
import type { ControlEvent } from '../control.ts';

/** A time in which a service was in one state; `to` null: it still is. Milliseconds since the boot began. */
export type Span = { readonly state: StateKind; readonly from: Ms; readonly to: Ms | null };

export type BootTimeline = {
  readonly booting: boolean;
  /** The number of the remembered boot that it is of; null: it is under way, or nothing was ever booted. */
  readonly run: number | null;
  /** Epoch milliseconds; null: nothing was ever booted. */
  readonly startedAt: number | null;
  /** How long it took, or has taken so far. */
  readonly elapsed: Ms;
  readonly outcome: string | null;
  /** In the order in which they began. */
  readonly services: readonly { readonly name: ServiceName; readonly spans: readonly Span[]; readonly ready: Ms | null }[];
};

export type TimelineOptions = {
  readonly snapshot: StackSnapshot;
  /** Changes of the boot that is under way. */
  readonly story: readonly ControlEvent[];
  readonly last: RunRecord | null;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Of the boot that is under way, by what was heard of it; else of the last one, as it was recorded. */
export const toBootTimeline = ({ snapshot, story, last, now }: TimelineOptions): BootTimeline => {
  const [first] = story;
  if (snapshot.booting === true && first !== undefined) return fromStory(story, first.at, now);
  if (last === null)
    return { booting: snapshot.booting === true, run: null, startedAt: null, elapsed: 0, outcome: null, services: [] };
  return {
    booting: false,
    run: last.id,
    startedAt: last.startedAt,
    elapsed: last.duration,
    outcome: last.outcome,
    services: toRows(last),
  };
};

/** The newest boot of all these services; else the newest that was no start by hand; else the newest. Null: there is none. */
export const pickBoot = (runs: readonly RunRecord[], names: Iterable<ServiceName>): RunRecord | null => {
  const all = [...names];
  const boots = runs.filter(({ trigger }) => trigger !== 'start');
  const isWhole = ({ services }: RunRecord): boolean =>
    all.every((name) => Object.hasOwn(services, name)) && Object.values(services).some(isBoot);
  return boots.findLast(isWhole) ?? boots.at(-1) ?? runs.at(-1) ?? null;
};

const isOver: ReadonlySet<StateKind> = new Set(['ready', 'unhealthy', 'completed', 'failed', 'skipped', 'stopped', 'idle']);

const fromStory = (story: readonly ControlEvent[], start: number, now: number): BootTimeline => {
  const services = new Map<ServiceName, { spans: Span[]; ready: Ms | null }>();
  for (const event of story) {
    if (event.type !== 'changed') continue;
    const { name, state } = event.service;
    const entry = services.get(name) ?? { spans: [], ready: null };
    services.set(name, entry);
    const at = event.at - start;
    const last = entry.spans.at(-1);
    if (last?.state === state && last.to === null) continue;
    if (last?.to === null) entry.spans[entry.spans.length - 1] = { ...last, to: at };
    if (state === 'ready' || state === 'completed') entry.ready ??= at;
    if (!isOver.has(state)) entry.spans.push({ state, from: at, to: null });
    else if (state === 'failed' || state === 'skipped') entry.spans.push({ state, from: at, to: at });
  }
  const all = [...services].map(([name, entry]) => ({ name, ...entry }));
  return { booting: true, run: null, startedAt: start, elapsed: now - start, outcome: null, services: byBeginning(all) };
};

/** Of a boot that is over. */
export const toRows = ({ services, duration }: RunRecord): BootTimeline['services'] =>
  byBeginning(
    Object.entries(services).map(([name, timeline]) => ({ name, spans: toSpans(timeline, duration), ready: timeline.ready })),
  );

/** In the words of the live states. */
const toSpans = ({ satisfied, delayed, attempts, outcome, settled }: ServiceTimeline, end: Ms): readonly Span[] => {
  const spans: Span[] = [];
  const add = (state: StateKind, from: Ms, to: Ms): void => {
    if (to > from) spans.push({ state, from, to });
  };
  add('waiting', 0, satisfied ?? settled ?? end);
  if (satisfied !== null) add('delayed', satisfied, delayed ?? satisfied);
  let free = delayed ?? satisfied ?? 0;
  for (const [index, { begun, ready, failed, ended }] of attempts.entries()) {
    add(index === 0 ? 'waiting' : 'backoff', free, begun);
    const over = ready ?? failed ?? end;
    add('starting', begun, over);
    // One that was ready runs until it is lost.
    free = ready === null ? over : (ended ?? over);
  }
  if (outcome === 'failed' || outcome === 'skipped') spans.push({ state: outcome, from: settled ?? free, to: settled ?? free });
  return spans;
};

type Row = BootTimeline['services'][number];

const beginningOf = ({ spans }: Row): Ms => spans.find(({ state }) => state === 'starting')?.from ?? Number.POSITIVE_INFINITY;

const byBeginning = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((a, b) => {
    const [first, second] = [beginningOf(a), beginningOf(b)];
    return first === second ? 0 : first - second;
  });
