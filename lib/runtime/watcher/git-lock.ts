import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { findRepository } from './ignored.ts';

/** The file that git holds while it changes a working tree; null: the folder is in no repository. */
const findGitLock = (root: string): string | null => {
  const own = path.join(findRepository(root), '.git');
  const stat = statSync(own, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isDirectory()) return path.join(own, 'index.lock');
  try {
    // Of a worktree or a submodule it only says where the real one is.
    const [, folder] = /^gitdir: (.+)$/m.exec(readFileSync(own, 'utf8')) ?? [];
    return folder === undefined ? null : path.resolve(path.dirname(own), folder, 'index.lock');
  } catch {
    return null;
  }
};

/** Asks whether git is at work in any of these repositories. */
export const watchGitLocks = (roots: readonly string[]): (() => boolean) => {
  const locks = [...new Set(roots.map(findGitLock))].filter((lock) => lock !== null);
  return () => locks.some((lock) => existsSync(lock));
};
