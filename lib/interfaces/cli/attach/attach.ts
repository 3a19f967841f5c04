import type { Change } from '../../../domain/events.ts';
import { exitCodeOf } from '../../../domain/outcome.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { isLive, isSettled, type ServiceState } from '../../../domain/state.ts';
import { describeHolder } from '../../../domain/words.ts';
import type { BootResult } from '../../../supervisor/boot.ts';
import type { Session } from '../../../supervisor/session.ts';
import type { Shutdown, ShutdownResult } from '../../../supervisor/shutdown.ts';
import { toMoment } from '../render/time.ts';
import { followLogs } from './follow-logs.ts';
import type { ControlHooks, Serving } from './serve.ts';
import { listenForSignals } from './signals.ts';
import { tellSurvival } from './tell-survival.ts';
import type { View } from './view.ts';

export type AttachOptions = {
  readonly session: Session;
  readonly view: View;
  readonly names: readonly ServiceName[];
  /** In the background: it stays until it is told to end, also when nothing runs, and a lost terminal means nothing. */
  readonly isBackground: boolean;
  /** A failed boot ends the command (and the services with it) instead of waiting for a person to look. */
  readonly endOnFailure: boolean;
  readonly strict: boolean;
  /** What is done when nothing of an earlier run is left, and before anything starts. */
  readonly prepare: () => Promise<void>;
  /** Nobody reads our output any more. */
  readonly closed: AbortSignal;
  /** Says it here, in muster's own log, and to those who look from elsewhere. */
  readonly notice: (text: string) => void;
  /** Lets others control the stack from elsewhere, until it is closed. */
  readonly serve: (hooks: ControlHooks) => Promise<Serving>;
};

/** 128 + SIGHUP. */
const hangUp = 129;

/** How many lines of a failed service are shown. */
const failureLines = 10;

/**
 * Boots, stays with the stack, and takes it down again when asked to, here or from elsewhere, or when nothing of it runs any
 * more; but what was stopped by hand from elsewhere may be started again from there.
 */
export const attach = async (options: AttachOptions): Promise<number> => {
  const { session, view, names, isBackground, endOnFailure, strict, closed } = options;
  let shutdown: Shutdown | null = null;
  let interruptedWith: number | null = null;
  let announceStop: () => void = () => undefined;
  const stopRequested = new Promise<void>((resolve) => {
    announceStop = resolve;
  });
  let announceOpen: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    announceOpen = resolve;
  });
  const ending = new AbortController();
  let serving: Serving | null = null;

  const stop = (times: number): Shutdown => {
    view.stopping(times);
    if (shutdown === null) {
      ending.abort();
      // First, so that the record says what it was: a boot that was cut off, not one that came up with everything stopped.
      session.interruptBoot();
      shutdown = session.stopAll();
      announceStop();
    } else shutdown.hurry(times === 2 ? 1_000 : 0);
    return shutdown;
  };

  const hooks: ControlHooks = {
    onDown: () => {
      if (shutdown !== null) return shutdown.done;
      view.notice('"muster down" was asked for elsewhere');
      return stop(1).done;
    },
    onHurry: (level) => {
      if (shutdown !== null) stop(level + 1);
    },
    ending: ending.signal,
    opened,
  };

  const unlisten = listenForSignals(({ times, exitCode }) => {
    if (isBackground && exitCode === hangUp) return;
    interruptedWith ??= exitCode;
    stop(times);
  });
  // Without a reader, going on would be talking to nobody: `muster up | head` ends the stack in order.
  closed.addEventListener('abort', () => void (shutdown ?? stop(1)), { once: true });
  if (closed.aborted) stop(1);
  const unsubscribe = session.subscribe(view.changed);
  const logs = followLogs(session, view.logs);
  /** After the boot a failure is as much worth telling as in it. */
  const tellFailures = (changes: readonly Change[]): void => {
    const failed = new Set(
      changes
        .filter(({ before, after }) => before.state.kind !== 'failed' && after.state.kind === 'failed')
        .map(({ name }) => name),
    );
    if (failed.size === 0 || shutdown !== null) return;
    const causes = session.snapshot().outcome.causes.filter(({ name }) => failed.has(name));
    if (causes.length > 0) void session.failureLogs(failureLines).then((said) => view.failed(causes, said));
  };
  let unsubscribeFailures: () => void = () => undefined;

  try {
    serving = await options.serve(hooks);
    view.begin();
    for (const text of tellSurvival(await session.freeLeftovers())) options.notice(text);
    if (shutdown === null) await options.prepare();
    await foretellConflicts(session, view);
    const booting = session.boot(names, 'up');
    announceOpen();
    const result = await booting;
    let code = exitCodeOf(result.outcome, strict);
    if (interruptedWith === null && shutdown === null) {
      view.booted(result, await session.failureLogs(failureLines));
      unsubscribeFailures = session.subscribe(tellFailures);
      const goesOn = (code === 0 || !endOnFailure) && (isBackground || isAlive(session));
      if (goesOn) await (isBackground ? stopRequested : Promise.race([stopRequested, untilNothingRuns(session)]));
      // It ended by itself: what had failed by then is the result.
      if (goesOn && shutdown === null) code = exitCodeOf(session.snapshot().outcome, strict);
    }
    ending.abort();
    shutdown ??= finish(session, view);
    const stopped = await shutdown.done;
    await logs.drain();
    view.stopped(stopped);
    return toExitCode({ result, code, stopped, interruptedWith });
  } catch (error) {
    // A bug of ours is no reason to leave services behind without anybody in charge.
    await (shutdown ?? session.stopAll()).done;
    throw error;
  } finally {
    logs.stop();
    unsubscribeFailures();
    unsubscribe();
    unlisten();
    view.close();
    await serving?.close();
  }
};

/** What still runs when the command ends by itself is stopped too: nothing of an attached stack outlives it. */
const finish = (session: Session, view: View): Shutdown => {
  if ([...session.records.values()].some(({ state }) => isLive(state))) view.stopping(1);
  return session.stopAll();
};

/** Said before anything starts; each service looks again when its turn has come, and the port may be free by then. */
const foretellConflicts = async (session: Session, view: View): Promise<void> => {
  for (const holder of await session.findStrangers()) {
    view.notice(`port ${holder.port} is held by ${describeHolder(holder, toMoment)}`);
  }
};

/** Something runs, or is about to; or somebody stopped it by hand, and may want it back. */
const isAlive = ({ records }: Session): boolean =>
  [...records.values()].some(({ state }) => isLive(state) || !isSettled(state) || isStoppedByHand(state));

const isStoppedByHand = (state: ServiceState): boolean => state.kind === 'stopped' && state.reason.kind === 'user';

const untilNothingRuns = (session: Session): Promise<void> =>
  new Promise((resolve) => {
    const unsubscribe = session.subscribe(() => {
      if (isAlive(session)) return;
      unsubscribe();
      resolve();
    });
  });

type End = {
  readonly result: BootResult;
  readonly code: number;
  readonly stopped: ShutdownResult;
  readonly interruptedWith: number | null;
};

/** A boot that failed stays failed, however it was left; something that cannot be stopped is a failure too. */
const toExitCode = ({ result, code, stopped, interruptedWith }: End): number => {
  if (stopped.survivors.length > 0) return 1;
  if (result.run.outcome !== 'interrupted' && code !== 0) return code;
  return interruptedWith ?? 0;
};
