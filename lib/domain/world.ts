/**
 * Many services at once: one event in, every consequence of it for the others worked out, effects out. Still pure: the
 * same events at the same times give the same stack, which is how whole boots are tested and predicted without a process.
 */

import type { Change, Effect, ServiceEvent } from './events.ts';
import { type Gate, lookThroughGate, type Neighbour } from './gate.ts';
import type { Context } from './lifecycle/context.ts';
import { transition } from './lifecycle/lifecycle.ts';
import type { Ms, Service, ServiceName } from './service.ts';
import { isLive, isUp, newRecord, type ServiceRecord, type ServiceState } from './state.ts';

export type World = {
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly dependentsOf: (name: ServiceName) => readonly ServiceName[];
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
  readonly maxParallel: number | null;
  /** Who gets a free slot first: the higher. The longest remaining path, by memory's times. */
  readonly priority: (name: ServiceName) => number;
};

export type Step = {
  /** In the order in which they happened. */
  readonly changes: readonly Change[];
  readonly effects: readonly Effect[];
  /** The records that differ now. */
  readonly records: ReadonlyMap<ServiceName, ServiceRecord>;
};

export type Input = { readonly name: ServiceName; readonly event: ServiceEvent };

/** Works through the inputs and everything that follows from them, until nothing does. */
export const step = (world: World, inputs: readonly Input[], now: Ms): Step => {
  const draft = new Map<ServiceName, ServiceRecord>();
  const changes: Change[] = [];
  const effects: Effect[] = [];
  const read = (name: ServiceName): ServiceRecord => draft.get(name) ?? world.records.get(name) ?? newRecord;
  const queue: Input[] = [...inputs];
  const slots = createSlots(world, read);

  for (let next = 0; ; next += 1) {
    if (next === queue.length) {
      // Only when everything else has settled is it known who wants a slot.
      const granted = slots.next();
      if (granted === null) break;
      queue.push({ name: granted, event: { type: 'slotGranted' } });
    }
    const input = queue[next];
    if (input === undefined) break;
    const { name, event } = input;
    const service = world.services.get(name);
    if (service === undefined) continue;
    const before = read(name);
    const { record: after, effects: own } = transition(before, event, contextOf(world, read, { service, now }));
    effects.push(...own);
    if (after === before) continue;
    draft.set(name, after);
    changes.push({ name, before, after, event, at: now });
    slots.note(name, before.state, after.state);
    queue.push(...consequences(world, read, { name, before, after, event, at: now }));
  }
  return { changes, effects, records: draft };
};

const contextOf = (
  world: World,
  read: (name: ServiceName) => ServiceRecord,
  { service, now }: { readonly service: Service; readonly now: Ms },
): Context => ({
  service,
  now,
  gate: ({ impatient }): Gate => lookThroughGate(service.dependsOn, impatient, (name) => neighbour(world, read, name)),
  isNeededByStopping: () => findStopping(service.name, world.dependentsOf, read).next().done !== true,
});

/**
 * The services on one side of `name` that are going down, next to it or behind others that do not run: what a completed
 * task has made for its dependents is still needed from the service that it made it in.
 */
function* findStopping(
  name: ServiceName,
  neighboursOf: (name: ServiceName) => readonly ServiceName[],
  read: (name: ServiceName) => ServiceRecord,
): Generator<ServiceName> {
  const seen = new Set<ServiceName>([name]);
  const toVisit = [...neighboursOf(name)];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { state } = read(next);
    if (state.kind === 'stopping') yield next;
    else if (!isLive(state)) toVisit.push(...neighboursOf(next));
  }
}

const neighbour = (world: World, read: (name: ServiceName) => ServiceRecord, name: ServiceName): Neighbour | null => {
  const service = world.services.get(name);
  return service === undefined ? null : { service, record: read(name) };
};

/** What a change of one service means to its neighbours. */
const consequences = (world: World, read: (name: ServiceName) => ServiceRecord, change: Change): Input[] => {
  const { name, before, after } = change;
  const inputs: Input[] = [];
  for (const on of newlyImpatient(before, after)) inputs.push({ name: on, event: { type: 'dependentWentOn' } });
  if (!isSameToOthers(before.state, after.state)) {
    const isLost = isUp(before.state) && !isUp(after.state);
    for (const dependent of world.dependentsOf(name)) {
      if (isLost) inputs.push({ name: dependent, event: { type: 'dependencyLost', on: name } });
      inputs.push({ name: dependent, event: { type: 'dependenciesChanged', by: name } });
    }
    if (before.state.kind === 'stopping' && after.state.kind !== 'stopping') {
      const dependenciesOf = (of: ServiceName): ServiceName[] => world.services.get(of)?.dependsOn.map(({ on }) => on) ?? [];
      for (const on of findStopping(name, dependenciesOf, read)) inputs.push({ name: on, event: { type: 'dependentsChanged' } });
    }
  }
  return inputs;
};

const newlyImpatient = (before: ServiceRecord, after: ServiceRecord): readonly ServiceName[] =>
  after.impatient.length > before.impatient.length ? after.impatient.filter((name) => !before.impatient.includes(name)) : [];

/** Neighbours look at the kind of a state and at the phase of a start, never at counters. */
const isSameToOthers = (before: ServiceState, after: ServiceState): boolean =>
  before.kind === after.kind &&
  (before.kind !== 'starting' || after.kind !== 'starting' || before.phase === after.phase) &&
  (before.kind !== 'skipped' || after.kind !== 'skipped' || before.chain === after.chain);

type Slots = {
  /** The service that gets the next free slot; null when there is none, or nobody wants one. */
  next(): ServiceName | null;
  note(name: ServiceName, before: ServiceState, after: ServiceState): void;
};

/** Counts `starting` services against `max_parallel`. Nothing is counted, or sorted, where there is no limit. */
const createSlots = (world: World, read: (name: ServiceName) => ServiceRecord): Slots => {
  const candidates = new Set<ServiceName>();
  let freed = false;
  let counted = false;
  const countAll = (): number => {
    let busy = 0;
    for (const name of world.services.keys()) {
      const { state } = read(name);
      if (state.kind === 'starting') busy += 1;
      else if (state.kind === 'waiting' && state.forSlot) candidates.add(name);
    }
    counted = true;
    return busy;
  };
  let busy = 0;
  return {
    note: (name, before, after) => {
      const wants = after.kind === 'waiting' && after.forSlot;
      if (wants) candidates.add(name);
      else candidates.delete(name);
      if (before.kind === 'starting' && after.kind !== 'starting') freed = true;
      if (!counted) return;
      if (after.kind === 'starting' && before.kind !== 'starting') busy += 1;
      if (after.kind !== 'starting' && before.kind === 'starting') busy -= 1;
    },
    next: () => {
      if (world.maxParallel === null) return first(candidates);
      if (candidates.size === 0 && !freed) return null;
      if (!counted) busy = countAll();
      if (busy >= world.maxParallel || candidates.size === 0) return null;
      let best: ServiceName | null = null;
      for (const name of candidates) if (best === null || world.priority(name) > world.priority(best)) best = name;
      return best;
    },
  };
};

const first = (names: ReadonlySet<ServiceName>): ServiceName | null => {
  for (const name of names) return name;
  return null;
};
