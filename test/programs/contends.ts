/**
 * Takes a project's lock whenever its parent says `{folder}`, answers `{won}` or `{won: false, holder}`, and gives it back at
 * `{release: true}`.
 */

import { acquireLock } from '../../lib/runtime/lock.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';

const { isAlive } = createProcesses();
const self = readIdentity(process.pid);
let release: (() => Promise<void>) | null = null;

process.on('message', (message: { readonly folder?: string }) => {
  void (async () => {
    if (message.folder === undefined) {
      await release?.();
      process.send?.({ released: true });
      return;
    }
    if (self === null) throw new Error('the system does not show this process');
    const outcome = await acquireLock({ folder: message.folder, self, isAlive });
    release = outcome.ok ? outcome.release : null;
    process.send?.(outcome.ok ? { won: true } : { won: false, holder: outcome.holder.pid });
  })();
});
process.send?.({ ready: true });
