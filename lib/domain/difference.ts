import { addressesIn } from './address-users.ts';
import type { ServiceGraph } from './graph.ts';
import { findAddressee } from './replicas.ts';
import type { Service, ServiceName, Stack } from './service.ts';

/** What `muster up` changes in a stack that runs. Each list in graph order, dependencies first. */
export type Difference = {
  /** New in the file. */
  readonly added: readonly ServiceName[];
  /** Not in the file any more. */
  readonly removed: readonly ServiceName[];
  /** What a running process would have to be restarted for is another; also an address that it was told. */
  readonly changed: readonly ServiceName[];
  /** Unchanged, and restarted with a changed one that they need, as their edge asks. */
  readonly following: readonly ServiceName[];
};

export type StackWithGraph = { readonly stack: Stack; readonly graph: ServiceGraph };

/**
 * Compares by definition, not by text: comments, order, and settings that only muster itself acts upon restart nothing. What
 * follows is worked out along the old edges as well as the new ones, since the running processes were started by the old.
 */
export const findDifference = (before: StackWithGraph, after: StackWithGraph): Difference => {
  const isIn = (stack: Stack, name: ServiceName): boolean => stack.services.has(name);
  const changed = new Set(
    after.graph.order.filter((name) => {
      if (!isIn(before.stack, name)) return false;
      return hashOf(before.stack, name) !== hashOf(after.stack, name) || isToldAnotherAddress(name, before.stack, after.stack);
    }),
  );
  const removed = before.graph.order.filter((name) => !isIn(after.stack, name));
  const scope = new Set<ServiceName>(changed);
  const following = after.graph.order.filter((name) => {
    if (scope.has(name) || !isIn(before.stack, name)) return false;
    const edges = [before.stack.services.get(name), after.stack.services.get(name)].flatMap(edgesOf);
    const follows = edges.some(({ on, restart, onLoss }) => scope.has(on) && (restart || onLoss === 'restart'));
    if (follows) scope.add(name);
    return follows;
  });
  return {
    added: after.graph.order.filter((name) => !isIn(before.stack, name)),
    removed,
    changed: after.graph.order.filter((name) => changed.has(name)),
    following,
  };
};

const hashOf = ({ services }: Stack, name: ServiceName): string => services.get(name)?.definitionHash ?? '';

/** By what the file says: where `next` or `auto` leads is only known on the run, and told when it changes. */
const isToldAnotherAddress = (name: ServiceName, before: Stack, after: Stack): boolean => {
  const service = after.services.get(name);
  return (
    service !== undefined && [...addressesIn(service)].some((of) => of !== name && addressOf(before, of) !== addressOf(after, of))
  );
};

const addressOf = ({ services }: Stack, name: ServiceName): string => {
  const service = findAddressee(services, name);
  return service === undefined ? '' : JSON.stringify([service.name, service.host, service.ports]);
};

const edgesOf = (service: Service | undefined): Service['dependsOn'] => service?.dependsOn ?? [];
