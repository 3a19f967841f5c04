import type { ProbeResult } from '../../domain/process.ts';

/** Starts a wait; the returned function ends it and is called exactly once, whatever ended the wait. */
export type BeginWait = (settle: (result: ProbeResult) => void) => () => void;

/** Waits for one result; rejects with the signal's reason when it aborts first. */
export const awaitAbort = (signal: AbortSignal, begin: BeginWait): Promise<ProbeResult> =>
  new Promise((settle, reject) => {
    let isOver = false;
    let end: (() => void) | null = null;

    const finish = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', onAbort);
      end?.();
      act();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));

    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    end = begin((result) => finish(() => settle(result)));
    // The sign was there before the wait had begun in full.
    if (isOver) end();
  });
