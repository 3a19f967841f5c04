import type { Change, ServiceEvent } from '../domain/events.ts';
import type { ServiceName } from '../domain/service.ts';
import { isAtRest, isLive, isSettled, isUp, type RestartCause, type StopReason } from '../domain/state.ts';
import type { Input } from '../domain/world.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Supervisor } from './supervisor.ts';

/** Who is to go down, and why. */
export type StopGroup = { readonly names: readonly ServiceName[]; readonly reason: StopReason };

/** What a stop of some services would take down with it. */
export type StopScope =
  | { readonly ok: true; readonly names: readonly ServiceName[] }
  /** Others that run need them: each with what it needs. */
  | { readonly ok: false; readonly neededBy: readonly { readonly name: ServiceName; readonly needs: ServiceName }[] };

export type StopChoice = 'refuse' | 'with-dependents' | 'force';

/** Which services a stop by hand means. Without a choice, one that others need is refused, and they are named. */
export const scopeOfStop = ({ graph, records }: Supervisor, names: readonly ServiceName[], choice: StopChoice): StopScope => {
  const wanted = new Set(names);
  const isWanted = (name: ServiceName): boolean => {
    const state = records.get(name)?.state;
    return state !== undefined && (isLive(state) || !isSettled(state));
  };
  const dependents = [...graph.dependentClosureOf(names)].filter((name) => !wanted.has(name) && isWanted(name));
  if (dependents.length === 0 || choice === 'force') return { ok: true, names };
  if (choice === 'with-dependents') return { ok: true, names: [...names, ...dependents] };
  // One that needs a dependent of theirs, or a task that ran in between, needs them too.
  const affected = graph.dependentClosureOf(names);
  const neededBy = graph.order.flatMap((name) => {
    const needs = dependents.includes(name) ? graph.dependenciesOf(name) : [];
    const edge = needs.find(({ on }) => wanted.has(on)) ?? needs.find(({ on }) => affected.has(on));
    return edge === undefined ? [] : [{ name, needs: edge.on }];
  });
  return { ok: false, neededBy };
};

/**
 * Which services a start by hand means: those named (all when empty), and what they need, as far as it is not up. A task that has done its
 * work is not asked to do it again, unless it is named, or one of `again`, or something that it worked on is started anew; and what one
 * that is up goes on without is left to itself. In graph order.
 */
export const scopeOfStart = (
  supervisor: Supervisor,
  names: readonly ServiceName[],
  again: readonly ServiceName[] = [],
): readonly ServiceName[] => {
  const { graph, records } = supervisor;
  const named = new Set([...names, ...again]);
  const needed = names.length === 0 ? new Set(graph.order) : neededBy(supervisor, names);
  const scope = new Set<ServiceName>();
  for (const name of graph.order) {
    const state = records.get(name)?.state;
    if (!needed.has(name) || state === undefined || isUp(state)) continue;
    const isDone = state.kind === 'completed' && state.exit.code === 0;
    if (!isDone || named.has(name) || graph.dependenciesOf(name).some(({ on }) => scope.has(on))) scope.add(name);
  }
  return [...scope];
};

const neededBy = ({ graph, records }: Supervisor, names: readonly ServiceName[]): ReadonlySet<ServiceName> => {
  const named = new Set(names);
  const needed = new Set(names);
  // A set that grows while it is walked is walked to its new end.
  for (const name of needed) {
    const state = records.get(name)?.state;
    const goesOn = !named.has(name) && state !== undefined && isUp(state);
    for (const { on, required } of graph.dependenciesOf(name)) if (required || !goesOn) needed.add(on);
  }
  return needed;
};

/** Which of those that run are told to watch their files again by a start by hand: the named ones, or all when empty. */
export const scopeOfResume = ({ graph, records }: Supervisor, names: readonly ServiceName[]): readonly ServiceName[] =>
  (names.length === 0 ? graph.order : names).filter((name) => (records.get(name)?.unwatched ?? null) !== null);

/** Which services a restart by hand means: those named, and running ones, not about to stop, that asked to be restarted with them. */
export const scopeOfRestart = ({ graph, records, stack }: Supervisor, names: readonly ServiceName[]): readonly ServiceName[] => {
  const scope = new Set(names);
  for (const name of graph.order) {
    const record = records.get(name);
    if (scope.has(name) || record?.desired !== 'running' || !isLive(record.state)) continue;
    const follows = stack.services
      .get(name)
      ?.dependsOn.some(({ on, restart, onLoss }) => scope.has(on) && (restart || onLoss === 'restart'));
    if (follows === true) scope.add(name);
  }
  return graph.order.filter((name) => scope.has(name));
};

