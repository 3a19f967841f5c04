import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';

/** True when a normalized absolute path is the folder itself or inside it. Looks at nothing. */
export const isInside = (root: string, absolute: string): boolean =>
  absolute === root || absolute.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`);

// "a/*/../../.." climbs out behind a wildcard, where it cannot be followed as a path.
export const climbsOut = (glob: string): boolean => /[*?[{(].*(^|[/\\])\.\.([/\\]|$)/.test(glob);

/** Names with slashes between them, none of which is `.` or `..`. */
const isOrdinary = /^(?!\.)[\w.-]+(?:\/(?!\.)[\w.-]+)*$/;

/** What `path.resolve` says of an absolute folder, as that would write it, and a path. A large stack asks for thousands. */
export const resolveIn = (folder: string, file: string): string => {
  if (file === '.' || file === '') return folder;
  if (path.sep !== '/' || folder === '/' || !isOrdinary.test(file)) return path.resolve(folder, file);
  return `${folder}/${file}`;
};

/** Why nothing can be at a path, nor be made there. */
export type Obstacle = {
  /** Absolute: where on the way it is. */
  readonly at: string;
  /** What goes behind its name: "is not a folder". */
  readonly problem: string;
};

/** Where a path leads. */
export type Way = {
  /** It ends outside the folder, as it is written or through the links on its way. */
  readonly leaves: boolean;
  readonly obstacle: Obstacle | null;
  /** There is a folder of that name; a link to one is not counted. */
  readonly isFolder: boolean;
};

/**
 * Says where paths lead, as they are written and through the links on their way. What is missing counts as plain, and never
 * does a path throw. Remembers folders, because the files of many services share one and every look costs a system call.
 */
export const createGuard = (root: string): ((absolute: string) => Way) => {
  const folders = new Map<string, Real>();

  const realFolder = (folder: string, links: number): Real => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const real = toReal(folder, links);
    folders.set(folder, real);
    return real;
  };

  const toReal = (absolute: string, links: number): Real => {
    const parent = path.dirname(absolute);
    if (parent === absolute) return { path: absolute, kind: 'folder', obstacle: null };
    if (links > mostLinks) return blocked(absolute, { at: absolute, problem: problems['ELOOP'] });
    const folder = realFolder(parent, links);
    const real = folder.path === parent ? absolute : path.join(folder.path, path.basename(absolute));
    if (folder.obstacle !== null) return blocked(real, folder.obstacle);
    if (folder.kind === 'missing') return { path: real, kind: 'missing', obstacle: null };
    try {
      const stat = lstatSync(real, { throwIfNoEntry: false });
      return stat?.isSymbolicLink() === true ? followLink(real, links) : { path: real, kind: toKind(stat), obstacle: null };
    } catch (error) {
      return blocked(real, toObstacle(real, error));
    }
  };

  /** A link to something that does not exist leads where it says, since writing to it would create the file there. */
  const followLink = (link: string, links: number): Real => {
    try {
      return { path: realpathSync(link), kind: 'other', obstacle: null };
    } catch (error) {
      if (codeOf(error) === 'ELOOP') throw error;
      return toReal(path.resolve(path.dirname(link), readlinkSync(link)), links + 1);
    }
  };

  return (absolute) => {
    if (!isInside(root, absolute)) return { leaves: true, obstacle: null, isFolder: false };
    const { path: real, kind, obstacle } = toReal(absolute, 0);
    return { leaves: !isInside(root, real), obstacle, isFolder: kind === 'folder' };
  };
};

/** As many as Linux follows. */
const mostLinks = 40;

type Real = { readonly path: string; readonly kind: 'missing' | 'folder' | 'other'; readonly obstacle: Obstacle | null };

const toKind = (stat: Stats | undefined): Real['kind'] =>
  stat === undefined ? 'missing' : stat.isDirectory() ? 'folder' : 'other';

const blocked = (absolute: string, obstacle: Obstacle): Real => ({ path: absolute, kind: 'missing', obstacle });

const problems = {
  ENOTDIR: 'is not a folder',
  EACCES: 'is closed to this user',
  ELOOP: 'is a link that leads back to itself',
  ENAMETOOLONG: 'has too long a name',
} as const;

/** The first two are about the folder that a path is in. */
const toObstacle = (absolute: string, error: unknown): Obstacle => {
  const code = codeOf(error);
  const at = code === 'ENOTDIR' || code === 'EACCES' ? path.dirname(absolute) : absolute;
  const known = Object.entries(problems).find(([name]) => name === code);
  return { at, problem: known?.[1] ?? `cannot be looked at (${code})` };
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));
