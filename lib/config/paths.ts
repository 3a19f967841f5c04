import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** True when a path, as it is written or through the links on its way, ends outside the folder. What is missing counts as plain. */
export const leavesFolder = (root: string, file: string): boolean => {
  const absolute = path.resolve(root, file);
  return !isInside(root, absolute) || !isInside(root, followLinks(absolute, 0));
};

export const isInside = (root: string, absolute: string): boolean => {
  const relative = path.relative(root, absolute);
  return relative === '' || (!path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..');
};

/** The real path as far as it exists; a link to something that does not exist yet leads where it says. */
const followLinks = (absolute: string, links: number): string => {
  const stat = lstatSync(absolute, { throwIfNoEntry: false, bigint: false });
  if (stat === undefined || links > 40) {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(followLinks(parent, links), path.basename(absolute));
  }
  try {
    return realpathSync(absolute);
  } catch {
    // A link that hangs. Where it points is what counts, since writing to it would create the file there.
    return stat.isSymbolicLink()
      ? followLinks(path.resolve(path.dirname(absolute), readlinkSync(absolute)), links + 1)
      : absolute;
  }
};
