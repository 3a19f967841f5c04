import type { Change } from '../../domain/events.ts';
import { exitCodeOf, type RootCause } from '../../domain/outcome.ts';
import type { ServiceName } from '../../domain/service.ts';
import { blamedFor, isLive } from '../../domain/state.ts';
import { describeHolder } from '../../domain/words.ts';
import type { BootResult } from '../../supervisor/boot.ts';
import type { Session } from '../../supervisor/session.ts';
import type { Shutdown, ShutdownResult } from '../../supervisor/shutdown.ts';
import { createGate } from '../../util/gate.ts';
import { toMoment } from '../../util/local-time.ts';
import { createLocalControl, type LocalControl, type LocalControlOptions } from '../control/local.ts';
import { hideInOutcome } from '../control/without-secrets.ts';
import type { DashboardAddress, DashboardRequest, FailureFacts } from '../control.ts';
import { openNotifier } from '../notify/notifier.ts';
import { toFailureFacts } from './failure-facts.ts';
import { afterFirstStarts } from './first-starts.ts';
import { mayGoOn } from './may-go-on.ts';
import { listenForSignals } from './signals.ts';
import { tellSurvival } from './tell-survival.ts';

export type SuperviseOptions = {
  readonly session: Session;
  readonly names: readonly ServiceName[];
  /** In the background: it stays until it is told to end, also when nothing runs, and a lost terminal means nothing. */
  readonly isBackground: boolean;
  /** A failed boot ends the command (and the services with it) instead of waiting for a person to look. */
  readonly endOnFailure: boolean;
  readonly strict: boolean;
  /** What was noticed of a service, each in one clause. */
  readonly notesOf: (name: ServiceName) => readonly string[];
  readonly reload: NonNullable<LocalControlOptions['reload']>;
  /** Absent: there is no file that anybody could edit. */
  readonly definitions?: NonNullable<LocalControlOptions['definitions']>;
  /** What is done when nothing of an earlier run is left, and before anything starts. */
  readonly prepare: () => Promise<void>;
  /** What may wait until the first services have been started. */
  readonly afterStarts: () => Promise<void>;
  readonly dashboard: (control: LocalControl, request: DashboardRequest) => Promise<DashboardAddress>;
  readonly hidden?: NonNullable<LocalControlOptions['hidden']>;
  /** Says it to all who look, and in muster's own log. */
  readonly notice: (text: string) => void;
  /** Nobody reads our output any more. */
  readonly closed: AbortSignal;
  /** False: signals are somebody else's business, as those of a program that only has a stack among other things. */
  readonly obeysSignals?: boolean;
  /** Told of the first signal that asks for the end. */
  readonly onInterrupted?: () => void;
  readonly onEvent?: NonNullable<LocalControlOptions['onEvent']>;
  /** Before anything happens: shows it here, and lets others see and control it, until it is closed. */
  readonly open: (control: LocalControl) => Promise<Opened>;
};

export type Opened = { close(): Promise<void> };

/**
 * Boots, stays with the stack, and takes it down again when asked to, by a signal or through its control, or when nothing of it
 * runs any more; but what was stopped by hand may be started again.
 */
