import type { Change } from '../domain/events.ts';
import type { ServiceName } from '../domain/service.ts';
import { isLive, isSettled } from '../domain/state.ts';
import type { Input } from '../domain/world.ts';
import type { Supervisor } from './supervisor.ts';

/** What a stop of some services would take down with it. */
export type StopScope =
  | { readonly ok: true; readonly names: readonly ServiceName[] }
  /** Others that run need them: each with what it needs. */
  | { readonly ok: false; readonly neededBy: readonly { readonly name: ServiceName; readonly needs: ServiceName }[] };

export type StopChoice = 'refuse' | 'with-dependents' | 'force';

/** Which services a stop by hand means. Without a choice, one that others need is refused, and they are named. */
export const scopeOfStop = ({ graph, records }: Supervisor, names: readonly ServiceName[], choice: StopChoice): StopScope => {
  const wanted = new Set(names);
  const isRunning = (name: ServiceName): boolean => {
    const state = records.get(name)?.state;
    return state !== undefined && (isLive(state) || !isSettled(state));
  };
  const dependents = [...graph.dependentClosureOf(names)].filter((name) => !wanted.has(name) && isRunning(name));
  if (dependents.length === 0 || choice === 'force') return { ok: true, names };
  if (choice === 'with-dependents') return { ok: true, names: [...names, ...dependents] };
  const neededBy = dependents.flatMap((name) => {
    const needs = graph.dependenciesOf(name).find(({ on }) => wanted.has(on))?.on;
    return needs === undefined ? [] : [{ name, needs }];
  });
  return { ok: false, neededBy };
};

/** Which services a restart by hand means: those named, and running ones that asked to be restarted with them. */
export const scopeOfRestart = ({ graph, records, stack }: Supervisor, names: readonly ServiceName[]): readonly ServiceName[] => {
  const scope = new Set(names);
  for (const name of graph.order) {
    const state = records.get(name)?.state;
    if (scope.has(name) || state === undefined || !isLive(state)) continue;
    const follows = stack.services.get(name)?.dependsOn.some(({ on, restart, onLoss }) => scope.has(on) && (restart || onLoss === 'restart'));
    if (follows === true) scope.add(name);
  }
  return graph.order.filter((name) => scope.has(name));
};

/** Restarts them in one ordered wave: down from the dependents, up from the dependencies. Resolves when all have settled. */
export const restartServices = (supervisor: Supervisor, names: readonly ServiceName[], interrupted: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const scope = scopeOfRestart(supervisor, names);
    const open = new Set(scope);
    const finish = (): void => {
      unsubscribe();
      interrupted.removeEventListener('abort', finish);
      resolve();
    };
    const onChanges = (changes: readonly Change[]): void => {
      for (const { name, before, after } of changes) {
        if (!scope.includes(name) || before.state.kind === after.state.kind) continue;
        if (isSettled(after.state)) open.delete(name);
        else open.add(name);
      }
      if (open.size === 0) finish();
    };
    const unsubscribe = supervisor.subscribe(onChanges);
    interrupted.addEventListener('abort', finish, { once: true });
    if (interrupted.aborted || scope.length === 0) finish();
    else supervisor.post(...scope.toReversed().map((name): Input => ({ name, event: { type: 'restartRequested' } })));
  });
