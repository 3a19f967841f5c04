import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';

const names = ['services.yaml', 'services.yml'];

export type FoundFile = {
  /** As it is shown: relative to the folder that the command was given in, when that is shorter. */
  readonly file: string;
  /** Worth a line to the user; null: it is just here. */
  readonly note: string | null;
};

export type FindOptions = { readonly cwd: string; readonly home: string | null; readonly uid: number | null };

/**
 * `services.yaml` here, else in the folders above: up to the top of the repository, or else to the home folder. A file
 * above that belongs to somebody else is never taken: whoever may write into /tmp must not choose what runs in /tmp/x.
 */
export const findStackFile = ({ cwd, home, uid }: FindOptions): FoundFile => {
  const here = pick(cwd);
  if (here !== null) return { file: here.name, note: here.note };
  for (const folder of foldersAbove(cwd, home)) {
    const found = pick(folder);
    if (found === null) continue;
    const file = path.relative(cwd, path.join(folder, found.name));
    if (uid !== null && found.uid !== uid && found.uid !== 0)
      return { file: 'services.yaml', note: `${file} was not used: it belongs to another user` };
    return { file, note: found.note ?? `using ${file}` };
  }
  return { file: 'services.yaml', note: null };
};

const pick = (folder: string): { name: string; uid: number; note: string | null } | null => {
  const found: { name: string; uid: number }[] = [];
  for (const name of names) {
    const facts = factsOf(path.join(folder, name));
    if (facts !== null) found.push({ name, uid: facts.uid });
  }
  const [first, second] = found;
  if (first === undefined) return null;
  return { ...first, note: second === undefined ? null : `both ${first.name} and ${second.name} are there; using ${first.name}` };
};

const factsOf = (file: string): { uid: number } | null => {
  try {
    return statSync(file);
  } catch (error) {
    // Unreadable is not absent: the reader of the file then says what is wrong with it.
    const isAbsent = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    if (isAbsent) return null;
    return { uid: -1 };
  }
};

/** From the parent upward. Nothing where neither a repository nor the home folder bounds the walk. */
const foldersAbove = (cwd: string, home: string | null): string[] => {
  const folders: string[] = [];
  let atHome = -1;
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (folder !== cwd) folders.push(folder);
    if (folder === home) atHome = folders.length;
    if (exists(path.join(folder, '.git'))) return folders;
    if (folder === path.dirname(folder)) break;
  }
  return atHome < 0 ? [] : folders.slice(0, atHome);
};

const exists = (file: string): boolean => {
  try {
    lstatSync(file);
    return true;
  } catch {
    // Whatever the reason: a repository that cannot be looked into bounds nothing.
    return false;
  }
};
