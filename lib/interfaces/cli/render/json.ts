import type { Outcome } from '../../../domain/outcome.ts';
import type { Ms } from '../../../domain/service.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { stripAnsi } from '../../../util/ansi.ts';
import type { News } from '../../control.ts';

/** Epoch milliseconds of the event. */
type At = { readonly at: number };

/** One change as one line of JSON for machines; null for what only counts inside a state. */
export const toChangeLine = (service: ServiceSnapshot, { at, news }: At & { readonly news: News | null }): string | null => {
  if (news === null) return null;
  const { name, state, detail, reason, waitsFor, pid, ports, url, attempt, restarts, bootTime, optional } = service;
  return JSON.stringify({
    at: toIsoTime(at),
    type: news.type,
    service: name,
    state,
    from: news.from,
    detail,
    reason: reason ?? news.cause,
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

/** Nothing was done, for the reasons that were told people, a line each: as one line of JSON, like every refusal. */
export const toRefusalLine = (said: string): string => {
  const reason = stripAnsi(said)
    .trim()
    .replace(/^muster(?: [a-z]+)?: /gm, '');
  return JSON.stringify({ ok: false, refusal: { kind: 'refused', reason } });
};

const toIsoTime = (epoch: number): string => new Date(epoch).toISOString();
