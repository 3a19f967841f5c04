import { own } from '../util/own.ts';
import type { Cause } from './causes.ts';
import type { History, RunRecord, ServiceTimeline } from './history.ts';
import type { KeptFailure } from './kept-failure.ts';
import type { ServiceName } from './service.ts';
import type { StateKind } from './state.ts';
import { describeMisplaced, isAboutPort, toPredicate } from './words.ts';

/** What failed for good in a boot; `reason`: one clause without its subject, null where nobody wrote one down. */
export type FailedService = {
  readonly name: ServiceName;
  readonly reason: string | null;
  /** Absent: an older muster did not write it down. */
  readonly failure?: KeptFailure;
};

export type FailedBoot = {
  readonly run: RunRecord;
  /** Required services first. Not empty where it failed. */
  readonly failed: readonly FailedService[];
};

/** The newest boot of a history, when it came to nothing; null: it did not, or there is none. */
export const failedLast = ({ runs }: History, isOptional: (name: ServiceName) => boolean): FailedBoot | null => {
  const run = runs.at(-1);
  if (run === undefined || (run.outcome !== 'failed' && run.outcome !== 'timed-out')) return null;
  const failed = Object.entries(run.services)
    .flatMap(([name, timeline]) => (timeline.outcome === 'failed' ? [toFailed(name, timeline)] : []))
    .sort((a, b) => Number(isOptional(a.name)) - Number(isOptional(b.name)));
  return failed.length === 0 ? null : { run, failed };
};

const toFailed = (name: ServiceName, { reason, failure }: ServiceTimeline): FailedService => ({
  name,
  reason,
  ...(failure === undefined ? {} : { failure }),
});

/**
 * The newest boot of a history, when somebody ended it; null: nobody did. `failed`: what was on its way, or had failed, by then; it
 * can be empty.
 */
export const interruptedLast = ({ runs }: History): FailedBoot | null => {
  const run = runs.at(-1);
  if (run?.outcome !== 'interrupted') return null;
  const failed = Object.entries(run.services).flatMap(([name, timeline]) =>
    timeline.outcome === 'failed' || isOnWay(timeline) ? [toFailed(name, timeline)] : [],
  );
  return { run, failed };
};

const isOnWay = ({ outcome, ready }: ServiceTimeline): boolean =>
  outcome === 'unsettled' || (outcome === 'stopped' && ready === null);

/**
 * Why a service did not come up in such a boot: itself first, then what it needs, down to what failed, one chain after the other.
 * `needs`: what it does not start without. Empty for one that did come up, or was not in it.
 */
export const explainLast = (
  name: ServiceName,
  { run }: { readonly run: Pick<RunRecord, 'services' | 'outcome'> },
  needs: (name: ServiceName) => readonly ServiceName[],
  tellMore: (name: ServiceName, timeline: ServiceTimeline) => string | null = () => null,
): readonly Cause[] => {
  const causes: Cause[] = [];
  const seen = new Set<ServiceName>();
  const open = [{ service: name, depth: 0 }];
  let expected = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { service, depth } = next;
    const timeline = own(run.services, service);
    if (timeline === undefined || seen.has(service)) continue;
    const state = stateAtEnd(timeline, run);
    if (state === null) continue;
    seen.add(service);
    const on = state === 'skipped' || state === 'waiting' ? brokenFor(timeline, run, needs(service)) : [];
    const because = tellEnd(state, timeline, { on, more: tellMore(service, timeline) });
    causes.push({ service, state, because, ...(depth === expected ? {} : { depth }) });
    expected = depth + 1;
    open.push(...on.map((each) => ({ service: each, depth: depth + 1 })).reverse());
  }
  return causes;
};

type StateAtEnd = Extract<StateKind, 'failed' | 'skipped' | 'waiting' | 'starting' | 'backoff'>;

/** Null: it had come up, or nothing is known of it. */
const stateAtEnd = (timeline: ServiceTimeline, { outcome }: Pick<RunRecord, 'outcome'>): StateAtEnd | null => {
  if (timeline.outcome === 'failed' || timeline.outcome === 'skipped') return timeline.outcome;
  if (outcome !== 'interrupted' || !isOnWay(timeline)) return null;
  const last = timeline.attempts.at(-1);
  if (last === undefined) return 'waiting';
  return last.failed === null || last.reason === null ? 'starting' : 'backoff';
};

type Told = { readonly on: readonly ServiceName[]; readonly more: string | null };

const tellEnd = (state: StateAtEnd, timeline: ServiceTimeline, { on, more }: Told): string => {
  const { attempts } = timeline;
  const reason = withoutMisplaced(timeline.reason, timeline);
  const tail = more === null ? '' : `: ${more}`;
  switch (state) {
    case 'failed':
      return `${reason === null ? 'failed' : toPredicate(reason)}${timeline.failure?.kind === 'boot-timeout' ? '' : tail}`;
    case 'skipped':
      return tellSkipped(timeline, on);
    case 'waiting':
      return `was not started yet${on.length === 0 ? '' : `, because it needs ${on.join(', ')}`}`;
    case 'starting':
      if (attempts.length === 1) return `was not ready yet${tail}`;
      return `was on try ${attempts.length}${tail}${tellTry(attempts.at(-2)?.reason ?? null, tail === '' ? '; the one before ' : '; before, it ')}`;
    case 'backoff':
      return `was about to try again${tellTry(withoutMisplaced(attempts.at(-1)?.reason ?? null, timeline), '; it ')}${tail}`;
  }
};

/** Where it listened instead is told after what its last check said. */
const withoutMisplaced = (reason: string | null, { failure }: ServiceTimeline): string | null => {
  const told = failure?.misplaced === undefined ? '' : `; it ${describeMisplaced(failure.misplaced)}`;
  return told !== '' && reason?.endsWith(told) === true ? reason.slice(0, -told.length) : reason;
};

const tellTry = (reason: string | null, lead: string): string => (reason === null ? '' : `${lead}${toPredicate(reason)}`);

const tellSkipped = ({ reason }: ServiceTimeline, on: readonly ServiceName[]): string => {
  const because = on.length > 0 ? `it needs ${on.join(', ')}` : reason;
  return because === null ? 'was not started' : `was not started, because ${because}`;
};

/** By now the file may say otherwise what it needs; the root is written down. */
const brokenFor = (
  { reason }: ServiceTimeline,
  run: Pick<RunRecord, 'services' | 'outcome'>,
  needs: readonly ServiceName[],
): readonly ServiceName[] => {
  const broken = needs.filter((name) => {
    const timeline = own(run.services, name);
    return timeline !== undefined && stateAtEnd(timeline, run) !== null;
  });
  if (broken.length > 0) return broken;
  const root = reason?.endsWith(' failed') === true ? reason.slice(0, -' failed'.length) : '';
  return own(run.services, root)?.outcome === 'failed' ? [root] : [];
};

/** Nothing was started, since somebody else had the port. An older muster has written nothing but the sentence. */
export const hadNoPort = ({ reason, failure }: Omit<FailedService, 'name'>): boolean =>
  failure === undefined ? isAboutPort(reason) : failure.kind === 'port';
