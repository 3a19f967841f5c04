import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { memoryFileName } from '../domain/memory-name.ts';
import { toErrorCode } from './atomic-write.ts';
import { acquireLock, type LockOptions, type LockOutcome } from './lock.ts';
import { readNote } from './note.ts';
import { isThere } from './processes/is-there.ts';

/** Beside the memory, so that what leaves that out leaves this out, too. A copy of the folder is another project. */
const nameOf = (project: string): string => `${memoryFileName}.lock-${project}`;

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
  const draft = (): string => `${memoryFileName}.tmp-${self.pid}-${Math.trunc(Math.random() * 1e9)}`;
  try {
    return await acquireLock({ folder: root, self, isAlive, name: nameOf(project), draft, says: { folder } });
  } catch (error) {
    if (toErrorCode(error) === null) throw error;
    return { ok: true, release: () => Promise.resolve() };
  }
};

/** The runtime folder of whoever owns the project, as it says: only where to look. Null: nobody says so, or nobody who is there. */
export const folderOfOwner = (root: string, project: string): string | null => {
  for (const name of locksIn(root, project)) {
    const { pid, folder } = readFields(join(root, name));
    if (typeof folder === 'string' && basename(folder) === project && isPid(pid) && isThere(pid)) return folder;
  }
  return null;
};

/** The oldest first: beside the one that a dead owner left lies that of its successor, and beside that those of who only tries. */
const locksIn = (root: string, project: string): readonly string[] => {
  const begin = `${nameOf(project)}.`;
  const numberOf = (name: string): number => Number(name.slice(begin.length));
  try {
    return readdirSync(root)
      .filter((name) => name.startsWith(begin) && /^\d+$/.test(name.slice(begin.length)))
      .sort((a, b) => numberOf(a) - numberOf(b));
  } catch {
    // There is no such folder, or it cannot be read: nobody is found by it.
    return [];
  }
};

const isPid = (pid: unknown): pid is number => typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0;

type Fields = { readonly pid?: unknown; readonly folder?: unknown };

const readFields = (path: string): Fields => {
  try {
    return (JSON.parse(readNote(path) ?? '{}') as Fields | null) ?? {};
  } catch {
    // It has ended in this moment, or it is none of ours.
    return {};
  }
};
