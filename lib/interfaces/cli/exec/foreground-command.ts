import { constants } from 'node:os';
import { type Foreground, type ForegroundEnd, type ForegroundOptions, runForeground } from '../../../runtime/foreground.ts';

/** Signals that are passed on to whoever we stand in for. */
const passedOn = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

/** What the terminal sends to everybody in front of it: the command has got it already, and twice would mean "at once" to many. */
const fromTerminal: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

export const hasTerminal = (): boolean => [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);

/** As a shell says it: its own code, 128 and the number of the signal, 127 for not found, 126 for not runnable. */
export const toShellCode = (end: ForegroundEnd): number =>
  end.kind === 'ended' ? 128 + (constants.signals[end.signal] ?? 0) : end.code;

/** Sends on what we are sent, while the command runs. Returns the way out. */
const passSignalsOn = (send: Foreground['signal'], isTerminal: boolean): (() => void) => {
  const listeners = passedOn.map((signal) => {
    const listener = (): void => {
      if (!isTerminal || !fromTerminal.has(signal)) send(signal);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const unlisten of listeners) unlisten();
  };
};

/** Runs it in our place, and resolves with how it ended. */
export const runInOurPlace = async (options: ForegroundOptions): Promise<ForegroundEnd> => {
  // Before there is anybody to pass them on to: the command may speak, and be answered, sooner than we are back from its start.
  let command: Foreground | null = null;
  const unlisten = passSignalsOn((signal) => command?.signal(signal), hasTerminal());
  try {
    command = runForeground(options);
    return await command.ended;
  } finally {
    unlisten();
  }
};
