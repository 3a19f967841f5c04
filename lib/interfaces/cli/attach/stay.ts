import { exitCodeOf } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { describeStopReason } from '../../../domain/state-words.ts';
import type { RemoteControl } from '../../control/client.ts';
import type { Mirror } from '../../control/mirror.ts';
import type { ControlEvent } from '../../control.ts';
import { isConnectionError } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { createTheme } from '../render/theme.ts';
import { bringUp, toApplyRequest } from './bring-up.ts';
import { chooseView, logFilesOfStack, readPlan } from './choose-view.ts';
import { openKeyboard } from './keyboard.ts';
import type { LiveView } from './live-view.ts';
import { tellGone, tellTakenDown } from './sentences.ts';
import { showStack } from './show.ts';
import { listenForSignals } from './signals.ts';

export type StayOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  readonly control: RemoteControl;
  /** We have started its supervisor, so that it is ours to end. Null: it was there before us. */
  readonly owned: { readonly exited: Promise<number> } | null;
};

/** 128 + SIGHUP. */
const hangUp = 129;

/** Stays with a stack in a terminal as the client of its supervisor, until that ends, or we are detached. The exit code. */
export const stayWith = async ({ context, loaded, control, owned }: StayOptions): Promise<number> => {
  const { args, stdout, stderr } = context;
  const strict = args.flag('strict');
  const showing = new AbortController();
  /** What the first boot came to; null: it is not over. */
  let code: number | null = null;
  let interruptedWith: number | null = null;
  let hasAsked = false;
  let leave: (exitCode: number) => void = () => undefined;
  const left = new Promise<number>((resolve) => {
    leave = resolve;
  });
  let live: LiveView | null = null;

  const down = (): void => {
    if (hasAsked) return;
    hasAsked = true;
    // When it cannot be asked any more, the events end, too.
    control.down().catch(orLost);
  };
  const interrupt = (times: number, exitCode: number): void => {
    // Only who started it takes it along when the terminal is closed.
    if (exitCode === hangUp && owned === null) {
      leave(exitCode);
      return;
    }
    interruptedWith ??= exitCode;
    if (!hasAsked && times === 1) down();
    else control.hurry(times <= 2 ? 1 : 2).catch(orLost);
  };
  const unlisten = listenForSignals(({ times, exitCode }) => interrupt(times, exitCode));
  const onClosed = (): void => {
    if (interruptedWith === null) interrupt(1, hangUp);
  };
  stdout.closed.addEventListener('abort', onClosed, { once: true });

  const onEvent = (event: ControlEvent, mirror: Mirror): void => {
    if (event.type === 'booted') code = exitCodeOf(event.report.outcome, strict);
    if (event.type === 'stopping' && event.times === 1 && !hasAsked)
      live?.say([createTheme(stdout).paint('dim', 'somebody else asked for the end')]);
    if (owned === null || code === null || (event.type !== 'changed' && event.type !== 'booted')) return;
    if (!isAlive(mirror.snapshot())) endByItself();
  };
  /** Nothing runs any more: what had failed by then is the result. */
  const endByItself = (): void => {
    if (hasAsked) return;
    hasAsked = true;
    control
      .snapshot()
      .then(({ outcome }) => {
        code = exitCodeOf(outcome, strict);
        return control.down();
      })
      .catch(orLost);
  };

  const planOf = await readPlan(loaded, context);
  const show = await showStack({
    control,
    createView: chooseView({
      context,
      loaded,
      planOf,
      hint: 'Ctrl-C stops it, d detaches, ? shows the keys',
      onLive: (view) => {
        live = view;
      },
    }),
    logFiles: logFilesOfStack(loaded.stack),
    isJoining: owned === null,
    signal: showing.signal,
    onEvent,
  });
  const keyboard =
    live === null ? null : openKeyboard({ context, control, view: live, mirror: show.mirror, leave: () => leave(0) });
  try {
    if (owned === null) {
      const request = toApplyRequest(context, loaded.stack);
      bringUp({ control, booted: show.booted, stack: loaded.stack, request, isPart: args.positionals.length > 0, strict })
        .then((result) => {
          code ??= result?.code ?? null;
          if (typeof result?.problem === 'string') live?.say([result.problem]);
        })
        .catch(orLost);
    }
    const end = await Promise.race([show.done, left]);
    if (typeof end === 'number') {
      showing.abort();
      await show.done;
      keyboard?.close();
      if (end === 0)
        stderr.line(`detached; it runs on: ${['status', 'logs -f', 'down'].map((word) => `muster ${word}`).join(', ')}`);
      return end;
    }
    if (end === null) {
      tellGone(context);
      return 1;
    }
    if ((end.result?.survivors.length ?? 0) > 0) return 1;
    if (code !== null && code !== 0) return code;
    if (interruptedWith !== null) return interruptedWith;
    if (code === null) tellTakenDown(context);
    return code ?? 1;
  } finally {
    keyboard?.close();
    unlisten();
    stdout.closed.removeEventListener('abort', onClosed);
    showing.abort();
    await show.done;
  }
};

/** A lost connection ends the events, which tells it; anything else is a bug. */
const orLost = (error: unknown): void => {
  if (!isConnectionError(error)) throw error;
};

/** Something runs, or is about to; or somebody stopped it by hand, and may want it back, or exchanges it just now. */
const isAlive = ({ services }: StackSnapshot): boolean =>
  services.some(({ state, reason }) => isMoving.has(state) || (state === 'stopped' && (reason === null || reason === exchanged)));

const exchanged = describeStopReason({ kind: 'restart' });

const isMoving: ReadonlySet<StateKind> = new Set(['starting', 'ready', 'unhealthy', 'stopping', 'waiting', 'delayed', 'backoff']);
