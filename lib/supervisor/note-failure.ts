import type { Change } from '../domain/events.ts';
import { type KeptFailure, keepFailure, keepProbe } from '../domain/kept-failure.ts';
import type { Service } from '../domain/service.ts';
import { failureOf, isUp } from '../domain/state.ts';

/** What is known of its newest failure, as long as it has not come up. */
export const noteFailure = (
  draft: { failure?: KeptFailure },
  { before, after: { state, ports } }: Change,
  service: Service | undefined,
): void => {
  const seen = { service, port: ports[0]?.port ?? null };
  const failure = failureOf(state);
  if (state.kind === 'starting' && state.lastProbe !== null) draft.failure = keepProbe(state.lastProbe, seen);
  else if (failure !== null && before.state.kind !== state.kind) draft.failure = keepFailure(failure, seen);
  else if (isUp(state) || state.kind === 'completed') delete draft.failure;
};
