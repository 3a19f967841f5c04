import { buildGraph, type ServiceGraph } from '../domain/graph.ts';
import type { Stack } from '../domain/service.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What is supervised. `muster up` on a running stack exchanges it, in one place and in one turn; everybody who was given
 * `stack`, `graph` or `environment` looks into the newest one from then on.
 */
export type LiveStack = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly environment: Environment;
  exchange(next: Stack, environment: Environment): void;
};

export const createLiveStack = (first: Stack, graph: ServiceGraph, environment: Environment): LiveStack => {
  let current = { stack: first, graph };
  const variables: Record<string, string | undefined> = { ...environment };
  return {
    stack: viewOf(() => current.stack),
    graph: viewOf(() => current.graph),
    environment: variables,
    exchange: (next, nextEnvironment) => {
      current = { stack: next, graph: buildGraph(next.services) };
      for (const name of Object.keys(variables)) delete variables[name];
      Object.assign(variables, nextEnvironment);
    },
  };
};

/** Plain data whose fields are read from the newest one at each look. */
const viewOf = <T extends object>(now: () => T): T =>
  new Proxy(now(), {
    get: (_first, key) => Reflect.get(now(), key) as unknown,
    has: (_first, key) => Reflect.has(now(), key),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_first, key) => {
      const found = Reflect.getOwnPropertyDescriptor(now(), key);
      return found === undefined ? undefined : { ...found, configurable: true };
    },
  });
