/** The state of a service as sentences: what it is doing, and what went wrong. */

import { tellAsked } from './asked.ts';
import { tellCountdown, toCountdown } from './countdown.ts';
import { isElsewhere } from './engine.ts';
import { holdOf, tryOf } from './restart.ts';
import type { Ms, Service } from './service.ts';
import type { ServiceSnapshot } from './snapshot.ts';
import type { ServiceRecord, ServiceState, StateKind, StateOf, StopReason } from './state.ts';
import { describeCause, describeExit, describeFailure, describeMisplaced, formatDuration, type ToTime } from './words.ts';

export const describeStopReason = (reason: StopReason): string | null => {
  switch (reason.kind) {
    case 'user':
      return null;
    case 'dependency-lost':
      return `stopped because ${reason.on} was lost`;
    case 'aborted':
      return `stopped because ${reason.because} failed`;
    case 'restart':
      return 'stopped to be restarted';
  }
};

export type Description = {
  /** What it is doing, or about to: one clause; null where the name of the state says it all. */
  readonly detail: string | null;
  /** What went wrong; null where nothing did. */
  readonly reason: string | null;
};

export type DescribeOptions = {
  readonly record: ServiceRecord;
  readonly service: Service;
  readonly now: Ms;
  readonly toTime?: ToTime;
  /** Of the service at the end of a chain of causes. */
  readonly rootState?: StateKind;
};

export const describeState = ({ record, service, now, toTime = null, rootState = 'failed' }: DescribeOptions): Description => {
  const { state } = record;
  switch (state.kind) {
    case 'idle':
      return calm(null);
    case 'waiting':
      return calm(state.on.length > 0 ? `waits for ${state.on.join(', ')}` : 'waits for a free slot (max_parallel)');
    case 'delayed':
      return calm(tellRunning(state, service, now));
    case 'starting':
      return describeStart(state, record, service);
    case 'ready':
      return describeReady(state, record, service);
    case 'unhealthy':
      return { detail: null, reason: joined(state.detail, tellMisplaced(record), tellUnwatched(record)) };
    case 'backoff':
      return {
        detail: tellRunning(state, service, now),
        reason: describeFailure(state.failure, toTime),
      };
    case 'stopping':
      return { detail: describeStopping(state, service, now), reason: describeStopCause(state, record, toTime) };
    case 'stopped':
      return {
        detail: state.killedAfter === null ? null : `killed after ${formatDuration(state.killedAfter)}`,
        reason: describeStopReason(state.reason),
      };
    case 'completed':
      return state.exit.code === 0
        ? calm(service.type === 'task' ? null : 'ended by itself')
        : { detail: null, reason: describeExit(state.exit) };
    case 'failed':
      return { detail: describeBreaker(state, service), reason: describeFailure(state.failure, toTime) };
    case 'skipped':
      return {
        detail: describeChain([service.name, ...state.chain]),
        reason: `${state.chain.at(-1) ?? 'a dependency'} ${lossWords[rootState] ?? 'did not come up'}`,
      };
  }
};

const lossWords: Readonly<Partial<Record<StateKind, string>>> = {
  failed: 'failed',
  unhealthy: 'became unhealthy',
  stopped: 'was stopped',
  stopping: 'was stopped',
  completed: 'ended',
};

const joined = (...parts: readonly (string | null)[]): string | null => parts.filter((part) => part !== null).join('; ') || null;

/** Why its probe asks in vain, where that was found out. */
export const tellMisplaced = ({ misplaced }: ServiceRecord): string | null =>
  misplaced === undefined ? null : `it ${describeMisplaced(misplaced)}`;

const calm = (detail: string | null): Description => ({ detail, reason: null });

const tellRunning = (state: ServiceState, service: Service, now: Ms): string | null => {
  const countdown = toCountdown(state, service, now);
  return countdown === null ? null : tellCountdown(countdown);
};

/** `web → api → db`: who waited for whom, down to the root cause. */
export const describeChain = (chain: readonly string[]): string => chain.join(' → ');

/** What its probe was answered belongs to what it waits for; what it was started anew for comes behind that. */
const describeStart = (state: StateOf<'starting'>, record: ServiceRecord, service: Service): Description => {
  const detail = describeStarting(state, record, service);
  const reason = joined(state.lastProbe, tellMisplaced(record));
  const because = record.because === null ? null : describeCause(record.because);
  return reason === null ? calm(joined(detail, because)) : { detail, reason: joined(reason, because) };
};

/** Without what it was started anew for. */
export const describeStarting = (state: StateOf<'starting'>, record: ServiceRecord, service: Service): string => {
  const nth = tryOf(record.restarts);
  const tried = nth > 1 ? ` (try ${nth})` : '';
  if (state.phase === 'ports') return `${tellClaim(service)}${tried}`;
  if (state.phase === 'before-start') return `runs its before_start hook${tried}`;
  if (state.phase === 'spawning') return `is being spawned${tried}`;
  if (state.process !== null && isElsewhere(state.process.identity)) return `applied, waits for its pods${tried}`;
  if (service.type === 'task') return `runs${tried}`;
  if (state.holding) return `spawned, ${tellHold(service, record)}${tried}`;
  return `spawned, waits for ${describeReadiness(service, record)}${tried}`;
};

