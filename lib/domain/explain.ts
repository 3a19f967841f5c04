/** Why a service is in its state: the chain of causes, told one service at a time, down to the one that nobody else explains. */

import type { ServiceGraph } from './graph.ts';
import type { Ms, Service, ServiceName, Stack } from './service.ts';
import {
  blamedFor,
  type Failure,
  isSettled,
  isUp,
  newRecord,
  type ServiceRecord,
  type StateKind,
  type StateOf,
} from './state.ts';
import { describeState, describeStopReason, tellMisplaced, tellUnwatched } from './state-words.ts';
import { describeExit, describeFailure, formatDuration, type ToTime } from './words.ts';

export type Cause = {
  readonly service: ServiceName;
  readonly state: StateKind;
  /** One clause without its subject: "waits for db", "exited with code 1". */
  readonly because: string;
};

export type ExplainOptions = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  readonly now: Ms;
  /** Epoch milliseconds at `now`. */
  readonly wall: number;
  /** How a moment is told; without it, none is. */
  readonly toTime?: ToTime;
};

/** The service itself first, the root last. Empty for a name that the stack does not have. */
export const explain = (name: ServiceName, options: ExplainOptions): readonly Cause[] => {
  const causes: Cause[] = [];
  const seen = new Set<ServiceName>();
  for (let next: ServiceName | null = name; next !== null && !seen.has(next); ) {
    const service = options.stack.services.get(next);
    if (service === undefined) break;
    seen.add(next);
    const record = recordOf(options, next);
    const { because, blame } = tell(service, record, options);
    const notes = tellLate(service, record, options) + tellPause(service, record) + tellElsewhere(record);
    causes.push({ service: next, state: record.state.kind, because: because + notes });
    next = blame;
  }
  return causes;
};

/** Of one that is ready, its detail says it. */
const tellPause = (service: Service, record: ServiceRecord): string => {
  const pause = record.state.kind === 'ready' ? null : tellUnwatched(record, service);
  return pause === null ? '' : `; ${pause}`;
};

/** Of one that has failed, its failure says it. */
const tellElsewhere = (record: ServiceRecord): string => {
  const { kind } = record.state;
  const told = kind === 'starting' || kind === 'unhealthy' || kind === 'ready' ? tellMisplaced(record) : null;
  return told === null ? '' : `; ${told}`;
};

/** `blame`: whose state is the reason for this one; null: its own. */
type Told = { readonly because: string; readonly blame: ServiceName | null };

const alone = (because: string): Told => ({ because, blame: null });

const recordOf = ({ records }: ExplainOptions, name: ServiceName): ServiceRecord => records.get(name) ?? newRecord;

const tell = (service: Service, record: ServiceRecord, options: ExplainOptions): Told => {
  const { state } = record;
  const { detail, reason } = describeState({ record, service, now: options.now, toTime: options.toTime ?? null });
  switch (state.kind) {
    case 'idle':
      return alone('has not been asked to start');
    case 'waiting':
      return tellWaiting(state, options);
    case 'delayed':
      return alone(`${detail ?? 'starts soon'} (wait_before_start is ${formatDuration(service.waitBeforeStart)})`);
    case 'starting':
      return alone(tellStarting(state, service, options, detail));
    case 'ready':
      return alone(tellReady(state, service, options, [detail, reason]));
    case 'unhealthy':
      return alone(`has been unhealthy ${tellSince(state.since, options)}: ${state.detail}`);
    case 'backoff':
      return alone(`${tellFailure(state.failure, options)}; ${detail ?? ''}`);
    case 'stopping':
      return tellStopping(state, service, options, [detail, reason]);
    case 'stopped':
      return tellStopped(state, options);
    case 'completed':
      return alone(tellCompleted(state, service, options));
    case 'failed':
      return alone(`${tellFailure(state.failure, options)}${detail === null ? '' : `; ${detail}, so it is not tried again`}`);
    case 'skipped': {
      const [on = null] = state.chain;
      return { because: on === null ? 'was not started' : `was not started, because it needs ${on}`, blame: on };
    }
  }
};

/** `for 5m 3s, since 10:02` */
const tellSince = (since: Ms, { now, wall, toTime = null }: ExplainOptions): string => {
  const span = Math.max(0, now - since);
  return `for ${formatDuration(span)}${toTime === null ? '' : `, since ${toTime(wall - span)}`}`;
};

/** `12.0 s ago, at 10:02` */
const tellAgo = (at: Ms, { now, wall, toTime = null }: ExplainOptions): string => {
  const span = Math.max(0, now - at);
  return `${formatDuration(span)} ago${toTime === null ? '' : `, at ${toTime(wall - span)}`}`;
};

/** The folders of PATH are a value of the environment, which is nobody's business but the terminal's that started the stack. */
const tellFailure = (failure: Failure, { toTime = null }: ExplainOptions): string =>
  describeFailure(withoutSearched(failure), toTime);

export const withoutSearched = (failure: Failure): Failure => {
  if (failure.kind !== 'spawn' || failure.failure.searched === undefined) return failure;
  const { searched: _, ...rest } = failure.failure;
  return { kind: 'spawn', failure: rest };
};

/** Of several that are waited for, the one in the most trouble is worth looking at first. */
const troubles: readonly StateKind[] = ['backoff', 'unhealthy', 'stopping', 'waiting', 'delayed', 'starting'];

