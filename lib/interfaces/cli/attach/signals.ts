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

/** The signals that ask an attached supervisor to end, with the exit code each stands for (128 + its number). */
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type Interruption = { readonly times: number; readonly exitCode: number };

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
  let exitCode: number | null = null;
  const listeners = new Map<NodeJS.Signals, () => void>();
  for (const [signal, code] of Object.entries(codes)) {
    listeners.set(signal as keyof typeof codes, () => {
      times += 1;
      exitCode ??= code;
      onInterrupt({ times, exitCode });
    });
  }
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
};
