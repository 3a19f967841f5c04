import { closeSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readIndex, readIndexHeader } from './arrival-index.ts';
import { plainFileAt } from './file-facts.ts';
import { isSameHeader, type LogPart, openPart } from './log-part.ts';
import { cutLines, keepLastLines, type TimedLines } from './timed-lines.ts';

/**
 * The ends of many logs of which nobody rotates any in this moment, which is nearly always so. Each folder is listed once
 * before and once after, and not three times for each log, and of each log nothing is opened but the file itself and its index.
 */
export type QuietTails = {
  /** `path`: absolute. The last lines, oldest first; null: that takes more to be sure of (`openReadBack`). */
  read(path: string, count: number): readonly TimedLines[] | null;
  /** To be asked when all are read: whether a rotation may have moved lines away from under what was read of this one. */
  hasMoved(path: string): boolean;
};

export const createQuietTails = (): QuietTails => {
  const before = createListings();
  const after = createListings();
  /** Those for which it counts that there was nothing but the file itself, or not even that. */
  const alone = new Map<string, Names>();
  return {
    read: (path, count) => {
      const names = before(path);
      const isAlone = !names.hasKept;
      if (isAlone) alone.set(path, names);
      if (isAlone && !names.isThere) return [];
      return names.isThere ? readEnd(path, count, isAlone) : null;
    },
    hasMoved: (path) => {
      const names = alone.get(path);
      const now = after(path);
      return names !== undefined && (now.hasKept || now.isThere !== names.isThere);
    },
  };
};

/** What the folder of a log says of it: that it is there, and that something was cut off from it, or is in this moment. */
type Names = { readonly isThere: boolean; readonly hasKept: boolean };

/** Each folder as it is when it is first asked for. */
const createListings = (): ((path: string) => Names) => {
  const folders = new Map<string, { readonly names: ReadonlySet<string>; readonly kept: ReadonlySet<string> }>();
  return (path) => {
    const folder = dirname(path);
    const listed = folders.get(folder) ?? list(folder);
    folders.set(folder, listed);
    const name = basename(path);
    return { isThere: listed.names.has(name), hasKept: listed.kept.has(name) };
  };
};

const list = (folder: string): { readonly names: ReadonlySet<string>; readonly kept: ReadonlySet<string> } => {
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // No folder that we may look into: no logs that we could show.
  }
  const kept = names.flatMap((name) => /^(.*)\.(?:rotating|[1-9]\d*)$/s.exec(name)?.[1] ?? []);
  return { names: new Set(names), kept: new Set(kept) };
};

/** As much of an end is looked at. */
const longestEnd = 131_072;
const newline = 0x0a;

/** `isAlone`: what is not in the file is nowhere. Null: it takes more than its end, or something happened to it meanwhile. */
const readEnd = (path: string, count: number, isAlone: boolean): readonly TimedLines[] | null => {
  const index = readIndex(path);
  if (index === null || index.header.dropping > 0) return null;
  const part = openPart(path, (inode) => (inode === index.header.inode ? index : null));
  if (part === null) return null;
  try {
    const offset = Math.max(part.begin, part.end - longestEnd);
    const bytes = readBytes(part, offset);
    const isAll = isAlone && offset === part.begin;
    const isSteady = part.index !== null && isSameHeader(index.header, readIndexHeader(path));
    if (!isSteady || plainFileAt(path)?.ino !== part.inode || (!isAll && !hasMoreLines(bytes, count))) return null;
    return bytes.length === 0 ? [] : keepLastLines(cutLines(path, { part, offset, bytes }), count);
  } finally {
    closeSync(part.fd);
  }
};

const readBytes = ({ fd, end }: LogPart, offset: number): Buffer => {
  const bytes = Buffer.allocUnsafe(end - offset);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
};

const hasMoreLines = (bytes: Buffer, count: number): boolean => {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1 && lines <= count; at = bytes.indexOf(newline, at + 1)) lines += 1;
  return lines > count;
};
