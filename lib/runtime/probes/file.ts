import { resolve } from 'node:path';
import type { Ms } from '../../domain/service.ts';
import { nextProbeDelay } from '../../util/ramp.ts';
import type { Timer } from '../clock.ts';
import { markOf } from '../file-mark.ts';
import { awaitAbort } from './passive.ts';
import type { AwaitSign } from './probe.ts';
import { passed } from './words.ts';

/**
 * Passes when something appears at the path, which is relative to the service's folder, or changes there: what an earlier
 * attempt has left proves nothing about this one.
 */
export const awaitFile: AwaitSign<'file'> = (check, target, { signal, clock }) => {
  const path = resolve(target.cwd, check.path);
  return awaitAbort(signal, (settle) => {
    const begun: Ms = clock.now();
    let timer: Timer | null = null;
    const look = (): void => {
      const mark = markOf(path);
      if (mark !== null && mark !== target.signBefore) settle(passed);
      else timer = clock.setTimer(nextProbeDelay(clock.now() - begun), look);
    };
    look();
    return () => timer?.cancel();
  });
};
