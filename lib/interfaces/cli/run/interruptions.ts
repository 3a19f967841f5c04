import type { Foreground } from '../../../runtime/foreground.ts';
import type { RemoteControl } from '../../control/client.ts';
import { listenForSignals } from '../../session/signals.ts';
import { hasTerminal } from '../exec/foreground-command.ts';

/** Who is interrupted just now. `times` counts from when its turn began. */
export type OnInterrupt = (times: number, signal: NodeJS.Signals) => void;

export type Interruptions = {
  /** From now on it is this one's turn. */
  hand(to: OnInterrupt): void;
  /** 128 and the number of the first signal that came; null: none. */
  readonly exitCode: () => number | null;
  close(): void;
};

/** Ctrl-C goes to whoever has the turn: the boot, then the command, then the end of the stack. */
export const listenForInterruptions = (): Interruptions => {
  let current: OnInterrupt = () => undefined;
  let times = 0;
  let first: number | null = null;
  const close = listenForSignals(({ signal, exitCode }) => {
    first ??= exitCode;
    times += 1;
    current(times, signal);
  });
  return {
    hand: (to) => {
      current = to;
      times = 0;
    },
    exitCode: () => first,
    close,
  };
};

/**
 * The command gets from us what the terminal does not send it by itself. The second time it is asked to end, whatever it made
 * of the first, and the third time it is killed: so the stack can always be had down.
 */
export const interruptCommand =
  (command: Foreground): OnInterrupt =>
  (times, signal) => {
    if (times > 1) command.signal(times === 2 ? 'SIGTERM' : 'SIGKILL');
    else if (signal !== 'SIGINT' || !hasTerminal()) command.signal(signal);
  };

/** While everything goes down anyway: one second for all, then none. */
export const hurryDown =
  (control: Pick<RemoteControl, 'hurry'>): OnInterrupt =>
  (times) => {
    // When it cannot be said any more, the stack is down.
    control.hurry(times === 1 ? 1 : 2).catch(() => undefined);
  };