const troubleOf = (options: ExplainOptions, name: ServiceName): number => {
  const index = troubles.indexOf(recordOf(options, name).state.kind);
  return index < 0 ? troubles.length : index;
};

const tellWaiting = ({ on }: StateOf<'waiting'>, options: ExplainOptions): Told => {
  const { maxParallel } = options.stack;
  if (on.length > 0) {
    const [blame = null] = [...on].sort((a, b) => troubleOf(options, a) - troubleOf(options, b));
    return { because: `waits for ${on.join(', ')}`, blame };
  }
  const busy = options.graph.order.filter((name) => recordOf(options, name).state.kind === 'starting');
  const taken = busy.length === 0 ? '' : `, taken by ${nameSome(busy)}`;
  return alone(`waits for a free slot (max_parallel is ${maxParallel ?? 'not set'}${taken})`);
};

const nameSome = (names: readonly ServiceName[]): string =>
  names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');

const tellStarting = (
  state: StateOf<'starting'>,
  { healthTimeout, type }: Service,
  { now }: ExplainOptions,
  detail: string | null,
): string => {
  const probe = state.lastProbe === null ? '' : `; the last check said: ${state.lastProbe}`;
  if (state.process === null) return detail ?? 'is being started';
  const passed = formatDuration(now - state.process.spawnedAt);
  const limit = healthTimeout === null ? '' : ` of at most ${formatDuration(healthTimeout)}`;
  return `${detail ?? 'is being started'}, ${type === 'task' ? 'for' : 'so far for'} ${passed}${limit}${probe}`;
};

const tellReady = (
  state: StateOf<'ready'>,
  service: Service,
  options: ExplainOptions,
  notes: readonly (string | null)[],
): string => {
  const took = `; it took ${formatDuration(state.since - state.process.spawnedAt)}`;
  const missing = service.dependsOn.flatMap(({ on }) => (isMissing(on, options) ? [on] : []));
  const without = missing.map((on) => `runs without ${on}, which ${tellAbsence(recordOf(options, on).state.kind)}`);
  // That it came late is told for every state.
  const told = [...notes, ...without].filter((note) => note !== null && note !== 'came late');
  return [`has been ready ${tellSince(state.since, options)}${took}`, ...told].join('; ');
};

const isMissing = (name: ServiceName, options: ExplainOptions): boolean => {
  const { state } = recordOf(options, name);
  return options.stack.services.has(name) && !isUp(state) && !(state.kind === 'completed' && state.exit.code === 0);
};

const absences: Readonly<Partial<Record<StateKind, string>>> = {
  failed: 'failed',
  skipped: 'was not started',
  stopped: 'was stopped',
  stopping: 'is being stopped',
  completed: 'ended',
  idle: 'was not started',
};

const tellAbsence = (kind: StateKind): string => absences[kind] ?? 'is not up';

const tellStopping = (
  state: StateOf<'stopping'>,
  { name }: Service,
  options: ExplainOptions,
  [detail, reason]: readonly (string | null | undefined)[],
): Told => {
  const because = [detail ?? 'is being stopped', tellNext(state) ?? reason ?? null].filter((part) => part !== null).join('; ');
  if (state.phase !== 'dependents') return alone(because);
  // Those that have been asked come before those that wait themselves.
  const awaited = [...options.graph.dependentClosureOf([name])]
    .filter((other) => other !== name)
    .map((other) => ({ other, state: recordOf(options, other).state }))
    .flatMap(({ other, state: its }) => (its.kind === 'stopping' ? [{ other, isAsked: its.phase !== 'dependents' }] : []))
    .sort((a, b) => Number(b.isAsked) - Number(a.isAsked));
  return { because, blame: awaited[0]?.other ?? null };
};

const tellNext = ({ next }: StateOf<'stopping'>): string | null => {
  if (next.to === 'start') return 'it is started again after that';
  return next.to === 'stopped' && next.reason.kind === 'user' ? 'somebody asked for it' : null;
};

const tellStopped = ({ reason, since, killedAfter }: StateOf<'stopped'>, options: ExplainOptions): Told => {
  const killed = killedAfter === null ? '' : `; it did not end by itself and was killed after ${formatDuration(killedAfter)}`;
  const words = reason.kind === 'user' ? 'was stopped by hand' : describeStopReason(reason);
  return { because: `${words ?? 'was stopped'} ${tellAgo(since, options)}${killed}`, blame: blamedFor(reason) };
};

const tellCompleted = ({ exit, since }: StateOf<'completed'>, { type }: Service, options: ExplainOptions): string => {
  if (exit.code !== 0) return `${describeExit(exit)} ${tellAgo(since, options)}`;
  return type === 'task'
    ? `was done ${tellAgo(since, options)}`
    : `ended by itself, without an error, ${tellAgo(since, options)}`;
};

/** Who did not wait for it: their `wait_up_to` was over, or they start without what is optional. */
const tellLate = ({ name }: Service, { late, state }: ServiceRecord, { graph, records }: ExplainOptions): string => {
  if (!late) return '';
  const without = graph.dependentsOf(name).filter((other) => {
    const record = records.get(other);
    return record !== undefined && (isUp(record.state) || record.state.kind === 'starting');
  });
  const who = without.length === 0 ? 'its dependents' : nameSome(without);
  return isSettled(state) && isUp(state) ? `; it came late: ${who} did not wait for it` : `; ${who} did not wait for it`;
};
