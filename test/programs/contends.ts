/**
 * Takes a project's lock whenever its parent says `{folder}`, answers `{won}` or `{won: false, holder}`, and gives it back at
 * `{release: true}`. With `{folder, holdAt: 2}` it stops short of the second change of a lock file, says `{held}`, and makes it
 * at `{goOn: true}`.
 */

import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { acquireLock } from '../../lib/runtime/lock.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';

const { isAlive } = createProcesses();
const self = readIdentity(process.pid);
let release: (() => Promise<void>) | null = null;
let changesLeft = Number.POSITIVE_INFINITY;
let goOn = (): void => undefined;

/** As it does so, whichever way it is called there. */
const holdBefore = (name: 'link' | 'rename' | 'rm' | 'unlink'): void => {
  const really = files[name] as (...args: unknown[]) => Promise<void>;
  const held = async (...args: unknown[]): Promise<void> => {
    const isOfALock = args.some((arg) => typeof arg === 'string' && /lock\.\d+$/.test(arg));
    if (isOfALock) changesLeft -= 1;
    if (isOfALock && changesLeft === 0) {
      const told = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      process.send?.({ held: `${name} ${args.filter((arg) => typeof arg === 'string').join(' ')}` });
      await told;
    }
    await really(...args);
  };
  Object.assign(files, { [name]: held });
};
for (const name of ['link', 'rename', 'rm', 'unlink'] as const) holdBefore(name);
syncBuiltinESMExports();

type Message = { readonly folder?: string; readonly holdAt?: number; readonly goOn?: boolean };

process.on('message', (message: Message) => {
  void (async () => {
    if (message.goOn === true) {
      goOn();
      return;
    }
    if (message.folder === undefined) {
      await release?.();
      process.send?.({ released: true });
      return;
    }
    if (self === null) throw new Error('the system does not show this process');
    changesLeft = message.holdAt ?? Number.POSITIVE_INFINITY;
    const outcome = await acquireLock({ folder: message.folder, self, isAlive });
    release = outcome.ok ? outcome.release : null;
    process.send?.(outcome.ok ? { won: true } : { won: false, holder: outcome.holder.pid });
  })();
});
process.send?.({ ready: true });
