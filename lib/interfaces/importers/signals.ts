const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;

const numbers: Readonly<Record<string, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  12: 'SIGUSR2',
  15: 'SIGTERM',
};

/** The name of a signal as muster takes it, by `INT`, `SIGINT` or `2`; null: it takes none such. */
export const toSignal = (written: string): string | null => {
  const name = written.toUpperCase();
  const known = Object.hasOwn(numbers, name) ? (numbers[name] ?? '') : name.startsWith('SIG') ? name : `SIG${name}`;
  return signals.some((signal) => signal === known) ? known : null;
};

export const signalNames: string = signals.join(', ');
