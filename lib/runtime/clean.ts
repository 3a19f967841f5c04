import { lstat, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { memoryFileName, memoryPrefix } from '../domain/memory-name.ts';
import type { CleanRule } from '../domain/service.ts';

export type CleanOptions = {
  /** Real path of the project's folder. */
  readonly root: string;
  readonly rules: readonly CleanRule[];
  /** Absolute paths that are never removed: the stack's own files, env files. */
  readonly keep: readonly string[];
  /** Absolute paths of log files: removed only by a glob that speaks of logs. */
  readonly logs: readonly string[];
};

export type Cleanable = { readonly path: string; readonly isFolder: boolean };

export type Cleaned = {
  readonly removed: readonly Cleanable[];
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
};

/**
 * What the globs mean, as absolute paths in order, nothing twice and nothing inside a folder that is listed itself. Links are
 * not followed, what belongs to git is never among it, and neither are the memory and the logs, unless a glob names them.
 */
export const findCleanable = async ({ root, rules, keep, logs }: CleanOptions): Promise<readonly Cleanable[]> => {
  const found = new Map<string, Cleanable>();
  for (const rule of rules) {
    const within = isInside(root, rule.folder) ? root : rule.folder;
    const namesLogs = rule.globs.some((glob) => /log/i.test(glob));
    const namesMemory = rule.globs.some((glob) => glob.includes(memoryPrefix));
    const memory = namesMemory ? [] : [path.join(root, memoryFileName)];
    const guarded = [...keep, ...memory, ...(namesLogs ? [] : logs), path.join(root, '.git')];
    for (const match of await matchAll(rule)) {
      const isTaboo =
        match.path.split(path.sep).includes('.git') ||
        (!namesMemory && path.basename(match.path).startsWith(memoryPrefix)) ||
        guarded.some((file) => isInside(match.path, file)) ||
        (!namesLogs && logs.some((file) => isRotated(file, match.path)));
      if (!isTaboo && (await isItself(within, match.path))) found.set(match.path, match);
    }
  }
  const folders = new Set([...found.values()].flatMap((match) => (match.isFolder ? [match.path] : [])));
  return [...found.values()].filter((match) => !hasParentIn(folders, match.path)).sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** Removes them; one that cannot be removed keeps no other from it. */
export const removeAll = async (items: readonly Cleanable[]): Promise<Cleaned> => {
  const removed: Cleanable[] = [];
  const failed: { path: string; reason: string }[] = [];
  for (const item of items) {
    try {
      await rm(item.path, { recursive: item.isFolder, force: true, maxRetries: 2 });
      removed.push(item);
    } catch (error) {
      failed.push({ path: item.path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { removed, failed };
};

const matchAll = async ({ folder, globs }: CleanRule): Promise<Cleanable[]> => {
  const { glob } = await import('tinyglobby');
  const isExcluded = globs.some((each) => each.startsWith('!'));
  // Where something is to be kept, no folder is taken as a whole: only the files in it that are meant. `cache/**` is what is in
  // the folder, not the folder.
  const patterns = isExcluded
    ? globs.flatMap((each) => (each.startsWith('!') ? withContents(each) : withContents(each.replace(/\/+$/, ''))))
    : globs.map((each) => (each.endsWith('/**') ? `${each}/*` : each));
  const matches = await glob([...patterns], {
    cwd: folder,
    dot: true,
    onlyFiles: isExcluded,
    followSymbolicLinks: false,
    expandDirectories: false,
    // They are large, and not what is meant by caches, unless that is said.
    ignore: ['**/.git/**', ...(globs.some((each) => each.includes('node_modules')) ? [] : ['**/node_modules/**'])],
  });
  return matches.map((match) => ({ path: path.join(folder, match.replace(/\/$/, '')), isFolder: match.endsWith('/') }));
};

const withContents = (glob: string): string[] => (glob.endsWith('/**') ? [glob] : [glob, `${glob.replace(/\/+$/, '')}/**`]);

/**
 * A literal part of a glob may lead through a link; what is behind it is somebody else's, or has another name here that is
 * guarded. A link to a folder is left alone: whoever writes `cache/**` means what is in it.
 */
const isItself = async (within: string, file: string): Promise<boolean> => {
  const parent = path.dirname(file);
  try {
    const entry = await lstat(file);
    if (!isInside(within, file) || (await realpath(parent)) !== parent) return false;
    return !entry.isSymbolicLink() || !(await stat(file).catch(() => entry)).isDirectory();
  } catch {
    // It is gone already.
    return false;
  }
};

const isInside = (folder: string, file: string): boolean => file === folder || file.startsWith(`${folder}${path.sep}`);

/** `api.log.1` of `api.log`. */
const isRotated = (log: string, file: string): boolean => file.startsWith(`${log}.`);

const hasParentIn = (folders: ReadonlySet<string>, file: string): boolean => {
  for (let parent = path.dirname(file); parent !== path.dirname(parent); parent = path.dirname(parent)) {
    if (folders.has(parent)) return true;
  }
  return false;
};
