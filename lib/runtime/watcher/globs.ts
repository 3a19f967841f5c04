import path from 'node:path';
import picomatch from 'picomatch';
import type { ServiceName } from '../../domain/service.ts';
import type { WatchedService } from '../watcher.ts';

export type Globs = {
  /** Where looking begins: the project, and the folders of included projects beside it. */
  readonly roots: readonly string[];
  /** Whose globs mean this file. */
  namesOf(file: string): readonly ServiceName[];
  /** Some glob may mean a file in this folder, or in one below it. */
  mayHold(folder: string): boolean;
};

/** Compiles the globs of all services. A service that has those of another shares its matcher. */
export const compileGlobs = (root: string, services: readonly WatchedService[]): Globs => {
  const matchers = new Map<string, { readonly matcher: Matcher; readonly names: ServiceName[] }>();
  for (const { name, rule } of services) {
    const key = JSON.stringify([rule.folder, rule.globs]);
    const known = matchers.get(key);
    if (known === undefined) matchers.set(key, { matcher: compile(root, rule), names: [name] });
    else known.names.push(name);
  }
  const all = [...matchers.values()];
  const [only] = all;
  return {
    roots: [...new Set(all.map(({ matcher }) => matcher.within))],
    namesOf: (file) => {
      if (all.length === 1) return only?.matcher.isMeant(file) === true ? only.names : [];
      return all.flatMap(({ matcher, names }) => (matcher.isMeant(file) ? names : []));
    },
    mayHold: (folder) => all.some(({ matcher }) => matcher.mayHold(folder)),
  };
};

type Matcher = {
  readonly within: string;
  readonly isMeant: (file: string) => boolean;
  readonly mayHold: (folder: string) => boolean;
};

/** Where a glob is at home, and how many folders below that it reaches. */
type Reach = { readonly base: string; readonly depth: number };

const compile = (root: string, { folder, globs }: WatchedService['rule']): Matcher => {
  const within = isInside(root, folder) ? root : climb(folder, globs);
  const home = toPosix(path.relative(within, folder));
  const toPattern = (glob: string): string => path.posix.join(home, glob);
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(toPattern);
  const excluded = globs.filter((glob) => glob.startsWith('!')).map((glob) => toPattern(glob.slice(1)));
  const options = { dot: true } as const;
  const isWanted = picomatch(wanted.flatMap(withContents), options);
  const isExcluded = excluded.length === 0 ? () => false : picomatch(excluded.flatMap(withContents), options);
  const whole = excluded.flatMap(withContents).filter((pattern) => pattern.endsWith('/**'));
  const isWhollyExcluded = whole.length === 0 ? () => false : picomatch(whole, options);
  const reaches = wanted.flatMap(withContents).map(toReach);
  return {
    within,
    isMeant: (file) => {
      if (!isInside(within, file)) return false;
      const relative = toPosix(path.relative(within, file));
      return isWanted(relative) && !isExcluded(relative);
    },
    mayHold: (absolute) => {
      if (!isInside(within, absolute)) return isInside(absolute, within);
      const relative = toPosix(path.relative(within, absolute));
      return reaches.some((reach) => isReached(reach, relative)) && (relative === '' || !isWhollyExcluded(relative));
    },
  };
};

/** Of an included project beside this one: as far up as its globs lead. */
const climb = (folder: string, globs: readonly string[]): string => {
  const steps = globs.map((glob) => /^!?((?:\.\.\/)*)/.exec(path.posix.normalize(glob))?.[1]?.length ?? 0);
  return path.resolve(folder, '../'.repeat(Math.max(0, ...steps) / 3));
};

/** A folder stands for all that is in it. */
const withContents = (pattern: string): readonly string[] => {
  const bare = pattern.replace(/\/+$/, '');
  if (bare === '.' || bare === '') return ['**'];
  if (bare !== pattern) return [`${bare}/**`];
  const isPlain = !picomatch.scan(path.posix.basename(bare)).isGlob;
  return isPlain ? [bare, `${bare}/**`] : [bare];
};

const toReach = (pattern: string): Reach => {
  const { base, glob } = picomatch.scan(pattern);
  const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length - 1;
  // A file that is named in full is found in its folder.
  return glob === '' ? { base: toFolder(path.posix.dirname(base)), depth: 0 } : { base: toFolder(base), depth };
};

const toFolder = (base: string): string => (base === '.' ? '' : base.replace(/\/+$/, ''));

const isReached = ({ base, depth }: Reach, folder: string): boolean => {
  if (folder === '' || base === folder || base.startsWith(`${folder}/`)) return true;
  if (base !== '' && !folder.startsWith(`${base}/`)) return false;
  const below = folder.slice(base === '' ? 0 : base.length + 1).split('/').length;
  return below <= depth;
};

const toPosix = (file: string): string => (path.sep === '/' ? file : file.replaceAll(path.sep, '/'));

export const isInside = (folder: string, file: string): boolean =>
  file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : `${folder}${path.sep}`);
