import { type Difference, findDifference } from '../domain/difference.ts';
import { buildGraph } from '../domain/graph.ts';
import { type Preview, type PreviewInput, toPreview } from '../domain/preview.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import type { Clock } from '../runtime/clock.ts';
import { stopServices } from './actions.ts';
import type { Environment, LiveStack } from './live-stack.ts';
import type { Supervisor } from './supervisor.ts';

export type ExchangeOptions = {
  readonly live: LiveStack;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly next: Stack;
  readonly environment: Environment;
};

export const differenceTo = ({ stack, graph }: LiveStack, next: Stack): Difference =>
  findDifference({ stack, graph }, { stack: next, graph: buildGraph(next.services) });

export const previewOf = ({ stack, graph }: LiveStack, next: Stack, how: Pick<PreviewInput, 'names' | 'records'>): Preview =>
  toPreview({ before: { stack, graph }, after: { stack: next, graph: buildGraph(next.services) }, ...how });

/**
 * Takes down, by the old definitions, what has to go, and puts the new ones in their place in the turn in which the last of it is
 * gone. `back`: those that went down only to come back.
 */
export const exchangeStack = async (
  options: ExchangeOptions,
): Promise<{ readonly difference: Difference; readonly back: readonly ServiceName[] }> => {
  const { live, supervisor, clock, next, environment } = options;
  const difference = differenceTo(live, next);
  const restarted = [...difference.changed, ...difference.following];
  // Those that were stopped by hand stay so, unless they are asked for.
  const back = restarted.filter((name) => supervisor.records.get(name)?.desired === 'running');
  await stopServices(
    supervisor,
    clock,
    { names: difference.removed, reason: { kind: 'user' } },
    { names: restarted, reason: { kind: 'restart' } },
  );
  live.exchange(next, environment);
  supervisor.syncRecords();
  return { difference, back };
};
