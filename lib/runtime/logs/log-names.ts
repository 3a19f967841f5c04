import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { IndexHeader } from './arrival-format.ts';
import { type ArrivalIndex, isIndexOf, readIndex, readIndexHeader } from './arrival-index.ts';
import { plainFileAt } from './file-facts.ts';

/** The files of a log by name: `<log>.rotating` while it is rotated, `<log>.1` the youngest kept one, then `.2` and so on. */

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    // No folder that we may look into: no logs that we could show.
    return [];
  }
};

export type LogNames = {
  readonly kept: readonly string[];
  /** Those that have an index, as far as the names say. */
  readonly indexed: readonly string[];
};

const isNumber = (name: string): boolean => /^[1-9]\d*$/.test(name);

/** Youngest first. */
export const namesOf = (path: string): LogNames => {
  const start = `${basename(path)}.`;
  const rest = namesIn(dirname(path)).flatMap((name) => (name.startsWith(start) ? [name.slice(start.length)] : []));
  const inOrder = (names: readonly string[]): string[] =>
    [...names.filter((name) => name === 'rotating'), ...names.filter(isNumber).sort((a, b) => Number(a) - Number(b))].map(
      (name) => join(dirname(path), `${start}${name}`),
    );
  const indexes = rest.flatMap((name) => (name.endsWith('.times') ? [name.slice(0, -'.times'.length)] : []));
  return { kept: inOrder(rest), indexed: inOrder(indexes) };
};

/** By what they say, and not by their name: the two files of a pair are renamed one after the other. */
export const findIndex = (path: string, inode: number): ArrivalIndex | null => {
  for (const name of [path, ...namesOf(path).indexed])
    if (readIndexHeader(name)?.inode === inode) {
      const index = readIndex(name);
      if (index?.header.inode === inode) return index;
    }
  return null;
};

/** The header about a file: cheap where it is still the live one. */
export const findHeader = (path: string, inode: number): IndexHeader | null => {
  const header = readIndexHeader(path);
  return header?.inode === inode ? header : (findIndex(path, inode)?.header ?? null);
};

/** The kept file that has this inode. */
export const findKeptFile = (path: string, inode: number): string | null =>
  namesOf(path).kept.find((name) => plainFileAt(name)?.ino === inode) ?? null;

export type KeptPlace = { readonly file: string; readonly index: ArrivalIndex };

/**
 * The kept file with the byte at a place, else the one that begins next behind it; none of those that are `known`, by inode.
 * Looks from the youngest on, and no further than it has to.
 */
export const findKept = (path: string, place: number, known: ReadonlySet<number>): KeptPlace | null => {
  let found: KeptPlace | null = null;
  for (const name of namesOf(path).indexed) {
    const header = readIndexHeader(name);
    if (header === null) continue;
    const file = known.has(header.inode) ? null : findKeptFile(path, header.inode);
    const stats = file === null ? null : plainFileAt(file);
    const index = file === null ? null : readIndex(name);
    if (file === null || stats === null || index === null || !isIndexOf(index.header, stats)) continue;
    if (index.header.base + stats.size > place && (found === null || index.header.front < found.index.header.front))
      found = { file, index };
    if (header.front <= place) break;
  }
  return found;
};
