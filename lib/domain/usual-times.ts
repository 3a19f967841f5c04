import { own } from '../util/own.ts';
import { bootTimeOf, isBoot, readyAttemptOf } from './fold.ts';
import type { History, ServiceTimeline } from './history.ts';
import type { Ms, Service, ServiceName } from './service.ts';

export type Remembered = {
  /** Newest first, as far as they count. Spawn to ready. */
  readonly bootTimes: readonly Ms[];
  /** From its first slot to ready, or to its failure, with failed attempts and their back-off. */
  readonly holds: readonly Ms[];
  /** It was started, and never got ready. */
  readonly neverReady: boolean;
};

/** Boots that count: enough that one slow one changes nothing, few enough that the plan follows what the service has become. */
const recent = 20;

/** What each service took in this environment lately; with its present definition, if that was ever seen. Without times: it was seen, and no more. */
export const collectMemory = (
  services: readonly Service[],
  history: History,
  environment: string,
): Map<ServiceName, Remembered> => {
  const runs = history.runs.filter((run) => run.environment === environment).toReversed();
  const memory = new Map<ServiceName, Remembered>();
  for (const { name, definitionHash } of services) {
    const seen: ServiceTimeline[] = [];
    const same: ServiceTimeline[] = [];
    const failed: ServiceTimeline[] = [];
    let [isKnown, wasStarted] = [false, false];
    for (const run of runs) {
      const timeline = own(run.services, name);
      if (timeline === undefined) continue;
      if (isBoot(timeline)) wasStarted = true;
      if (isBoot(timeline) || timeline.outcome === 'reused') isKnown = true;
      if (readyAttemptOf(timeline) === null) {
        // One that was cut short, or is still tried, says nothing about how long anything takes.
        if (timeline.outcome === 'failed' && holdOf(timeline) !== null) failed.push(timeline);
        continue;
      }
      if (timeline.definitionHash === definitionHash) same.push(timeline);
      if (seen.length < recent) seen.push(timeline);
      if (same.length >= recent) break;
    }
    // What never gets ready (an optional service that is not installed) is known by the time until it had failed.
    const counting = same.length > 0 ? same : seen.length > 0 ? seen : failed.slice(0, recent);
    if (isKnown)
      memory.set(name, {
        bootTimes: counting.flatMap((one) => bootTimeOf(one) ?? []),
        holds: counting.flatMap((one) => holdOf(one) ?? []),
        neverReady: wasStarted && seen.length === 0,
      });
  }
  return memory;
};

const holdOf = (timeline: ServiceTimeline): Ms | null => {
  const settled = readyAttemptOf(timeline)?.ready ?? timeline.attempts.at(-1)?.failed ?? null;
  const begun = timeline.attempts[0]?.begun;
  return settled === null || begun === undefined ? null : Math.max(0, settled - begun);
};
