import { type Difference, findDifference } from '../domain/difference.ts';
import { fixedPorts } from '../domain/fixed-ports.ts';
import { buildGraph, type ServiceGraph } from '../domain/graph.ts';
import { keptPorts } from '../domain/kept-ports.ts';
import { type Preview, toPreview } from '../domain/preview.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import { newRecord } from '../domain/state.ts';
import { isResting, stopServices } from './actions.ts';
import type { Environment, LiveStack } from './live-stack.ts';
import type { PlannedPorts } from './port-choice.ts';
import type { Runtime } from './runtime.ts';
import type { SessionNotices } from './session-types.ts';
import { findStaleTasks } from './stale-tasks.ts';
import type { Supervisor } from './supervisor.ts';

export type Prospect = {
  readonly live: LiveStack;
  readonly supervisor: Supervisor;
  readonly runtime: Runtime;
  /** Fingerprints of the inputs of tasks, at their last success. */
  readonly done: ReadonlyMap<ServiceName, string>;
  readonly next: Stack;
  /** Which were asked for; all when empty. */
  readonly names: readonly ServiceName[];
};

export type ExchangeOptions = Prospect & {
  readonly environment: Environment;
  readonly notices: Pick<SessionNotices, 'onNotice'>;
  /** Told of it before anything goes down. */
  readonly onDifference?: (difference: Difference) => void;
  /** The ports that were chosen for the run. */
  readonly planned: PlannedPorts;
};

export type Exchanged = {
  readonly difference: Difference;
  /** Those that went down only to come back. */
  readonly back: readonly ServiceName[];
  /** These, and tasks whose work is to be done again although they stay as they are: their inputs have changed. */
  readonly again: readonly ServiceName[];
  /** Of those ports, the ones that hold on; the others are chosen anew. */
  readonly planned: PlannedPorts;
};

export const differenceTo = ({ stack, graph }: LiveStack, next: Stack): Difference =>
  findDifference({ stack, graph }, { stack: next, graph: buildGraph(next.services) });

export const previewOf = async ({ live: before, supervisor, next, names, ...how }: Prospect): Promise<Preview> => {
  const { records } = supervisor;
  const after = { stack: next, graph: buildGraph(next.services) };
  const among = closureOf(after.graph, names);
  return toPreview({ before, after, records, names, stale: await findStaleTasks({ ...how, stack: next, records, among }) });
};

const closureOf = (graph: ServiceGraph, names: readonly ServiceName[]): Iterable<ServiceName> =>
  names.length === 0 ? graph.order : graph.closureOf(names);

/**
 * Takes down, by the old definitions, what has to go, and puts the new ones in their place in the turn in which the last of it is
 * gone.
 */
export const exchangeStack = async (options: ExchangeOptions): Promise<Exchanged> => {
  const { live, supervisor, next, environment, notices } = options;
  const among = closureOf(buildGraph(next.services), options.names);
  // First, because from the exchange on nothing may come between it and what follows from it.
  const stale = await findStaleTasks({ ...options, stack: next, records: supervisor.records, among });
  const difference = differenceTo(live, next);
  options.onDifference?.(difference);
  const back = await takeDown(options, difference);
  const restarted = [...difference.changed, ...difference.following];
  const planned = keepPorts(options, difference);
  live.exchange(next, environment);
  supervisor.syncRecords();
  const rerun = stale.filter((name) => !restarted.includes(name));
  if (rerun.length > 0) notices.onNotice?.(`run again, because its inputs have changed: ${rerun.join(', ')}`);
  return { difference, back, again: [...back, ...rerun], planned };
};

/**
 * Until all that goes is at rest in one moment: what somebody asks to start while another one is waited for is stopped again. Returns
 * those that are to come back.
 */
const takeDown = async (
  { supervisor, runtime }: ExchangeOptions,
  { removed, changed, following }: Difference,
): Promise<readonly ServiceName[]> => {
  const restarted = [...changed, ...following];
  // Those that were stopped by hand stay so, unless they are asked for.
  const back = new Set(restarted.filter((name) => supervisor.records.get(name)?.desired === 'running'));
  const isOpen = (name: ServiceName): boolean => !isResting(supervisor, name);
  const stop = (isMeant: (name: ServiceName) => boolean): Promise<void> =>
    stopServices(
      supervisor,
      runtime.clock,
      { names: removed.filter(isMeant), reason: { kind: 'user' } },
      { names: restarted.filter(isMeant), reason: { kind: 'restart' } },
    );
  await stop(() => true);
  while ([...removed, ...restarted].some(isOpen)) {
    for (const name of restarted.filter(isOpen)) back.add(name);
    await stop(isOpen);
  }
  return restarted.filter((name) => back.has(name));
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
