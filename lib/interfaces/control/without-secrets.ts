import { withoutSearched } from '../../domain/explain-notes.ts';
import type { Outcome, RootCause } from '../../domain/outcome.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { failureOf, newRecord, type ServiceRecord, type ServiceState } from '../../domain/state.ts';
import { describeFailure } from '../../domain/words.ts';

/**
 * No value of the environment leaves the supervisor. A failure to find a program is the one that holds any: the folders of
 * PATH, which the terminal that started the stack shows, and nobody else.
 */
export const hideInRecord = (record: ServiceRecord): ServiceRecord => {
  const { lastFailure } = record;
  const state = hideInState(record.state);
  if (lastFailure !== undefined)
    return { ...record, state, lastFailure: { ...lastFailure, failure: withoutSearched(lastFailure.failure) } };
  return state === record.state ? record : { ...record, state };
};

const hideInState = (state: ServiceState): ServiceState => {
  const failure = failureOf(state);
  const shown = failure === null ? null : withoutSearched(failure);
  if (shown === null || shown === failure) return state;
  if (state.kind === 'failed' || state.kind === 'backoff') return { ...state, failure: shown };
  return state.kind === 'stopping' && 'failure' in state.next ? { ...state, next: { ...state.next, failure: shown } } : state;
};

export const hideInSnapshot = (
  { outcome, services, ...rest }: StackSnapshot,
  records: ReadonlyMap<ServiceName, ServiceRecord>,
): StackSnapshot => ({
  ...rest,
  outcome: hideInOutcome(outcome),
  services: services.map((service) => {
    const failure = failureOf(records.get(service.name)?.state ?? newRecord.state);
    const shown = failure === null ? null : withoutSearched(failure);
    return shown === null || shown === failure ? service : { ...service, reason: describeFailure(shown) };
  }),
});

export const hideInOutcome = (outcome: Outcome): Outcome => ({ ...outcome, causes: outcome.causes.map(hideInCause) });

export const hideInCause = (cause: RootCause): RootCause => {
  const { state } = cause;
  return state.kind === 'failed' ? { ...cause, state: { ...state, failure: withoutSearched(state.failure) } } : cause;
};
