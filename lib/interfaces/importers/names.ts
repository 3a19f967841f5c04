import { findNameProblem } from '../../config/names.ts';

/** Names as muster takes them, one for each that the other tool has; no two are the same. */
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