export const supervise = async (options: SuperviseOptions): Promise<number> => {
  const { session, names, isBackground, endOnFailure, strict, closed } = options;
  let interruptedWith: number | null = null;
  let shutdown: Shutdown | null = null;
  let opened: Opened | null = null;
  let stopped: ShutdownResult | null = null;
  /** As all who ask for the end have brought it to: 1 in order, 2 within a second, 3 at once. 0: if it ends, then by itself. */
  let urgency = 0;
  const stopRequested = createGate();
  const mayStart = createGate();
  const ending = new AbortController();

  const stop = (asked: number): Shutdown => {
    urgency = Math.min(asked, 3);
    control.stopping(urgency);
    if (shutdown === null) {
      ending.abort();
      notifier.stopping();
      shutdown = stopAll(session);
      stopRequested.open();
    }
    if (urgency > 1) shutdown.hurry(urgency === 2 ? 1_000 : 0);
    return shutdown;
  };

  const notifier = openNotifier(session, options.notice);
  const control = createLocalControl({
    session,
    onDown: () => {
      if (shutdown !== null && urgency > 0) return shutdown.done;
      if (!isBackground) control.notice('"muster down" was asked for elsewhere');
      return stop(1).done;
    },
    onHurry: (level) => {
      if (shutdown !== null && urgency <= level) stop(level + 1);
    },
    ending: ending.signal,
    reload: options.reload,
    ...(options.definitions === undefined ? {} : { definitions: options.definitions }),
    dashboard: (request) => options.dashboard(control, request),
    ...(options.hidden === undefined ? {} : { hidden: options.hidden }),
    opened: mayStart.opened,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });

  const unlisten =
    options.obeysSignals === false
      ? () => undefined
      : listenForSignals(({ signal, exitCode }) => {
          if (isBackground && signal === 'SIGHUP') return;
          if (interruptedWith === null) options.onInterrupted?.();
          interruptedWith ??= exitCode;
          stop(urgency + 1);
        });
  // Without a reader, going on would be talking to nobody: `muster up | head` ends the stack in order.
  const onClosed = (): void => void (shutdown ?? stop(1));
  if (!isBackground) closed.addEventListener('abort', onClosed, { once: true });

  const toFacts = (causes: readonly RootCause[]): Promise<readonly FailureFacts[]> =>
    toFailureFacts(causes, { session, notesOf: options.notesOf, mask: options.hidden?.mask });
  /** After the boot a failure is as much worth telling as in it. */
  const tellFailures = (changes: readonly Change[]): void => {
    const failed = new Set(
      changes
        .filter(({ before, after }) => before.state.kind !== 'failed' && after.state.kind === 'failed')
        .map(({ name }) => name),
    );
    if (failed.size === 0 || shutdown !== null) return;
    const causes = session.snapshot().outcome.causes.filter(({ name }) => failed.has(name));
    if (causes.length > 0) void toFacts(causes).then(control.failed);
  };
  let unsubscribe: () => void = () => undefined;

  try {
    opened = await options.open(control);
    if (closed.aborted && !isBackground) onClosed();
    for (const text of tellSurvival(await session.freeLeftovers())) options.notice(text);
    if (shutdown === null) await options.prepare();
    const booting = session.boot(names, 'up');
    mayStart.open();
    const meanwhile = afterFirstStarts(session, booting).then(async () => {
      await options.afterStarts();
      if (shutdown === null) await foretellConflicts(session, control);
    });
    const [result] = await Promise.all([booting, meanwhile]);
    let code = exitCodeOf(result.outcome, strict);
    if (interruptedWith === null && shutdown === null) {
      const { outcome, run, refused } = result;
      const failures = await toFacts(outcome.causes);
      notifier.booted(outcome);
      const goesOn = refused === undefined && (code === 0 || !endOnFailure) && (isBackground || isAlive(session));
      const more = { ...(refused === undefined ? {} : { refused }), ...(goesOn ? {} : { ends: true as const }) };
      control.booted({ outcome: hideInOutcome(outcome), run, failures, ...more });
      unsubscribe = session.subscribe(tellFailures);
      if (goesOn) await (isBackground ? stopRequested.opened : Promise.race([stopRequested.opened, untilNothingRuns(session)]));
      // It ended by itself: what had failed by then is the result.
      if (goesOn && shutdown === null) code = exitCodeOf(session.snapshot().outcome, strict);
    }
    ending.abort();
    shutdown ??= finish(session, control);
    stopped = await shutdown.done;
    return toExitCode({ result, code, stopped, interruptedWith });
  } catch (error) {
    // A bug of ours is no reason to leave services behind without anybody in charge.
    ending.abort();
    shutdown ??= stopAll(session);
    stopped = await shutdown.done;
    throw error;
  } finally {
    unsubscribe();
    if (stopped !== null) notifier.stopped(stopped.survivors.map(({ name }) => name));
    // Nobody but us waits for them, and what they cannot be told has to be said before everybody has gone.
    await notifier.close();
    control.end(stopped);
    await opened?.close();
    unlisten();
    closed.removeEventListener('abort', onClosed);
  }
};

/**
 * The boot is cut off first, so that its record says that, and not that it came up with everything stopped; and so that nothing
 * begins any more of what somebody has asked for just now.
 */
const stopAll = (session: Session): Shutdown => {
  session.interruptBoot();
  return session.stopAll();
};

/** What still runs when the command ends by itself is stopped too: nothing of an attached stack outlives it. */
const finish = (session: Session, control: LocalControl): Shutdown => {
  if ([...session.records.values()].some(({ state }) => isLive(state))) control.stopping(1);
  return stopAll(session);
};

/** Of those whose turn has not come: each looks again when it has, and the port may be free by then. */
const foretellConflicts = async (session: Session, { notice }: LocalControl): Promise<void> => {
  const strangers = await session.findStrangers();
  // Theirs are held by themselves, also by one that has overwritten its environment, where it says whose it is.
  // Of one that claims its ports just now, the holder is being ended, or is told of when it cannot be.
  const begun = new Set(
    [...session.records].flatMap(([name, { state, ports }]) => {
      if (!isLive(state)) return [];
      const wanted = session.stack.services.get(name)?.ports.flatMap(({ wanted: port }) => port ?? []) ?? [];
      return [...ports.map(({ port }) => port), ...wanted];
    }),
  );
  for (const holder of strangers) {
    if (!begun.has(holder.port)) notice(`port ${holder.port} is held by ${describeHolder(holder, toMoment)}`);
  }
};

const isAlive = ({ records }: Session): boolean =>
  [...records.values()].some(({ state }) => mayGoOn(state.kind, state.kind === 'stopped' ? blamedFor(state.reason) : null));

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

/**
 * A boot that failed stays failed, however it was left; something that cannot be stopped is a failure too, and so is a boot that
 * somebody else cut off.
 */
const toExitCode = ({ result, code, stopped, interruptedWith }: End): number => {
  if (stopped.survivors.length > 0) return 1;
  if (result.run.outcome === 'interrupted') return interruptedWith ?? 1;
  return code === 0 ? (interruptedWith ?? 0) : code;
};
