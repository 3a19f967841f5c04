export type Saved = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Lets one save run at a time. Those that come meanwhile are joined into one, which saves the newest: so a burst of a thousand
 * changes costs two writes, and each caller hears of the write that holds its change.
 */
export const joinSaves = <T>(write: (value: T) => Promise<Saved>): ((value: T) => Promise<Saved>) => {
  let running: Promise<unknown> | null = null;
  let next: { value: T; readonly saved: Promise<Saved> } | null = null;

  const start = (value: T): Promise<Saved> => {
    const saved = write(value);
    running = saved;
    // With one waiting it stays taken: whoever asks between this end and that start must be joined, not started beside it.
    const release = (): void => {
      if (running === saved && next === null) running = null;
    };
    saved.then(release, release);
    return saved;
  };

  return (value) => {
    if (running === null) return start(value);
    if (next !== null) {
      next.value = value;
      return next.saved;
    }
    const startNext = (): Promise<Saved> => {
      const newest = next?.value ?? value;
      next = null;
      return start(newest);
    };
    next = { value, saved: running.then(startNext, startNext) };
    return next.saved;
  };
};
