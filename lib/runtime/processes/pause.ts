/** Resolves after `ms` milliseconds, or as soon as `cancelled` aborts; never rejects, and leaves no listener behind. */
export const pause = (ms: number, cancelled: AbortSignal | null = null): Promise<void> =>
  new Promise((resolve) => {
    if (cancelled?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      cancelled?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    cancelled?.addEventListener('abort', finish, { once: true });
  });
