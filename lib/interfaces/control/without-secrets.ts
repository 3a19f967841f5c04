import { withoutSearched } from '../../domain/explain-notes.ts';
import type { Outcome, RootCause } from '../../domain/outcome.ts';
import type { ServiceName } from '../../domain/service.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import type { ServiceRecord } from '../../domain/state.ts';
import { describeFailure } from '../../domain/words.ts';

/**
 * No value of the environment leaves the supervisor. A failure to find a program is the one that holds any: the folders of
 * PATH, which the terminal that started the stack shows, and nobody else.
 */
export const hideInRecord = (record: ServiceRecord): ServiceRecord => {
  const { state } = record;
  return state.kind === 'failed' || state.kind === 'backoff'
    ? { ...record, state: { ...state, failure: withoutSearched(state.failure) } }
    : record;
};

export const hideInSnapshot = (
  { outcome, services, ...rest }: StackSnapshot,
  records: ReadonlyMap<ServiceName, ServiceRecord>,
): StackSnapshot => ({
  ...rest,
  outcome: hideInOutcome(outcome),
  services: services.map((service) => {
    const state = records.get(service.name)?.state;
    const isHiding = (state?.kind === 'failed' || state?.kind === 'backoff') && state.failure.kind === 'spawn';
    return isHiding ? { ...service, reason: describeFailure(withoutSearched(state.failure)) } : service;
  }),
});

export const hideInOutcome = (outcome: Outcome): Outcome => ({ ...outcome, causes: outcome.causes.map(hideInCause) });

export const hideInCause = (cause: RootCause): RootCause => {
  const { state } = cause;
  return state.kind === 'failed' ? { ...cause, state: { ...state, failure: withoutSearched(state.failure) } } : cause;
};
