import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { isInside } from './globs.ts';

export type Ignored = {
  /** Git would not look at it; also anything in a folder that is ignored, as long as nobody asks about what is in such a folder. */
  has(file: string, isFolder: boolean): boolean;
  /** The `.gitignore` of this folder is another now. */
  forget(folder: string): void;
};

/** Larger than anybody writes by hand. */
const largest = 1_000_000;

const name = '.gitignore';

/** What the `.gitignore` files from the repository around a project down to each folder leave out; a deeper one has the last word. */
export const readIgnored = (roots: readonly string[]): Ignored => {
  const rules = new Map<string, Ignore | null>();
  const rulesOf = (folder: string): Ignore | null => {
    const known = rules.get(folder);
    if (known !== undefined) return known;
    const read = readRules(path.join(folder, name));
    rules.set(folder, read);
    return read;
  };

  const isIgnoredUpTo = (top: string, file: string, isFolder: boolean): boolean => {
    for (let folder = path.dirname(file); isInside(top, folder); folder = path.dirname(folder)) {
      const relative = `${path.relative(folder, file).replaceAll(path.sep, '/')}${isFolder ? '/' : ''}`;
      const found = rulesOf(folder)?.test(relative);
      if (found?.ignored === true) return true;
      if (found?.unignored === true) return false;
      if (folder === path.dirname(folder)) break;
    }
    return false;
  };

  // A project that lies in an ignored folder of another repository was put there on purpose: that repository says nothing about it.
  const tops = roots.map((root) => {
    const repository = findRepository(root);
    return { root, top: repository === root || isIgnoredUpTo(repository, root, true) ? root : repository };
  });
  const topOf = (file: string): string => {
    const own = tops.filter(({ root }) => isInside(root, file)).sort((a, b) => b.root.length - a.root.length)[0];
    return own?.top ?? path.dirname(file);
  };

  return {
    has: (file, isFolder) => isIgnoredUpTo(topOf(file), file, isFolder),
    forget: (folder) => void rules.delete(folder),
  };
};

/** The nearest folder above that git knows; the folder itself where there is none. */
export const findRepository = (root: string): string => {
  for (let folder = root; ; folder = path.dirname(folder)) {
    if (statSync(path.join(folder, '.git'), { throwIfNoEntry: false }) !== undefined) return folder;
    if (folder === path.dirname(folder)) return root;
  }
};

const readRules = (file: string): Ignore | null => {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size > largest) return null;
    return ignore().add(readFileSync(file, 'utf8'));
  } catch {
    // What cannot be read leaves nothing out.
    return null;
  }
};
