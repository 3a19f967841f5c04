import type { Marker, Survivor } from '../domain/process.ts';
import type { Service, ServiceName } from '../domain/service.ts';
import { formatDuration } from '../domain/words.ts';
import { describeHelperEnd } from '../runtime/helper-command.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import type { Tree } from '../runtime/processes.ts';
import { untilDone } from '../runtime/until-done.ts';
import { type AddressOf, renderCommand } from './addresses.ts';
import type { Launch } from './attempts.ts';
import type { EffectsOptions } from './effects.ts';

export type TreeActions = {
  /** Asks the whole tree to end and tells when it is gone. */
  stop(name: ServiceName, attempt: number): void;
  kill(name: ServiceName, attempt: number): void;
  /** Ends what a process that ended by itself left behind. */
  sweep(name: ServiceName, attempt: number): void;
  /** The sweep that a new start has to wait for, with what it could not end; null: none is under way. */
  swept(name: ServiceName): Promise<readonly Survivor[]> | null;
  dispose(): void;
};

export type TreeActionsOptions = EffectsOptions & {
  readonly markerOf: (name: ServiceName, attempt: number) => Marker;
  readonly addressOf: AddressOf;
  readonly launchOf: (name: ServiceName) => Launch | null;
};

export const createTreeActions = (options: TreeActionsOptions): TreeActions => {
  const { runtime, stack, post } = options;
  const { processes } = runtime;
  const watches = new Map<ServiceName, AbortController>();
  const unswept = new Map<ServiceName, number>();
  const sweeps = new Map<ServiceName, Promise<readonly Survivor[]>>();
  const disposal = new AbortController();

  const treeOf = (name: ServiceName, attempt: number): Tree => {
    const launch = options.launchOf(name);
    return launch !== null && launch.attempt === attempt
      ? launch.tree
      : { leader: null, marker: options.markerOf(name, attempt) };
  };

  const stopWatching = (name: ServiceName): void => {
    watches.get(name)?.abort();
    watches.delete(name);
  };

  const stop = async (service: Service, attempt: number): Promise<void> => {
    const { name } = service;
    stopWatching(name);
    const watch = new AbortController();
    watches.set(name, watch);
    const tree = treeOf(name, attempt);
    const { signal } = service.stop;
    // Of a start that came no further than its hook nothing runs that the command could stop.
    const command = options.launchOf(name)?.attempt === attempt ? service.stop.command : null;
    if (command === null) await inItsGrace(name, watch.signal, () => processes.signalTree(tree, signal));
    else await runStopCommand(service, watch.signal);
    const passOn = command === null ? signal : null;
    await inItsGrace(name, watch.signal, () => processes.awaitTreeEnd(tree, { passOn, cancelled: watch.signal }));
    if (!watch.signal.aborted) post(name, { type: 'treeEnded', attempt });
  };

  /** What cannot be done is tried again until the end of its grace, which leads to a kill. */
  const inItsGrace = async (name: ServiceName, cancelled: AbortSignal, act: () => Promise<unknown>): Promise<void> => {
    if (cancelled.aborted) return;
    const onTrouble = (error: unknown): void =>
      options.onProblem(name, `its stop is delayed: ${tellError(error)}; it is tried again until its grace is over`);
    try {
      await untilDone(act, { clock: runtime.clock, limit: Number.POSITIVE_INFINITY, cancelled, onTrouble });
    } catch (error) {
      if (!cancelled.aborted) throw error;
    }
  };

  /** A stop command that fails falls back to the signal; one that hangs ends with the grace. */
  const runStopCommand = async (service: Service, cancelled: AbortSignal): Promise<void> => {
    const launch = options.launchOf(service.name);
    const { command, signal } = service.stop;
    if (launch === null || command === null) return;
    const began = runtime.clock.now();
    const end = await runtime.runHelper({
      command: renderCommand(command, options.addressOf),
      cwd: service.cwd,
      env: { ...launch.env, MAINPID: String(launch.tree.leader?.pid ?? '') },
      signal: cancelled,
      clock: runtime.clock,
    });
    const problem = describeHelperEnd(end);
    if (problem === null) return;
    if (cancelled.aborted) {
      options.onProblem(service.name, `its stop command did not end within ${formatDuration(runtime.clock.now() - began)}`);
      return;
    }
    options.onProblem(service.name, `its stop command ${problem}; it gets ${signal} instead`);
    await inItsGrace(service.name, cancelled, () => processes.signalTree(launch.tree, signal));
  };

  const kill = async (name: ServiceName, attempt: number): Promise<void> => {
    stopWatching(name);
    const survivors = await untilDone(() => processes.killTree(treeOf(name, attempt), killPatience), {
      clock: runtime.clock,
      limit: killPatience,
      cancelled: disposal.signal,
      onTrouble: (error) => options.onProblem(name, `its kill is delayed: ${tellError(error)}; it is tried again`),
    });
    post(name, survivors.length === 0 ? { type: 'treeEnded', attempt } : { type: 'treeSurvived', attempt, survivors });
  };

  const sweep = async (name: ServiceName, attempt: number): Promise<readonly Survivor[]> => {
    const survivors = await processes.killTree(treeOf(name, attempt), killPatience);
    unswept.delete(name);
    if (survivors.length > 0) post(name, { type: 'treeSurvived', attempt, survivors });
    return survivors;
  };

  /** One that could not even look (no file can be opened) is done again before the next start, and fails that if need be. */
  const startSweep = (name: ServiceName, attempt: number): Promise<readonly Survivor[]> => {
    unswept.set(name, attempt);
    const running = sweep(name, attempt).finally(() => {
      if (sweeps.get(name) === running) sweeps.delete(name);
    });
    sweeps.set(name, running);
    return running;
  };

  /** Whatever goes wrong in the acting itself: the service must not stay in its phase for ever. */
  const orReport = (name: ServiceName, attempt: number, acting: Promise<unknown>): void => {
    acting.catch((error: unknown) => {
      const leader = options.launchOf(name)?.tree.leader;
      options.onProblem(name, `it could not be stopped: ${tellError(error)}`);
      post(name, { type: 'treeSurvived', attempt, survivors: leader ? [{ pid: leader.pid, command: name, user: null }] : [] });
    });
  };

  return {
    stop: (name, attempt) => {
      const service = stack.services.get(name);
      if (service === undefined) return;
      // The end of its grace leads to a kill in any case.
      stop(service, attempt).catch((error: unknown) =>
        options.onProblem(name, `it could not be asked to stop: ${tellError(error)}; it is killed when its grace is over`),
      );
    },
    kill: (name, attempt) => orReport(name, attempt, kill(name, attempt)),
    // What it could not do, the next start does again, and is told why it cannot.
    sweep: (name, attempt) => void startSweep(name, attempt).catch(() => undefined),
    swept: (name) => {
      const failed = unswept.get(name);
      return sweeps.get(name) ?? (failed === undefined ? null : startSweep(name, failed));
    },
    dispose: () => {
      disposal.abort();
      for (const name of [...watches.keys()]) stopWatching(name);
    },
  };
};

const tellError = (error: unknown): string => (error instanceof Error ? error.message : String(error));
