import { own } from '../util/own.ts';
import type { Cause } from './causes.ts';
import type { History, RunRecord, ServiceTimeline } from './history.ts';
import type { ServiceName } from './service.ts';
import { toPredicate } from './words.ts';

/** What failed for good in a boot; `reason`: one clause without its subject, null where nobody wrote one down. */
export type FailedService = { readonly name: ServiceName; readonly reason: string | null };

export type FailedBoot = {
  readonly run: RunRecord;
  /** Required services first. Never empty. */
  readonly failed: readonly FailedService[];
};

/** The newest boot of a history, when it came to nothing; null: it did not, or there is none. */
export const failedLast = ({ runs }: History, isOptional: (name: ServiceName) => boolean): FailedBoot | null => {
  const run = runs.at(-1);
  if (run === undefined || (run.outcome !== 'failed' && run.outcome !== 'timed-out')) return null;
  const failed = Object.entries(run.services)
    .flatMap(([name, { outcome, reason }]) => (outcome === 'failed' ? [{ name, reason }] : []))
    .sort((a, b) => Number(isOptional(a.name)) - Number(isOptional(b.name)));
  return failed.length === 0 ? null : { run, failed };
};

/**
 * Why a service did not come up in such a boot: itself first, then what it needs, down to what failed, one chain after the other.
 * `needs`: what it does not start without. Empty for one that did come up, or was not in it.
 */
export const explainLast = (
  name: ServiceName,
  { run }: Pick<FailedBoot, 'run'>,
  needs: (name: ServiceName) => readonly ServiceName[],
): readonly Cause[] => {
  const causes: Cause[] = [];
  const seen = new Set<ServiceName>();
  const open = [{ service: name, depth: 0 }];
  let expected = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { service, depth } = next;
    const timeline = own(run.services, service);
    const state = timeline?.outcome;
    if (timeline === undefined || (state !== 'failed' && state !== 'skipped') || seen.has(service)) continue;
    seen.add(service);
    const on = state === 'failed' ? [] : brokenFor(timeline, run, needs(service));
    const because = state === 'failed' ? tellFailed(timeline) : tellSkipped(timeline, on);
    causes.push({ service, state, because, ...(depth === expected ? {} : { depth }) });
    expected = depth + 1;
    open.push(...on.map((each) => ({ service: each, depth: depth + 1 })).reverse());
  }
  return causes;
};

const tellFailed = ({ reason }: ServiceTimeline): string => (reason === null ? 'failed' : toPredicate(reason));

const tellSkipped = ({ reason }: ServiceTimeline, on: readonly ServiceName[]): string => {
  const because = on.length > 0 ? `it needs ${on.join(', ')}` : reason;
  return because === null ? 'was not started' : `was not started, because ${because}`;
};

/** By now the file may say otherwise what it needs; the root is written down. */
const brokenFor = (
  { reason }: ServiceTimeline,
  { services }: RunRecord,
  needs: readonly ServiceName[],
): readonly ServiceName[] => {
  const broken = needs.filter((name) => ['failed', 'skipped'].includes(own(services, name)?.outcome ?? ''));
  if (broken.length > 0) return broken;
  const root = reason?.endsWith(' failed') === true ? reason.slice(0, -' failed'.length) : '';
  return own(services, root)?.outcome === 'failed' ? [root] : [];
};
