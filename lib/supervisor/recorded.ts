import type { Change } from '../domain/events.ts';
import type { RecordedService } from '../domain/recorded.ts';
import type { Ms, ServiceName } from '../domain/service.ts';
import { blamedFor, failureOf, processOf, type ServiceRecord, type ServiceState } from '../domain/state.ts';
import { describeFailureBriefly } from '../domain/words.ts';

export type RecordedFacts = {
  readonly definitionHash: string;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
  /** From the supervisor's clock to epoch milliseconds. */
  readonly toWall: (at: Ms) => number;
};

/** A service as the next supervisor has to know it. */
export const toRecorded = (record: ServiceRecord, { definitionHash, startedAt, toWall }: RecordedFacts): RecordedService => {
  const { state, restarts } = record;
  const failure = failureOf(state);
  return {
    attempt: record.attempt,
    restarts: restarts.sinceReady,
    restartTimes: restarts.times.length === 0 ? null : restarts.times.map(toWall),
    streak: restarts.streak,
    desired: record.desired,
    state: state.kind,
    since: state.kind === 'idle' ? null : toWall(state.since),
    process: processOf(state)?.identity ?? null,
    ports: record.ports,
    startedAt,
    earlier: processOf(state)?.earlier ?? null,
    lastHealth: state.kind === 'ready' ? 'healthy' : state.kind === 'unhealthy' ? 'unhealthy' : null,
    until: state.kind === 'backoff' ? toWall(state.until) : null,
    failure: failure === null ? null : describeFailureBriefly(failure),
    askedAt: state.kind === 'stopping' && state.askedAt !== null ? toWall(state.askedAt) : null,
    next: state.kind === 'stopping' ? state.next.to : null,
    stoppedFor: stoppedForOf(state),
    definitionHash,
  };
};

const stoppedForOf = (state: ServiceState): ServiceName | null => {
  if (state.kind === 'stopped') return blamedFor(state.reason);
  return state.kind === 'stopping' && state.next.to === 'stopped' ? blamedFor(state.next.reason) : null;
};

/** Probes and counters change many times a second and are found out again; all else the next supervisor must be told. */
export const isWorthNoting = ({ before, after }: Change): boolean =>
  before.state.kind !== after.state.kind ||
  before.attempt !== after.attempt ||
  before.desired !== after.desired ||
  before.ports !== after.ports ||
  processOf(before.state) !== processOf(after.state) ||
  (before.state.kind === 'stopping' &&
    after.state.kind === 'stopping' &&
    (before.state.phase !== after.state.phase || before.state.next !== after.state.next));
