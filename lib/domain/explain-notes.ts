/** What else there is to say about a service in any state, and what is told of it in every sentence alike. */

import type { ServiceGraph } from './graph.ts';
import type { Ms, Service, ServiceName, Stack } from './service.ts';
import { type Failure, isSettled, isUp, newRecord, type ServiceRecord } from './state.ts';
import { tellMisplaced, tellUnwatched } from './state-words.ts';
import { describeFailure, formatDuration, type ToTime } from './words.ts';

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

export const recordOf = ({ records }: ExplainOptions, name: ServiceName): ServiceRecord => records.get(name) ?? newRecord;

/** The folders of PATH are a value of the environment, which is nobody's business but the terminal's that started the stack. */
export const tellFailure = (failure: Failure, { toTime = null }: ExplainOptions): string =>
  describeFailure(withoutSearched(failure), toTime);

/** The very same where nothing is hidden. */
export const withoutSearched = (failure: Failure): Failure => {
  if (failure.kind === 'boot-timeout' && failure.last !== null) {
    const last = withoutSearched(failure.last);
    return last === failure.last ? failure : { ...failure, last };
  }
  if (failure.kind !== 'spawn' || failure.failure.searched === undefined) return failure;
  const { searched: _, ...rest } = failure.failure;
  return { kind: 'spawn', failure: rest };
};

export const nameSome = (names: readonly ServiceName[]): string =>
  names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');

/** Each after a semicolon. */
export const tellNotes = (service: Service, record: ServiceRecord, options: ExplainOptions): string =>
  [
    tellLate(service, record, options),
    tellPause(record),
    tellElsewhere(record),
    tellRestarts(restartsLately(service, record, options), record, options),
  ].join('');

/** Within the window in which they count. */
export const restartsLately = ({ restart }: Service, { state, restarts }: ServiceRecord, { now }: ExplainOptions): number =>
  isUp(state) ? restarts.times.filter((at) => at > now - restart.window).length : 0;

/** `; restarted 5 times, last: exited with code 7, 1.0 s ago`: between two crashes, a service looks well. */
const tellRestarts = (times: number, { lastFailure, because }: ServiceRecord, options: ExplainOptions): string => {
  // Of the only one that there was, its detail says it.
  if (times === 0 || (times === 1 && because?.kind === 'unhealthy')) return '';
  const last =
    lastFailure === undefined
      ? ''
      : `, last: ${tellFailure(lastFailure.failure, options)}, ${formatDuration(Math.max(0, options.now - lastFailure.at))} ago`;
  return `; restarted ${times} ${times === 1 ? 'time' : 'times'}${last}`;
};

/** Of one that is ready, its detail says it. */
const tellPause = (record: ServiceRecord): string => {
  const pause = record.state.kind === 'ready' ? null : tellUnwatched(record);
  return pause === null ? '' : `; ${pause}`;
};

/** Of one that has failed, its failure says it. */
const tellElsewhere = (record: ServiceRecord): string => {
  const { kind } = record.state;
  const told = kind === 'starting' || kind === 'unhealthy' || kind === 'ready' ? tellMisplaced(record) : null;
  return told === null ? '' : `; ${told}`;
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
