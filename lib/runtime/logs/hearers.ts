import { join } from 'node:path';

/** By path of the file. */
const hearers = new Map<string, Set<() => void>>();

/**
 * Calls `hear` whenever the system tells that this file has changed, before anything of it is read, as long as some reader follows a file
 * of its folder. A flood is not told. Returns the way out.
 */
export const hearOf = (path: string, hear: () => void): (() => void) => {
  const all = hearers.get(path) ?? new Set();
  hearers.set(path, all.add(hear));
  return () => {
    all.delete(hear);
    if (all.size === 0 && hearers.get(path) === all) hearers.delete(path);
  };
};

/** True: somebody was told. */
export const tellHearers = (folder: string, name: string): boolean => {
  const all = hearers.size === 0 ? undefined : hearers.get(join(folder, name));
  for (const hear of all ?? []) hear();
  return all !== undefined;
};
