import { type Difference, findDifference } from '../domain/difference.ts';
import { buildGraph } from '../domain/graph.ts';
import { keptPorts } from '../domain/kept-ports.ts';
import { type Preview, type PreviewInput, toPreview } from '../domain/preview.ts';
import type { BoundPort } from '../domain/process.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import { newRecord } from '../domain/state.ts';
import type { Clock } from '../runtime/clock.ts';
import { stopServices } from './actions.ts';
import { fixedPorts } from './addresses.ts';
import type { Environment, LiveStack } from './live-stack.ts';
import type { Supervisor } from './supervisor.ts';

export type ExchangeOptions = {
  readonly live: LiveStack;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly next: Stack;
  readonly environment: Environment;
  /** The ports that were chosen for the run. */
  readonly planned: PlannedPorts;
};

type PlannedPorts = ReadonlyMap<ServiceName, readonly BoundPort[]>;

export type Exchanged = {
  readonly difference: Difference;
  /** Those that went down only to come back. */
  readonly back: readonly ServiceName[];
  /** Of those ports, the ones that hold on; the others are chosen anew. */
  readonly planned: PlannedPorts;
};

export const differenceTo = ({ stack, graph }: LiveStack, next: Stack): Difference =>
  findDifference({ stack, graph }, { stack: next, graph: buildGraph(next.services) });

export const previewOf = ({ stack, graph }: LiveStack, next: Stack, how: Pick<PreviewInput, 'names' | 'records'>): Preview =>
  toPreview({ before: { stack, graph }, after: { stack: next, graph: buildGraph(next.services) }, ...how });

/**
 * Takes down, by the old definitions, what has to go, and puts the new ones in their place in the turn in which the last of it is
 * gone.
 */
export const exchangeStack = async (options: ExchangeOptions): Promise<Exchanged> => {
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
  const planned = keepPorts(options, difference);
  live.exchange(next, environment);
  supervisor.syncRecords();
  return { difference, back, planned };
};

const keepPorts = ({ live, supervisor, next, planned }: ExchangeOptions, { changed }: Difference): PlannedPorts => {
  const kept = [...planned].filter(([name]) => next.services.has(name) && !changed.includes(name));
  for (const name of changed) {
    const [before, after] = [live.stack.services.get(name), next.services.get(name)];
    if (before === undefined || after === undefined) continue;
    const others = [...next.services.values()].filter((other) => other.name !== name);
    const insisted = new Set(others.flatMap((other) => fixedPorts(other).map(({ port }) => port)));
    const { ports } = supervisor.records.get(name) ?? newRecord;
    const held = ports.length > 0 ? ports : (planned.get(name) ?? []);
    const stays = keptPorts({ before, after, held, insisted });
    if (stays !== null) kept.push([name, stays]);
  }
  return new Map(kept);
};