const tellHold = (service: Service, { restarts }: ServiceRecord): string => {
  const hold = holdOf(service, restarts);
  return hold > service.startupDelay
    ? `has to stay alive for ${formatDuration(hold)}`
    : `waits out its startup delay of ${formatDuration(hold)}`;
};

const tellClaim = ({ ports }: Service): string => {
  if (ports.length === 0) return 'is about to be spawned';
  return `claims ${ports.length === 1 ? 'its port' : 'its ports'}`;
};

/** What its readiness hangs on: "port 3000", "/health on port 3000", "a line in its log". */
const describeReadiness = (service: Service, { ports }: ServiceRecord): string => {
  const asked = tellAsked(service, ports[0]?.port ?? service.ports[0]?.wanted ?? null);
  const port = asked === null ? null : portOf(asked);
  switch (service.ready?.check.kind) {
    case 'http':
      return port === null ? 'an HTTP answer' : `an HTTP answer on port ${port}`;
    case 'tcp':
      return port === null ? 'its address to answer' : `port ${port}`;
    case 'exec':
      return 'its probe command to pass';
    case 'log':
      return 'a line in its log';
    case 'notify':
      return 'its notification';
    case 'file':
      return 'its file to appear';
    case undefined:
      return 'its start';
  }
};

/** Of an address: `http://127.0.0.1:3000/health`, `127.0.0.1:5432`. Null: it names none. */
const portOf = (asked: string): string | null => /^[^/]*(?:\/\/[^/]*)?:(\d+)(?:\/|$)/.exec(asked)?.[1] ?? null;

/** Where it listens, as far as the file does not say: `on port 3001 instead of 3000`, `on ports 37001 (http), 37002 (admin)`. */
const describePorts = ({ ports }: ServiceRecord, service: Service): string | null => {
  const told = ports.flatMap(({ name, port }) => {
    const own = service.ports.find((candidate) => candidate.name === name);
    if (own === undefined || own.wanted === port) return [];
    const label = name === null || ports.length < 2 ? '' : ` (${name})`;
    return [`${port}${own.wanted === null ? '' : ` instead of ${own.wanted}`}${label}`];
  });
  return told.length === 0 ? null : `on ${told.length === 1 ? 'port' : 'ports'} ${told.join(', ')}`;
};

/** Nobody who looks at its files in vain shall wonder why nothing happens. */
export const tellUnwatched = ({ unwatched }: ServiceRecord): string | null =>
  unwatched === null ? null : `watch paused: it changes ${unwatched} itself; a start or restart by hand resumes it`;

/** `src/a.js changed`, as long as that is why this attempt was made. */
const tellBecause = ({ because }: ServiceRecord): string | null =>
  because === null ? null : `restarted: ${describeCause(because)}`;

const describeReady = (state: StateOf<'ready'>, record: ServiceRecord, service: Service): Description => {
  const parts = [
    describePorts(record, service),
    record.late ? 'came late' : null,
    // By which file it was restarted the last time, the pause says too.
    tellUnwatched(record) ?? tellBecause(record),
  ].filter((part) => part !== null);
  const failing =
    state.failures === 0 || state.lastProbe === null ? null : `last check failed (${state.failures}): ${state.lastProbe}`;
  return { detail: parts.length === 0 ? null : parts.join(', '), reason: failing };
};

const describeStopping = (state: StateOf<'stopping'>, service: Service, now: Ms): string | null => {
  switch (state.phase) {
    case 'spawn':
      return 'waits for its spawn to be over';
    case 'dependents':
      return 'waits for its dependents to stop';
    case 'before-stop':
      return 'runs its before_stop hook';
    case 'after-stop':
      return 'is gone; its after_stop hook runs';
    case 'asked':
    case 'killing':
      return tellRunning(state, service, now);
  }
};

const describeStopCause = ({ next }: StateOf<'stopping'>, { because }: ServiceRecord, toTime: ToTime): string | null => {
  if (next.to === 'retry' || next.to === 'fail') return describeFailure(next.failure, toTime);
  if (next.to === 'start' && because !== null) return describeCause(because);
  return next.to === 'stopped' ? describeStopReason(next.reason) : null;
};

const describeBreaker = ({ restarts, breakerOpen, neverReady }: StateOf<'failed'>, { restart }: Service): string | null => {
  if (!breakerOpen) return null;
  if (restarts === 0) return 'no restart left';
  const counted = `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  return neverReady === true ? `${counted}, never ready` : `${counted} in ${formatWindow(restart.window)}`;
};

/** Settings are round: `60 s`, not `1m 0s` and not `60.0 s`. */
const formatWindow = (ms: Ms): string => (ms % 1000 === 0 && ms <= 120_000 ? `${ms / 1000} s` : formatDuration(ms));

/** Detail and reason in one clause. */
export const tellStory = ({ state, detail, reason, optional }: ServiceSnapshot): string => {
  const role = optional && (state === 'failed' || state === 'skipped') ? 'optional; ' : '';
  if (detail === null) return `${reason === null ? '' : role}${reason ?? ''}`;
  if (reason === null) return detail;
  return state === 'failed' ? `(${detail}) ${role}${reason}` : `${role}${detail}: ${reason}`;
};
