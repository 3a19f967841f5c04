import type { Change } from '../../../domain/events.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { Ms, Service } from '../../../domain/service.ts';
import { takeServiceSnapshot } from '../../../domain/take-snapshot.ts';
import type { ToTime } from '../../../domain/words.ts';
import { tellCause, toChangeType } from './change.ts';

/** Epoch milliseconds of the event. */
type At = { readonly at: number };

/** One change as one line of JSON for machines; null for what only counts inside a state. */
export const toChangeLine = (change: Change, { service, at }: At & { readonly service: Service }): string | null => {
  const type = toChangeType(change);
  if (type === null) return null;
  const snapshot = takeServiceSnapshot({ service, record: change.after, now: change.at, began: change.at, toTime: toIsoTime });
  const { name, state, detail, reason, waitsFor, pid, ports, url, attempt, restarts, bootTime, optional } = snapshot;
  return JSON.stringify({
    at: toIsoTime(at),
    type,
    service: name,
    state,
    from: change.before.state.kind,
    detail,
    reason: reason ?? tellCause(change),
    waitsFor,
    pid,
    ports,
    url,
    attempt,
    restarts,
    bootTime: bootTime === null ? null : Math.round(bootTime),
    optional,
  });
};

export type StackEventType = 'stackReady' | 'stackDegraded' | 'stackFailed' | 'stackStopping' | 'stackStopped';

const settledTypes: Readonly<Record<Outcome['verdict'], StackEventType>> = {
  up: 'stackReady',
  degraded: 'stackDegraded',
  failed: 'stackFailed',
  'timed-out': 'stackFailed',
};

/** The boot has settled. */
export const toOutcomeLine = (
  outcome: Outcome,
  { at, stack, elapsed }: At & { readonly stack: string; readonly elapsed: Ms },
): string =>
  JSON.stringify({
    at: toIsoTime(at),
    type: settledTypes[outcome.verdict],
    stack,
    verdict: outcome.verdict,
    elapsed: Math.round(elapsed),
    causes: outcome.causes.map(({ name, state, optional, skipped }) => ({ service: name, state: state.kind, optional, skipped })),
  });

/** Anything else worth an event: a warning, a port that was freed. Fields named `at` or `type` are ours. */
export const toEventLine = (type: string, { at, ...fields }: At & Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...fields, at: toIsoTime(at), type });

const toIsoTime: NonNullable<ToTime> = (epoch) => new Date(epoch).toISOString();
