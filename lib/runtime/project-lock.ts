import type { ProcessIdentity } from '../domain/process.ts';
import { projectId } from './identity.ts';
import { acquireLock, type LockOptions } from './lock.ts';
import { projectFolder } from './project-folder.ts';
import { takeRoot } from './root-lock.ts';

export type ProjectOwner = Pick<LockOptions, 'self' | 'isAlive'> & {
  /** The project's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
};

export type ProjectTaken =
  /** `folder`: its runtime folder. */
  | { readonly ok: true; readonly folder: string; readonly release: () => Promise<void> }
  | { readonly ok: false; readonly why: 'held'; readonly holder: ProcessIdentity }
  | { readonly ok: false; readonly why: 'no-folder'; readonly reason: string };

/** Makes this process the one owner of a project, until `release`. Throws the system's error when `root` does not exist. */
export const takeProject = async ({ root, env, self, isAlive }: ProjectOwner): Promise<ProjectTaken> => {
  const found = projectFolder(root, env);
  if (!found.ok) return { ok: false, why: 'no-folder', reason: found.reason };
  const folder = found.path;
  const ofRoot = await takeRoot({ root, project: projectId(root), folder, self, isAlive });
  if (!ofRoot.ok) return { ok: false, why: 'held', holder: ofRoot.holder };
  const lock = await acquireLock({ folder, self, isAlive });
  if (!lock.ok) {
    await ofRoot.release();
    return { ok: false, why: 'held', holder: lock.holder };
  }
  const release = async (): Promise<void> => {
    await lock.release();
    await ofRoot.release();
  };
  return { ok: true, folder, release };
};
