/** Why a service is in its state: the chain of causes, told one service at a time, down to the one that nobody else explains. */

import type { Cause } from './causes.ts';
import { type ExplainOptions, nameSome, recordOf, restartsLately, tellFailure, tellNotes } from './explain-notes.ts';
import { edgeState } from './gate.ts';
import type { Ms, Service, ServiceName } from './service.ts';
import { blamedFor, isUp, type ServiceRecord, type StateKind, type StateOf, timeToReadyOf } from './state.ts';
import { describeStarting, describeState, describeStopReason } from './state-words.ts';
import { describeCause, describeExit, formatDuration, toPredicate } from './words.ts';

/**
 * The service itself first, the root last; where several keep it from starting, one chain after the other. Empty for a name that
 * the stack does not have.
 */
export const explain = (name: ServiceName, options: ExplainOptions): readonly Cause[] => {
  const causes: Cause[] = [];
  const seen = new Set<ServiceName>();
  const open = [{ name, depth: 0 }];
  let expected = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name: at, depth } = next;
    const service = options.stack.services.get(at);
    if (service === undefined || seen.has(at)) continue;
    seen.add(at);
    const record = recordOf(options, at);
    const { because, blames } = tell(service, record, options);
    const restarts = restartsLately(service, record, options);
    causes.push({
      service: at,
      state: record.state.kind,
      because: because + tellNotes(service, record, options),
      ...(depth === expected ? {} : { depth }),
      ...(restarts === 0 ? {} : { restarts }),
      ...lateness(record),
    });
    expected = depth + 1;
    open.push(...blames.map((blame) => ({ name: blame, depth: depth + 1 })).reverse());
  }
  return causes;
};

const lateness = ({ state }: ServiceRecord): Pick<Cause, 'late' | 'refused'> => {
  if (state.kind !== 'backoff' || state.failure.kind !== 'not-ready') return {};
  const { refused } = state.failure;
  return { late: true, ...(refused === undefined ? {} : { refused }) };
};

/** `blames`: whose state is the reason for this one; none: its own. */
type Told = { readonly because: string; readonly blames: readonly ServiceName[] };

const alone = (because: string): Told => ({ because, blames: [] });

const blaming = (because: string, blame: ServiceName | null): Told => ({ because, blames: blame === null ? [] : [blame] });

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
      return alone(tellStarting(state, record, service, options));
    case 'ready':
      return alone(tellReady(state, service, options, [detail, reason]));
    case 'unhealthy':
      return alone(`has been unhealthy ${tellSince(state.since, options)}: ${state.detail}`);
    case 'backoff':
      return alone(`${toPredicate(tellFailure(state.failure, options))}; ${detail ?? ''}`);
    case 'stopping':
      return tellStopping(state, service, options, [detail, reason]);
    case 'stopped':
      return tellStopped(state, options);
    case 'completed':
      return alone(tellCompleted(state, service, options));
    case 'failed':
      return alone(
        `${toPredicate(tellFailure(state.failure, options))}${detail === null ? '' : `; ${detail}, so it is not tried again`}`,
      );
    case 'skipped':
      return tellSkipped(state, service, options);
  }
};

const tellSkipped = ({ chain }: StateOf<'skipped'>, { dependsOn }: Service, options: ExplainOptions): Told => {
  const broken = dependsOn.flatMap((edge) => {
    const service = options.stack.services.get(edge.on);
    const isBroken = service !== undefined && edgeState(edge, { service, record: recordOf(options, edge.on) }) === 'broken';
    return isBroken ? [edge.on] : [];
  });
  const on = [...new Set([...chain.slice(0, 1), ...broken])];
  const because = on.length === 0 ? 'was not started' : `was not started, because it needs ${nameSome(on)}`;
  return { because, blames: on.slice(0, mostBlames) };
};

/** To follow more chains from one service would be a list of all that failed. */
const mostBlames = 4;

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
    return blaming(`waits for ${on.join(', ')}`, blame);
  }
  const busy = options.graph.order.filter((name) => recordOf(options, name).state.kind === 'starting');
  const taken = busy.length === 0 ? '' : `, taken by ${nameSome(busy)}`;
  return alone(`waits for a free slot (max_parallel is ${maxParallel ?? 'not set'}${taken})`);
};

const tellStarting = (state: StateOf<'starting'>, record: ServiceRecord, service: Service, { now }: ExplainOptions): string => {
  const { healthTimeout, type } = service;
  const detail = describeStarting(state, record, service);
  const cause = record.because === null ? '' : `; ${describeCause(record.because)}`;
  const probe = state.lastProbe === null ? '' : `; the last check said: ${state.lastProbe}`;
  if (state.process === null) return detail + cause;
  const passed = formatDuration(now - state.process.spawnedAt);
  const limit = healthTimeout === null ? '' : ` of at most ${formatDuration(healthTimeout)}`;
  return `${detail}, ${type === 'task' ? 'for' : 'so far for'} ${passed}${limit}${probe}${cause}`;
};

const tellReady = (
  state: StateOf<'ready'>,
  service: Service,
  options: ExplainOptions,
  notes: readonly (string | null)[],
): string => {
  const toReady = timeToReadyOf(state);
  const took = toReady === null ? '' : `; it took ${formatDuration(toReady)}`;
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
  return blaming(because, awaited[0]?.other ?? null);
};

const tellNext = ({ next }: StateOf<'stopping'>): string | null => {
  if (next.to === 'start') return 'it is started again after that';
  return next.to === 'stopped' && next.reason.kind === 'user' ? 'somebody asked for it' : null;
};

const tellStopped = ({ reason, since, killedAfter }: StateOf<'stopped'>, options: ExplainOptions): Told => {
  const killed = killedAfter === null ? '' : `; it did not end by itself and was killed after ${formatDuration(killedAfter)}`;
  const words = reason.kind === 'user' ? 'was stopped by hand' : describeStopReason(reason);
  return blaming(`${words ?? 'was stopped'} ${tellAgo(since, options)}${killed}`, blamedFor(reason));
};

const tellCompleted = ({ exit, since }: StateOf<'completed'>, { type }: Service, options: ExplainOptions): string => {
  if (exit.code !== 0) return `${describeExit(exit)} ${tellAgo(since, options)}`;
  return type === 'task'
    ? `was done ${tellAgo(since, options)}`
    : `ended by itself, without an error, ${tellAgo(since, options)}`;
};