/**
 * Stops exactly these, in order, and lives on. Resolves when each has been gone, for however short a time: one that somebody
 * has asked to start again meanwhile may be back by then.
 */
export const stopServices = (supervisor: Supervisor, clock: Clock, ...groups: readonly StopGroup[]): Promise<void> =>
  new Promise((resolve) => {
    const reasons = new Map(groups.flatMap(({ names, reason }) => names.map((name) => [name, reason] as const)));
    const reversed = supervisor.graph.order.filter((name) => reasons.has(name)).reverse();
    const post = (toEvent: (name: ServiceName) => ServiceEvent): void =>
      supervisor.post(...reversed.map((name): Input => ({ name, event: toEvent(name) })));
    // Also what is about to start: its start may stand in the queue before our stop.
    const open = new Set(reversed.filter((name) => !isResting(supervisor, name)));
    const onChanges = (changes: readonly Change[]): void => {
      // Of each change, not of what is true after all of them: a service may be gone and back within one step.
      for (const { name, after } of changes) if (!isLive(after.state)) open.delete(name);
      if (open.size > 0) return;
      unsubscribe();
      deadline.cancel();
      resolve();
    };
    const unsubscribe = supervisor.subscribe(onChanges);
    const deadline = clock.setTimer(supervisor.stack.shutdownDeadline, () => post(() => ({ type: 'stopHurried', grace: 0 })));
    post((name) => ({ type: 'stopRequested', reason: reasons.get(name) ?? { kind: 'user' } }));
    onChanges([]);
  });

/** What makes each of them restart, where it is not a person. */
export type Causes = ReadonlyMap<ServiceName, RestartCause>;

/** Restarts them in one ordered wave: down from the dependents, up from the dependencies. Resolves when all have settled. */
export const restartServices = (
  supervisor: Supervisor,
  names: readonly ServiceName[],
  interrupted: AbortSignal,
  causes: Causes = new Map(),
): Promise<void> =>
  new Promise((resolve) => {
    const scope = scopeOfRestart(supervisor, names);
    const causeOf = followCauses(supervisor, scope, causes);
    const open = new Set(scope);
    const finish = (): void => {
      unsubscribe();
      interrupted.removeEventListener('abort', finish);
      resolve();
    };
    const onChanges = (changes: readonly Change[]): void => {
      for (const { name, before, after, event } of changes) {
        // What is skipped may be skipped again at once; any other change within a state is none of ours.
        if (!scope.includes(name) || (before.state.kind === after.state.kind && event.type !== 'restartRequested')) continue;
        if (isSettled(after.state)) open.delete(name);
        else open.add(name);
      }
      if (open.size === 0) finish();
    };
    const unsubscribe = supervisor.subscribe(onChanges);
    interrupted.addEventListener('abort', finish, { once: true });
    if (interrupted.aborted || scope.length === 0) finish();
    else
      supervisor.post(
        ...inOrderOfRestart(supervisor, scope).map((name): Input => {
          const because = causeOf.get(name);
          return { name, event: because === undefined ? { type: 'restartRequested' } : { type: 'restartRequested', because } };
        }),
      );
  });

/** Those that follow a dependency have its cause. */
const followCauses = ({ graph }: Supervisor, scope: readonly ServiceName[], causes: Causes): Causes => {
  const all = new Map(causes);
  for (const name of scope) {
    const leader = graph.dependenciesOf(name).find(({ on }) => all.has(on))?.on;
    const cause = leader === undefined ? undefined : all.get(leader);
    if (leader !== undefined && cause !== undefined && !all.has(name)) all.set(name, { ...cause, of: leader });
  }
  return all;
};

/**
 * What runs goes down first, dependents before dependencies. What does not run is asked after that, so that a task finds its
 * dependencies on their way down and waits for them to be back, and does not start on what is about to end.
 */
const inOrderOfRestart = (supervisor: Supervisor, scope: readonly ServiceName[]): readonly ServiceName[] => [
  ...scope.filter((name) => isRunning(supervisor, name)).reverse(),
  ...scope.filter((name) => !isRunning(supervisor, name)),
];

/** One that nobody knows has nothing that runs. */
export const isResting = ({ records }: Supervisor, name: ServiceName): boolean => {
  const state = records.get(name)?.state;
  return state === undefined || isAtRest(state);
};

const isRunning = ({ records }: Supervisor, name: ServiceName): boolean => {
  const state = records.get(name)?.state;
  return state !== undefined && isLive(state);
};
