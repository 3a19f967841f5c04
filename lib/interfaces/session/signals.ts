import { createGate } from '../../util/gate.ts';

/**
 * A bug in one handler must not take the supervisor away from all services: it is told, and the others go on. Returns the way
 * back.
 */
export const surviveBugs = (tell: (text: string) => void): (() => void) => {
  const onBug = (error: unknown): void => {
    tell(`a bug in muster: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  return () => {
    process.off('uncaughtException', onBug);
    process.off('unhandledRejection', onBug);
  };
};

/** The signals that ask us to end, with the exit code each stands for (128 + its number). */
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type EndSignal = keyof typeof codes;

export type Interruption = {
  readonly signal: EndSignal;
  /** That of this signal, whichever came before it. */
  readonly exitCode: number;
  /** How many have come, this one included. */
  readonly times: number;
};

/**
 * Signals that mean nothing to us, from the first moment on: left alone, SIGUSR1 would open Node's debugger to every user of
 * the machine, and SIGUSR2 or SIGALRM would end us.
 */
export const ignoreStraySignals = (): void => {
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const) process.on(signal, () => undefined);
};

/** Calls `onInterrupt` for every request to end; the way back is the result. */
export const listenForSignals = (onInterrupt: (interruption: Interruption) => void): (() => void) => {
  let times = 0;
  const listeners = Object.entries(codes).map(([name, exitCode]) => {
    const signal = name as EndSignal;
    const listener = (): void => {
      times += 1;
      onInterrupt({ signal, exitCode, times });
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const unlisten of listeners) unlisten();
  };
};

export type AwaitedSignal = {
  /** Resolves with that of the first signal that asks for the end; without one, never. */
  readonly exitCode: Promise<number>;
  readonly unlisten: () => void;
};

/** For whoever does not stop anything, but goes. */
export const awaitSignal = (): AwaitedSignal => {
  const { opened, open } = createGate<number>();
  return { exitCode: opened, unlisten: listenForSignals(({ exitCode }) => open(exitCode)) };
};
