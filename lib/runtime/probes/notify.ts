import { followBytes } from '../logs/follow.ts';
import { awaitAbort } from './passive.ts';
import type { AwaitSign } from './probe.ts';
import { failed, passed } from './words.ts';

const newline = 0x0a;

/**
 * Passes at the first newline in the notify file, which the service has as a descriptor: from whichever process holds it, and
 * also when it was written while no supervisor lived. A file, not a pipe: an end of it without a newline says nothing.
 */
export const awaitNotify: AwaitSign<'notify'> = (_check, target, { signal }) => {
  const path = target.notify;
  if (path === null) return Promise.resolve(failed('the service has no notify file'));
  return awaitAbort(signal, (settle) => {
    const follower = followBytes({
      path,
      from: 0,
      isRotated: false,
      isUrgent: true,
      onBytes: (bytes) => {
        if (bytes.includes(newline)) settle(passed);
      },
      onRestart: () => {},
    });
    return () => follower.stop();
  });
};
