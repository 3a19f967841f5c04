import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** True when a normalized absolute path is the folder itself or inside it. Looks at nothing. */
export const isInside = (root: string, absolute: string): boolean =>
  absolute === root || absolute.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`);

/**
 * Says whether paths, as they are written or through the links on their way, end outside a folder. What is missing counts
 * as plain. Remembers folders, because the files of many services share one and every look costs a system call.
 */
export const createGuard = (root: string): ((absolute: string) => boolean) => {
  const folders = new Map<string, Real>();

  const realFolder = (folder: string): Real => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const real = toReal(folder, 0);
    folders.set(folder, real);
    return real;
  };

  /** A link to something that does not exist leads where it says, since writing to it would create the file there. */
  const toReal = (absolute: string, links: number): Real => {
    const name = path.basename(absolute);
    const parent = path.dirname(absolute);
    if (parent === absolute || links > 40) return { path: absolute, exists: true };
    const folder = realFolder(parent);
    const real = path.join(folder.path, name);
    const stat = folder.exists ? lstatSync(real, { throwIfNoEntry: false }) : undefined;
    if (stat?.isSymbolicLink() !== true) return { path: real, exists: stat !== undefined };
    try {
      return { path: realpathSync(real), exists: true };
    } catch {
      return toReal(path.resolve(folder.path, readlinkSync(real)), links + 1);
    }
  };

  return (absolute) => !isInside(root, absolute) || !isInside(root, toReal(absolute, 0).path);
};

type Real = { readonly path: string; readonly exists: boolean };
