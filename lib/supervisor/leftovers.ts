import { defaultStop } from '../domain/defaults.ts';
import type { ServiceGraph } from '../domain/graph.ts';
import type { Survivor } from '../domain/process.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import { endPolitely } from '../runtime/processes/end-politely.ts';
import type { MarkedProcess } from '../runtime/processes.ts';
import type { Runtime } from './runtime.ts';

export type LeftoversOptions = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly runtime: Pick<Runtime, 'processes' | 'clock'>;
  readonly project: string;
  /** What is to be ended. */
  readonly marked: readonly MarkedProcess[];
};

export type Leftovers = {
  readonly ended: readonly ServiceName[];
  readonly survivors: readonly { readonly name: ServiceName; readonly survivors: readonly Survivor[] }[];
};

/**
 * Ends what an earlier run of this project left running, as a stop would: each with its own signal and grace, and not before
 * those that need it are gone.
 */
export const endLeftovers = async ({ stack, graph, runtime, project, marked }: LeftoversOptions): Promise<Leftovers> => {
  const newest = new Map<ServiceName, number>();
  for (const { marker } of marked) {
    newest.set(marker.service, Math.max(marker.attempt, newest.get(marker.service) ?? 0));
  }
  const ends = new Map<ServiceName, Promise<readonly Survivor[]>>();
  const end = async (name: ServiceName, attempt: number): Promise<readonly Survivor[]> => {
    const known = stack.services.has(name);
    const dependents = known ? [...graph.dependentClosureOf([name])].filter((other) => other !== name) : [];
    await Promise.all(dependents.flatMap((dependent) => ends.get(dependent) ?? []));
    // The default is for a service that the file no longer has.
    const { signal, timeout } = stack.services.get(name)?.stop ?? defaultStop;
    const tree = { leader: null, marker: { project, service: name, attempt } };
    return endPolitely({ ...runtime, tree, signal, grace: timeout });
  };
  // Dependents first, so that each finds theirs in the table.
  const order = [...newest.keys()].sort((a, b) => graph.order.indexOf(b) - graph.order.indexOf(a));
  for (const name of order) ends.set(name, end(name, newest.get(name) ?? 0));
  const results = await Promise.all(order.map(async (name) => ({ name, survivors: (await ends.get(name)) ?? [] })));
  return { ended: order, survivors: results.filter(({ survivors }) => survivors.length > 0) };
};
