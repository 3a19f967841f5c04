import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Ms } from '../../domain/service.ts';
import { nextProbeDelay } from '../../util/ramp.ts';
import type { Timer } from '../clock.ts';
import { awaitAbort } from './passive.ts';
import type { AwaitSign } from './probe.ts';
import { passed } from './words.ts';

const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch {
    // Whatever the reason, nobody can use the file yet.
    return false;
  }
};

/** Passes when something exists at the path, which is relative to the service's folder. */
export const awaitFile: AwaitSign<'file'> = (check, target, { signal, clock }) => {
  const path = resolve(target.cwd, check.path);
  return awaitAbort(signal, (settle) => {
    const begun: Ms = clock.now();
    let timer: Timer | null = null;
    let isOver = false;
    const look = async (): Promise<void> => {
      const isThere = await exists(path);
      if (isOver) return;
      if (isThere) settle(passed);
      else timer = clock.setTimer(nextProbeDelay(clock.now() - begun), () => void look());
    };
    void look();
    return () => {
      isOver = true;
      timer?.cancel();
    };
  });
};
