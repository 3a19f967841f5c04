import type { Change } from '../domain/events.ts';
import type { StopRecord } from '../domain/history.ts';
import type { Survivor } from '../domain/process.ts';
import type { Ms, ServiceName } from '../domain/service.ts';
import { isAtRest } from '../domain/state.ts';
import type { Input } from '../domain/world.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import { untilDone } from '../runtime/until-done.ts';
import type { Runtime } from './runtime.ts';
import { recordStop } from './stop-recorder.ts';
import type { Supervisor } from './supervisor.ts';

export type ShutdownOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: Runtime;
  readonly names: readonly ServiceName[];
  /** When set: after everything has stopped, look for anything that carries this project's marker, and end it. */
  readonly project: string | null;
};

export type ShutdownResult = {
  /** What could not be ended, service by service. */
  readonly survivors: readonly { readonly name: ServiceName; readonly survivors: readonly Survivor[] }[];
  readonly took: Ms;
  /** For the memory. */
  readonly record: StopRecord;
};

export type Shutdown = {
  readonly done: Promise<ShutdownResult>;
  /** `grace` from now for everybody; 0 kills at once. */
  hurry(grace: Ms): void;
};

/** Stops the services in reverse order, in parallel where the graph allows, and proves that nothing of them is left. */
export const shutDown = ({ supervisor, runtime, names, project }: ShutdownOptions): Shutdown => {
  const { clock } = runtime;
  const began = clock.now();
  const recorder = recordStop({ supervisor, began, startedAt: clock.wall() });
  const wanted = new Set(names);
  // Dependents come first, so that each dependency already finds them going down.
  const reversed = supervisor.graph.order.filter((name) => wanted.has(name)).reverse();
  const hurry = (grace: Ms): void => {
    recorder.noteHurry();
    supervisor.post(...reversed.map((name): Input => ({ name, event: { type: 'stopHurried', grace } })));
  };

  const stopped = new Promise<void>((resolve) => {
    // Also what is about to start: its start may stand in the queue before our stop.
    const live = new Set(
      reversed.filter((name) => {
        const state = supervisor.records.get(name)?.state;
        return state !== undefined && !isAtRest(state);
      }),
    );
    const onChanges = (changes: readonly Change[]): void => {
      // Somebody may want it back by then: that it was gone for a moment is all that this stop can promise.
      for (const { name, before, after } of changes) {
        const isGone = isAtRest(after.state) || (before.state.kind === 'stopping' && after.state.kind !== 'stopping');
        if (isGone) live.delete(name);
      }
      if (live.size > 0) return;
      unsubscribe();
      deadline.cancel();
      resolve();
    };
    const unsubscribe = supervisor.subscribe(onChanges);
    const deadline = clock.setTimer(supervisor.stack.shutdownDeadline, () => hurry(0));
    supervisor.post(...reversed.map((name): Input => ({ name, event: { type: 'stopRequested', reason: { kind: 'user' } } })));
    if (live.size === 0) onChanges([]);
  });

  const prove = async (): Promise<ShutdownResult> => {
    await stopped;
    const survivors = reversed.flatMap((name) => {
      const state = supervisor.records.get(name)?.state;
      return state?.kind === 'failed' && state.failure.kind === 'survived' ? [{ name, survivors: state.failure.survivors }] : [];
    });
    const known = new Set(survivors.flatMap((of) => of.survivors.map(({ pid }) => pid)));
    if (project !== null) survivors.push(...(await sweepProject(runtime, project, known)));
    const took = clock.now() - began;
    return { survivors, took, record: recorder.finish(took) };
  };

  return { done: prove(), hurry };
};

/** A stop that begins when `before` is done, with which it is hurried too. */
export const stopAfter = (before: (hurried: AbortSignal) => Promise<unknown>, stop: () => Shutdown): Shutdown => {
  const hurried = new AbortController();
  let inner: Shutdown | null = null;
  let grace: Ms | null = null;
  const run = async (): Promise<ShutdownResult> => {
    await before(hurried.signal);
    inner = stop();
    if (grace !== null) inner.hurry(grace);
    return inner.done;
  };
  return {
    done: run(),
    hurry: (next) => {
      grace = next;
      hurried.abort();
      inner?.hurry(next);
    },
  };
};

/**
 * Ends every process that carries the project's marker, whoever started it: an earlier run, or a service in a way of its own. Not
 * those that are `known` to live on, whatever is done. Where nothing can be looked at just now it is tried again for a while.
 */
const sweepProject = async (
  { processes, clock }: Pick<Runtime, 'processes' | 'clock'>,
  project: string,
  known: ReadonlySet<number>,
): Promise<{ readonly name: ServiceName; readonly survivors: readonly Survivor[] }[]> => {
  const persist = <Result>(act: () => Promise<Result>): Promise<Result> => untilDone(act, { clock, limit: killPatience });
  const marked = (await persist(() => processes.findMarked(project))).filter(({ identity }) => !known.has(identity.pid));
  const newest = new Map<ServiceName, number>();
  for (const { marker } of marked) newest.set(marker.service, Math.max(marker.attempt, newest.get(marker.service) ?? 0));
  const ends = await Promise.all(
    [...newest].map(async ([service, attempt]) => ({
      name: service,
      survivors: await persist(() => processes.killTree({ leader: null, marker: { project, service, attempt } }, killPatience)),
    })),
  );
  return ends.filter(({ survivors }) => survivors.length > 0);
};
