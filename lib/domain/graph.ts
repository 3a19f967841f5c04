import { Graph } from '@dagrejs/graphlib';
import { createHeap } from '../util/heap.ts';
import type { Dependency, Service, ServiceName } from './service.ts';

export { findCycles } from './cycles.ts';

/** Who needs whom. Without cycles: the configuration refuses those. Unknown names have no edges. */
export type ServiceGraph = {
  /** Dependencies before dependents; otherwise in the order of the file. */
  readonly order: readonly ServiceName[];
  /** Who waits for it directly. */
  readonly dependentsOf: (name: ServiceName) => readonly ServiceName[];
  readonly dependenciesOf: (name: ServiceName) => readonly Dependency[];
  /** They and all that they need. */
  readonly closureOf: (names: Iterable<ServiceName>) => ReadonlySet<ServiceName>;
  /** They and all that need them. */
  readonly dependentClosureOf: (names: Iterable<ServiceName>) => ReadonlySet<ServiceName>;
  /** Edges on the longest way down to a service that needs nobody. */
  readonly depthOf: (name: ServiceName) => number;
};

/**
 * graphlib keeps the edges. Its algorithms are not used: `topsort` and `tarjan` recurse once per node of a chain and
 * overflow the stack, and ties would come in the order of object keys. Its nodes are the positions in the file, because a
 * service may be called `toString`, which as a node is taken to exist already.
 */
export const buildGraph = (services: ReadonlyMap<ServiceName, Service>): ServiceGraph => {
  const names = [...services.keys()];
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const graph = new Graph({ directed: true });
  for (let index = 0; index < names.length; index += 1) graph.setNode(String(index));
  for (const [name, { dependsOn }] of services) {
    for (const { on } of dependsOn) {
      if (indexOf.has(on)) graph.setEdge(String(indexOf.get(on)), String(indexOf.get(name)));
    }
  }

  const toNames = (nodes: readonly string[] | undefined | void): ServiceName[] =>
    (nodes ?? [])
      .map(Number)
      .sort((a, b) => a - b)
      .map((index) => names[index] ?? '');
  const dependents = new Map(names.map((name, index) => [name, toNames(graph.successors(String(index)))]));
  const needs = new Map(names.map((name, index) => [name, toNames(graph.predecessors(String(index)))]));
  const { order, depths } = sortServices({ names, indexOf, dependents, needs });

  return {
    order,
    dependentsOf: (name) => dependents.get(name) ?? [],
    dependenciesOf: (name) => services.get(name)?.dependsOn.filter(({ on }) => indexOf.has(on)) ?? [],
    closureOf: (start) => reach(start, needs),
    dependentClosureOf: (start) => reach(start, dependents),
    depthOf: (name) => depths.get(name) ?? 0,
  };
};

type Neighbours = ReadonlyMap<ServiceName, readonly ServiceName[]>;

type Sorting = {
  readonly names: readonly ServiceName[];
  readonly indexOf: ReadonlyMap<ServiceName, number>;
  readonly dependents: Neighbours;
  readonly needs: Neighbours;
};

/** Kahn's algorithm: of all that wait for nobody any more, the first of the file comes next. */
const sortServices = ({
  names,
  indexOf,
  dependents,
  needs,
}: Sorting): { order: ServiceName[]; depths: Map<ServiceName, number> } => {
  const unmet = new Map(names.map((name) => [name, needs.get(name)?.length ?? 0]));
  const depths = new Map<ServiceName, number>();
  const free = createHeap();
  names.forEach((name, index) => {
    if (unmet.get(name) === 0) free.push(index);
  });
  const order: ServiceName[] = [];
  for (let index = free.pop(); index !== undefined; index = free.pop()) {
    const name = names[index] ?? '';
    const depth = depths.get(name) ?? 0;
    depths.set(name, depth);
    order.push(name);
    for (const dependent of dependents.get(name) ?? []) {
      depths.set(dependent, Math.max(depths.get(dependent) ?? 0, depth + 1));
      const left = (unmet.get(dependent) ?? 0) - 1;
      unmet.set(dependent, left);
      if (left === 0) free.push(indexOf.get(dependent) ?? 0);
    }
  }
  if (order.length < names.length) throw new Error('buildGraph was given a cycle; the configuration has to refuse it first');
  return { order, depths };
};

const reach = (start: Iterable<ServiceName>, neighbours: Neighbours): Set<ServiceName> => {
  const reached = new Set<ServiceName>();
  for (const name of start) if (neighbours.has(name)) reached.add(name);
  // A set that grows while it is walked is walked to its new end.
  for (const name of reached) for (const other of neighbours.get(name) ?? []) reached.add(other);
  return reached;
};
