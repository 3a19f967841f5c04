import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toErrorCode } from './atomic-write.ts';
import { acquireLock, type LockOptions, type LockOutcome } from './lock.ts';
import { readNote } from './note.ts';

/** Beside the memory, so that what leaves that out leaves this out, too. A copy of the folder is another project. */
const nameOf = (project: string): string => `.server_memory.json.lock-${project}`;

export type RootLock = Pick<LockOptions, 'self' | 'isAlive'> & {
  /** The project's folder. */
  readonly root: string;
  readonly project: string;
  /** Its runtime folder, where whoever finds the lock finds its owner. */
  readonly folder: string;
};

/**
 * The runtime folder is by the caller's environment, and two sessions that have each their own would each have the lock of a
 * project for themselves. So that there is one owner, whoever has taken that takes this, too: it lies where all of them meet. Where
 * nothing can be written there, or nothing be linked, it is done without.
 */
export const takeRoot = async ({ root, project, folder, self, isAlive }: RootLock): Promise<LockOutcome> => {
  // As the memory's own are named: what a kill leaves of them goes with those.
  const draft = (): string => `.server_memory.json.tmp-${self.pid}-${Math.trunc(Math.random() * 1e9)}`;
  try {
    return await acquireLock({ folder: root, self, isAlive, name: nameOf(project), draft, says: { folder } });
  } catch (error) {
    if (toErrorCode(error) === null) throw error;
    return { ok: true, release: () => Promise.resolve() };
  }
};

/** The runtime folder of whoever owns the project, as it says: only where to look. Null: nobody says so, or nobody who is there. */
export const folderOfOwner = (root: string, project: string): string | null => {
  try {
    const name = readdirSync(root).find((each) => each.startsWith(`${nameOf(project)}.`));
    const { pid, folder } = JSON.parse((name === undefined ? null : readNote(join(root, name))) ?? '{}') as Fields;
    const isOurs = typeof folder === 'string' && basename(folder) === project && typeof pid === 'number';
    return isOurs && isThere(pid) ? folder : null;
  } catch {
    // It has ended in this moment, or it is none of ours.
    return null;
  }
};

type Fields = Readonly<Record<string, unknown>>;

const isThere = (pid: number): boolean => Number.isSafeInteger(pid) && pid > 0 && process.kill(pid, 0);
