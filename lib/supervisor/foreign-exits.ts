import type { Exit, ProcessIdentity } from '../domain/process.ts';
import type { Ms } from '../domain/service.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

export type ForeignExits = {
  /** Resolves when the process is gone. How it ended, only its parent was told. */
  watch(identity: ProcessIdentity): Promise<Exit>;
  dispose(): void;
};

/** A death is seen within a second. */
const lookEvery: Ms = 500;

/** The system tells of the end of our own children only; those of an earlier supervisor are looked at. */
export const watchForeignExits = (clock: Clock, isAlive: (identity: ProcessIdentity) => boolean): ForeignExits => {
  const watched = new Map<ProcessIdentity, (exit: Exit) => void>();
  let timer: Timer | null = null;
  /** Where nothing can be looked at just now (no file can be opened), nobody is known to have ended: the next look may tell. */
  const isGone = (identity: ProcessIdentity): boolean => {
    try {
      return !isAlive(identity);
    } catch {
      return false;
    }
  };
  const look = (): void => {
    for (const [identity, settle] of watched) {
      if (!isGone(identity)) continue;
      watched.delete(identity);
      settle({ code: null, signal: null });
    }
    timer = watched.size === 0 ? null : clock.setTimer(lookEvery, look);
  };
  return {
    watch: (identity) =>
      new Promise((resolve) => {
        watched.set(identity, resolve);
        timer ??= clock.setTimer(lookEvery, look);
      }),
    dispose: () => {
      timer?.cancel();
      watched.clear();
    },
  };
};
