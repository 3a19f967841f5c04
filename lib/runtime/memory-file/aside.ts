import { link, lstat, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileMark, isSameFile, toFileMark, writeAtomically } from '../atomic-write.ts';

/** `corrupt`: cannot be read. `replaced`: somebody else put it in the place of ours. */
export type AsideKind = 'corrupt' | 'replaced';

export type Aside = {
  readonly path: string;
  readonly kind: AsideKind;
  readonly mark: FileMark;
  readonly isFolder: boolean;
  readonly wall: number;
};

/** Enough to see what happened; more would fill the folder when something damages the file again and again. */
const kept = 3;

/**
 * Keeps what is in the memory's place under another name, `….corrupt-20261103T101112345Z`, and answers with that name; null when
 * that is not possible (a read-only folder …). A file keeps its place as well, as a second link, until the next save replaces
 * it: so there is no moment without one, and a good file that came in this moment is never moved away.
 */
export const setAside = async (aside: Aside): Promise<string | null> => {
  const { path, kind, mark } = aside;
  const prefix = `${basename(path)}.${kind}-`;
  const earlier = await findNames(dirname(path), prefix);
  for (const name of earlier) {
    if (await isFile(join(dirname(path), name), mark)) return name;
  }
  const name = await moveAside(aside, laterName(prefix, earlier, aside.wall));
  if (name === null) return null;
  for (const old of [...earlier, name].toSorted().slice(0, -kept)) {
    // A folder that was in the way may hold anything and stays; whatever else cannot be removed does no harm.
    await unlink(join(dirname(path), old)).catch(() => undefined);
  }
  return name;
};

const moveAside = async ({ path, mark, isFolder }: Aside, name: string): Promise<string | null> => {
  const target = join(dirname(path), name);
  if (!isFolder) {
    const linked = await succeeds(link(path, target));
    if (linked && (await isFile(target, mark))) return name;
    if (linked) {
      // The damaged file was replaced in this moment, and what we linked is the good one: there is nothing to keep.
      await unlink(target).catch(() => undefined);
      return null;
    }
  }
  // A folder, or a file system without links: it is moved, if it is still the same.
  return (await isFile(path, mark)) && (await succeeds(rename(path, target))) ? name : null;
};

/**
 * Makes the file that is there now the previous copy, directly before it is replaced. At every moment there is a previous copy
 * (once there was one), and it is a whole file.
 */
export const keepPrevious = async (path: string, previous: string): Promise<boolean> => {
  const [now, before] = [await markOf(path), await markOf(previous)];
  if (now === null) return false;
  // Both are one file when a writer was killed between the two renames; renaming one onto the other would do nothing at all.
  if (before !== null && isSameFile(now, before)) return true;
  const step = `${previous}.tmp`;
  // Left by a writer that was killed in the next two lines; usually it is not there.
  await unlink(step).catch(() => undefined);
  if (await succeeds(link(path, step))) return succeeds(rename(step, previous));
  return copyTo(path, previous);
};

/** For file systems without links. */
const copyTo = async (path: string, copy: string): Promise<boolean> => {
  // A file that cannot be read cannot be copied, and the caller says that there is no previous copy.
  const bytes = await readFile(path).catch(() => null);
  return bytes !== null && (await writeAtomically({ path: copy, chunks: [bytes], mode: 0o600 })).ok;
};

const findNames = async (folder: string, prefix: string): Promise<string[]> => {
  // A folder that cannot be listed has none that we could use.
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).toSorted();
};

/** Later than all before it, also within a millisecond and after the clock was set back: the oldest goes first when there are too many. */
const laterName = (prefix: string, earlier: readonly string[], wall: number): string =>
  prefix + toStamp(Math.max(wall, ...earlier.map((name) => fromStamp(name.slice(prefix.length)) + 1)));

const toStamp = (wall: number): string => new Date(wall).toISOString().replaceAll(/[-:.]/g, '');

const fromStamp = (stamp: string): number => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp);
  if (match === null) return 0;
  const [year = 0, month = 1, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
};

const isFile = async (path: string, mark: FileMark): Promise<boolean> => {
  const found = await markOf(path);
  return found !== null && isSameFile(found, mark);
};

const markOf = async (path: string): Promise<FileMark | null> => {
  // Whatever the reason, it is not there for us.
  const stats = await lstat(path).catch(() => null);
  return stats === null ? null : toFileMark(stats);
};

const succeeds = async (action: Promise<void>): Promise<boolean> => {
  try {
    await action;
    return true;
  } catch {
    // The caller has another way, or says that there is none.
    return false;
  }
};
