import type { Change, ServiceEvent } from '../domain/events.ts';
import { linesForExcerpt, toLastLines } from '../domain/excerpt.ts';
import type { ServiceGraph } from '../domain/graph.ts';
import { type Outcome, toOutcome } from '../domain/outcome.ts';
import type { Service, ServiceName, Stack } from '../domain/service.ts';
import { newRecord, type ServiceRecord } from '../domain/state.ts';
import { type Input, step, type World } from '../domain/world.ts';
import type { Tree } from '../runtime/processes.ts';
import { createQueue } from '../util/queue.ts';
import type { AddressOf } from './addresses.ts';
import { createEffects, type Effects, type EffectsOptions } from './effects.ts';
import type { Runtime } from './runtime.ts';

export type SupervisorOptions = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  /** Higher starts first where `max_parallel` limits. */
  readonly priority: (name: ServiceName) => number;
  /** Told of each decision before anything of it is done: what is written down here is never behind what runs. */
  readonly beforeEffects?: (changes: readonly Change[]) => void;
} & Engine;

/** What a decision acts on: processes of this machine, or something else that can do what an effect says. */
type Engine =
  | { readonly runtime: Runtime; readonly effects: Omit<EffectsOptions, 'runtime' | 'stack' | 'post' | 'recordOf' | 'world'> }
  | { readonly runtime: Pick<Runtime, 'clock'>; readonly engine: (edge: Edge) => Effects };

export type Edge = Pick<EffectsOptions, 'post' | 'recordOf'>;

/** The holder of the only mutable state. Nothing here waits: events go in, the pure step decides, effects go out. */
export type Supervisor = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  post(...inputs: readonly Input[]): void;
  /** The stack was exchanged: new services are idle, and those that are gone must be at rest. */
  syncRecords(): void;
  /** Called after each batch of events, with every change of it in order. Returns the way out. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  outcome(): Outcome;
  /** The tree of the newest attempt; null: there was none. */
  treeOf(name: ServiceName): Tree | null;
  /** The last `lines` that the newest attempt of a service wrote, or more: see `toLastLines`. */
  tail(name: ServiceName, lines: number): Promise<readonly string[]>;
  /** Where each service is on this run. */
  readonly addressOf: AddressOf;
  /** Ends timers and probes; the processes are somebody else's business (`shutdown.ts`). */
  dispose(): void;
};

/** Milliseconds of work after which the event loop gets a turn. */
const longestTurn = 5;
/** Told of many services in one turn; what is told in one turn is one step, so that it is written down once. */
const comesInNumbers: ReadonlySet<ServiceEvent['type']> = new Set(['spawned', 'exited', 'treeEnded']);
/** Changes that a listener is told of at once. */
const newsAtOnce = 50;

export const createSupervisor = (options: SupervisorOptions): Supervisor => {
  const { stack, graph, runtime, priority, beforeEffects } = options;
  const records = new Map<ServiceName, ServiceRecord>();
  const syncRecords = (): void => {
    for (const name of stack.services.keys()) if (!records.has(name)) records.set(name, newRecord);
    for (const name of records.keys()) if (!stack.services.has(name)) records.delete(name);
  };
  syncRecords();
  const world: World = {
    get services() {
      return stack.services;
    },
    dependentsOf: (name) => graph.dependentsOf(name),
    records,
    get maxParallel() {
      return stack.maxParallel;
    },
    priority,
  };
  const listeners = new Set<(changes: readonly Change[]) => void>();
  const acts = createQueue<() => void>();
  const news = createQueue<() => void>();
  let inbox: Input[] = [];
  let isWorking = false;

  // The loop. Each in the order in which they come up: first effects, then steps, then the news of them, since whoever looks can wait,
  // but no longer than to the next turn. A post while it runs waits in the inbox.
  // A burst (a thousand services at once) is spread over turns of the event loop, so that nobody waits long for an answer.
  const post = (...inputs: readonly Input[]): void => {
    for (const input of inputs) inbox.push(input);
    if (!isWorking) work();
  };

  const work = (isLate = false): void => {
    isWorking = true;
    const end = runtime.clock.now() + longestTurn;
    let tellsFirst = isLate;
    try {
      while (!acts.isEmpty() || inbox.length > 0 || !news.isEmpty()) {
        if (runtime.clock.now() > end) {
          setImmediate(work, true);
          return;
        }
        tellsFirst &&= !news.isEmpty();
        if (tellsFirst) news.next()();
        else if (!acts.isEmpty()) acts.next()();
        else if (inbox.length > 0) takeStep();
        else news.next()();
      }
      isWorking = false;
    } catch (error) {
      // A bug. The loop must not stay locked for those who still try to stop things.
      isWorking = false;
      throw error;
    }
  };

  const takeStep = (): void => {
    const batch = inbox;
    inbox = [];
    const { changes, effects: wanted, records: next } = step(world, batch, runtime.clock.now());
    for (const [name, record] of next) records.set(name, record);
    if (changes.length > 0) beforeEffects?.(changes);
    for (const effect of wanted) acts.add(() => effects.run(effect));
    if (changes.length > 0) acts.add(() => effects.lookAhead(changes));
    for (let from = 0; from < changes.length; from += newsAtOnce) {
      const some = changes.slice(from, from + newsAtOnce);
      news.add(() => {
        for (const listener of [...listeners]) listener(some);
      });
    }
  };

  let isExpected = false;
  const postTogether = (input: Input): void => {
    inbox.push(input);
    if (isWorking || isExpected) return;
    isExpected = true;
    queueMicrotask(() => {
      isExpected = false;
      if (!isWorking && inbox.length > 0) work();
    });
  };

  const edge: Edge = {
    post: (name: ServiceName, event: ServiceEvent) =>
      comesInNumbers.has(event.type) ? postTogether({ name, event }) : post({ name, event }),
    recordOf: (name) => records.get(name) ?? newRecord,
  };
  const effects =
    'engine' in options
      ? options.engine(edge)
      : createEffects({ ...options.effects, ...edge, world, runtime: options.runtime, stack });

  return {
    stack,
    graph,
    records,
    post,
    syncRecords,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    outcome: () => toOutcome(entries(stack.services, records)),
    treeOf: effects.treeOf,
    tail: async (name, lines) => toLastLines(await effects.tail(name, linesForExcerpt(lines)), lines),
    addressOf: effects.addressOf,
    dispose: () => effects.dispose(),
  };
};

function* entries(services: ReadonlyMap<ServiceName, Service>, records: ReadonlyMap<ServiceName, ServiceRecord>) {
  for (const [name, service] of services) yield { service, record: records.get(name) ?? newRecord };
}
