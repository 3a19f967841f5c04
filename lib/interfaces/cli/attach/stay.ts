import { exitCodeOf } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { createGate } from '../../../util/gate.ts';
import type { RemoteControl } from '../../control/client.ts';
import type { Mirror } from '../../control/mirror.ts';
import type { ControlEvent } from '../../control.ts';
import { mayGoOn } from '../../session/may-go-on.ts';
import { type Interruption, listenForSignals } from '../../session/signals.ts';
import { commandsOfBackground, isConnectionError, toCommandLine } from '../connect.ts';
import type { CommandContext, Loaded } from '../context.ts';
import { createTheme } from '../render/theme.ts';
import { type Asking, createAsking } from './asking.ts';
import { bringUp, toApplyRequest } from './bring-up.ts';
import { chooseView, logFilesOfStack, readPlan } from './choose-view.ts';
import { openKeyboard } from './keyboard.ts';
import type { LiveView } from './live-view.ts';
import { tellGone, tellTakenDown } from './sentences.ts';
import { type Show, showStack } from './show.ts';
import { watchEdits } from './watch-edits.ts';

export type StayOptions = {
  readonly context: CommandContext;
  readonly loaded: Loaded;
  readonly control: RemoteControl;
  /** We have started its supervisor, so that it is ours to end. Null: it was there before us. */
  readonly owned: { readonly exited: Promise<number> } | null;
};

/** Stays with a stack in a terminal as the client of its supervisor, until that ends, or we are detached. The exit code. */
export const stayWith = async (options: StayOptions): Promise<number> => {
  const { context, control, owned } = options;
  const { closed } = context.stdout;
  const asking = createAsking(control, orLost);
  const { opened: left, open: leave } = createGate<number>();
  let interruptedWith: number | null = null;
  const interrupt = ({ signal, exitCode }: Pick<Interruption, 'signal' | 'exitCode'>): void => {
    // Only who started it takes it along when the terminal is closed.
    if (signal === 'SIGHUP' && owned === null) {
      leave(exitCode);
      return;
    }
    interruptedWith ??= exitCode;
    asking.press();
  };
  const unlisten = listenForSignals(interrupt);
  const onClosed = (): void => {
    if (interruptedWith === null) interrupt({ signal: 'SIGHUP', exitCode: 129 });
  };
  closed.addEventListener('abort', onClosed, { once: true });
  try {
    const end = await follow({ ...options, asking, left, leave });
    return typeof end === 'number' ? end : toExitCode(context, end, interruptedWith);
  } finally {
    unlisten();
    closed.removeEventListener('abort', onClosed);
  }
};

type Following = StayOptions & {
  readonly asking: Asking;
  /** Resolves with the exit code of whoever leaves the stack to itself. */
  readonly left: Promise<number>;
  readonly leave: (exitCode: number) => void;
};

/** `last` null: the supervisor is gone. `code`: what the first boot came to; null: it was cut off. */
type End = { readonly last: Awaited<Show['done']>; readonly code: number | null };

/** Shows the stack until its end. A number: it was left. */
const follow = async ({ context, loaded, control, owned, asking, left, leave }: Following): Promise<End | number> => {
  const { args, stdout, stderr } = context;
  const strict = args.flag('strict');
  const showing = new AbortController();
  let code: number | null = null;
  /** As its boot was told to do. */
  let endsByItself = false;
  let live: LiveView | null = null;

  const hearStop = (urgency: number): void => {
    if (endsByItself) {
      // Nobody has asked for it yet; whoever does so now is told of by the next one.
      endsByItself = false;
      return;
    }
    if (!asking.isAsked()) live?.say([createTheme(stdout).paint('dim', 'somebody else asked for the end')]);
    asking.heard(urgency);
  };
  const onEvent = (event: ControlEvent, mirror: Mirror): void => {
    if (event.type === 'booted') {
      code = exitCodeOf(event.report.outcome, strict);
      endsByItself = event.report.ends === true;
    }
    if (event.type === 'stopping') hearStop(event.times);
    if (owned === null || code === null || (event.type !== 'changed' && event.type !== 'booted')) return;
    if (!isAlive(mirror.snapshot())) endTheIdle();
  };
  /** Nothing runs any more: what had failed by then is the result. */
  const endTheIdle = (): void => {
    if (asking.isAsked()) return;
    asking.heard(1);
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
  const unwatch = watchEdits({
    control,
    files: loaded.stack.files,
    say: (text) => show.view.notice(text, Date.now()),
    toCommand: (words) => toCommandLine(context, words),
  });
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
    if (typeof end !== 'number') return { last: end, code };
    showing.abort();
    await show.done;
    keyboard?.close();
    if (end === 0) stderr.line(`detached; it runs on: ${commandsOfBackground(context)}`);
    return end;
  } finally {
    unwatch();
    keyboard?.close();
    showing.abort();
    await show.done;
  }
};

const toExitCode = (context: CommandContext, { last, code }: End, interruptedWith: number | null): number => {
  if (last === null) {
    tellGone(context);
    return 1;
  }
  if ((last.result?.survivors.length ?? 0) > 0) return 1;
  if (code !== null && code !== 0) return code;
  if (interruptedWith !== null) return interruptedWith;
  if (code === null) tellTakenDown(context);
  return code ?? 1;
};

/** A lost connection ends the events, which tells it; anything else is a bug. */
const orLost = (error: unknown): void => {
  if (!isConnectionError(error)) throw error;
};

const isAlive = ({ services }: StackSnapshot): boolean =>
  services.some(({ state, stoppedFor }) => mayGoOn(state, stoppedFor ?? null));
