/** A hidden page lets go of its connections after this long, and catches up when it is looked at again. */
const patience = 30_000;

/** Resolves as soon as the page is looked at, or `signal` aborts. */
export const untilVisible = (signal: AbortSignal | null = null): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && signal?.aborted !== true) return;
      document.removeEventListener('visibilitychange', look);
      signal?.removeEventListener('abort', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    signal?.addEventListener('abort', look);
    look();
  });

/** Acts when the page has been hidden for that long. Returns the way out. */
export const whenHidden = (act: () => void, after: number = patience): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, after);
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
};
