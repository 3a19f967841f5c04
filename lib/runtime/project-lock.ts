import { basename } from 'node:path';
import type { ProcessIdentity } from '../domain/process.ts';
import { projectId } from './identity.ts';
import { acquireLock, type LockOptions } from './lock.ts';
import { folderToOwnIn } from './project-folder.ts';
import { takeRoot } from './root-lock.ts';
import { isPrivate } from './runtime-dir.ts';
import { whySudoIsRefused } from './sudo.ts';

export type ProjectOwner = Pick<LockOptions, 'self' | 'isAlive'> & {
  /** The project's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Its runtime folder, where whoever has started us waits for us; absent: by the environment. */
  readonly folder?: string;
};

export type ProjectTaken =
  /** `folder`: its runtime folder. */
  | { readonly ok: true; readonly folder: string; readonly release: () => Promise<void> }
  | { readonly ok: false; readonly why: 'held'; readonly holder: ProcessIdentity }
  | { readonly ok: false; readonly why: 'no-folder'; readonly reason: string };

/** Makes this process the one owner of a project, until `release`. Throws the system's error when `root` does not exist. */
export const takeProject = async ({ root, env, self, isAlive, folder: given }: ProjectOwner): Promise<ProjectTaken> => {
  const refused = whySudoIsRefused(root, env);
  if (refused !== null) return { ok: false, why: 'no-folder', reason: refused };
  const project = projectId(root);
  const isUsable = given !== undefined && basename(given) === project && isPrivate(given);
  const found = isUsable ? { ok: true as const, path: given } : folderToOwnIn(root, env, project);
  if (!found.ok) return { ok: false, why: 'no-folder', reason: found.reason };
  const folder = found.path;
  // In this order, so that whoever holds the second can be waited for in its folder: there is a lock in it.
  const lock = await acquireLock({ folder, self, isAlive });
  if (!lock.ok) return { ok: false, why: 'held', holder: lock.holder };
  const ofRoot = await takeRoot({ root, project, folder, self, isAlive });
  if (!ofRoot.ok) {
    await lock.release();
    return { ok: false, why: 'held', holder: ofRoot.holder };
  }
  const release = async (): Promise<void> => {
    await ofRoot.release();
    await lock.release();
  };
  return { ok: true, folder, release };
};
