import { constants, type Stats } from 'node:fs';
import { access, lstat, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { History } from '../../domain/history.ts';
import { type FileMark, toErrorCode, toFileMark } from '../atomic-write.ts';
import { isOutOfFiles } from '../out-of-files.ts';
import { mergeConflict } from './conflict.ts';
import { type Decoded, decodeDocument } from './decode.ts';
import { largestFile, openDocument } from './format.ts';

/** What is found under a path where the memory should be. */
export type Found =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'read';
      readonly decoded: Decoded;
      readonly mark: FileMark;
      /** Nobody but us can have written it. */
      readonly isPrivate: boolean;
      readonly owner: number;
    }
  /** Git has put two memories into one file; this is what both knew of earlier runs. */
  | { readonly kind: 'conflict'; readonly history: History; readonly mark: FileMark; readonly owner: number }
  | { readonly kind: 'newer'; readonly version: number }
  /** `what` completes "the memory …": "is cut off or damaged", "is a directory". */
  | { readonly kind: 'damaged'; readonly what: string; readonly mark: FileMark; readonly isFolder: boolean }
  /** Another user's, and closed to us; null: the folder itself does not let us look. */
  | { readonly kind: 'closed'; readonly owner: number | null };

/** Never follows a link, never waits for a FIFO, never reads more than is plausible, never throws for what it finds. Throws where it cannot look at all just now. */
export const lookAt = async (path: string, uid: number | null): Promise<Found> => {
  const seen = await lstatOrCode(path);
  if (typeof seen === 'string')
    return seen === 'ENOENT' || seen === 'ENOTDIR' ? { kind: 'absent' } : { kind: 'closed', owner: null };
  if (!seen.isFile()) return toDamaged(seen, `is ${describeKind(seen)} and no file`);
  if (seen.size > largestFile) return toDamaged(seen, `is too large (${Math.round(seen.size / 1e6)} MB)`);
  const content = await readPatiently(path);
  if (typeof content !== 'string') return toFound(content, uid);
  if (content === 'ENOENT') return { kind: 'absent' };
  const isForeign = uid !== null && seen.uid !== uid;
  if (isForeign && (content === 'EACCES' || content === 'EPERM')) return { kind: 'closed', owner: seen.uid };
  return toDamaged(seen, `cannot be read (${describeReadError(content)})`);
};

const toFound = ({ stats, bytes }: Content, uid: number | null): Found => {
  const opened = openDocument(bytes);
  if (opened.kind === 'newer') return opened;
  if (opened.kind === 'damaged') {
    const history = mergeConflict(bytes);
    if (history !== null) return { kind: 'conflict', history, mark: toFileMark(stats), owner: stats.uid };
    return toDamaged(stats, opened.what);
  }
  const isPrivate = uid === null || ((stats.mode & 0o022) === 0 && stats.uid === uid);
  return { kind: 'read', decoded: decodeDocument(opened.value), mark: toFileMark(stats), isPrivate, owner: stats.uid };
};

const toDamaged = (stats: Stats, what: string): Found => ({
  kind: 'damaged',
  what,
  mark: toFileMark(stats),
  isFolder: stats.isDirectory(),
});

/** Null where nothing is there, or nothing can be said. */
export const readMark = async (path: string): Promise<(FileMark & { readonly isFolder: boolean }) | null> => {
  const stats = await lstatOrCode(path);
  return typeof stats === 'string' ? null : { ...toFileMark(stats), isFolder: stats.isDirectory() };
};

/** Null: files can be made in it. Otherwise why not, as a clause. */
export const whyUnwritable = async (folder: string): Promise<string | null> => {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const code = toErrorCode(error) ?? 'unknown error';
    if (code === 'EROFS') return `${folder} is on a read-only file system`;
    return code === 'ENOENT' ? `${folder} is gone` : `no permission to write in ${folder}`;
  }
};

const lstatOrCode = async (path: string): Promise<Stats | string> => {
  try {
    return await lstat(path);
  } catch (error) {
    return codeOf(error);
  }
};

type Content = { readonly stats: Stats; readonly bytes: Buffer };

const tries = 20;
const betweenTries = 100;

/** Throws where nothing can be opened for a while: a file that is good must not be taken for a damaged one. */
const readPatiently = async (path: string): Promise<Content | string> => {
  for (let left = tries; ; left -= 1) {
    const content = await readContent(path);
    if (typeof content !== 'string' || !isOutOfFiles(content)) return content;
    if (left === 1) throw new Error(`${path} cannot be opened just now (${content})`);
    await pause(betweenTries);
  }
};

/** The content with what it was read from (a writer may have replaced the file since it was looked at), or the system's code. */
const readContent = async (path: string): Promise<Content | string> => {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await handle.stat();
      return stats.isFile() && stats.size <= largestFile ? { stats, bytes: await handle.readFile() } : 'EINVAL';
    } finally {
      await handle.close();
    }
  } catch (error) {
    return codeOf(error);
  }
};

const codeOf = (error: unknown): string => {
  const code = toErrorCode(error);
  if (code === null) throw error;
  return code;
};

const describeKind = (stats: Stats): string => {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : 'a device';
};

const describeReadError = (code: string): string => {
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied; chmod 600 mends it';
  return code === 'EIO' ? 'the disk reports an input/output error' : code;
};
