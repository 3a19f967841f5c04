import { findNameProblem } from '../../config/names.ts';

/**
 * Names as muster takes them, one for each of those that the other tool has, in their order; no two are the same. Of several that
 * are written alike, as two files have them or pm2 runs them, the later ones are counted.
 */
export const toDistinctNames = (written: readonly string[]): readonly string[] => {
  const distinct = countAlike(written);
  const names = toServiceNames(distinct);
  return distinct.map((name) => names.get(name) ?? name);
};

const countAlike = (written: readonly string[]): readonly string[] => {
  const taken = new Set(written);
  const seen = new Set<string>();
  return written.map((name) => {
    let free = name;
    for (let n = 2; seen.has(free) || (free !== name && taken.has(free)); n += 1) free = `${name}-${n}`;
    seen.add(free);
    return free;
  });
};

/** The same by what is written, for a tool in whose files a name stands for one. */
export const toServiceNames = (written: readonly string[]): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  const taken = new Set(written.filter((name) => findNameProblem(name) === null));
  for (const name of written) {
    if (names.has(name)) continue;
    if (taken.has(name)) names.set(name, name);
    else {
      const plain = toPlainName(name);
      let free = plain;
      for (let n = 2; taken.has(free); n += 1) free = `${plain}-${n}`;
      taken.add(free);
      names.set(name, free);
    }
  }
  return names;
};

const toPlainName = (name: string): string => {
  const plain = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 90);
  return findNameProblem(plain) === null ? plain : `service-${plain}`.replace(/-+$/, '');
};
