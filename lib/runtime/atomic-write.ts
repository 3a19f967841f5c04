import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Tells one content of one file from another without reading it. */
export type FileMark = { readonly dev: number; readonly ino: number; readonly size: number; readonly mtimeMs: number };

export const toFileMark = ({ dev, ino, size, mtimeMs }: Stats): FileMark => ({ dev, ino, size, mtimeMs });

export const isSameFile = (a: FileMark, b: FileMark): boolean => a.dev === b.dev && a.ino === b.ino;

export const isSameContent = (a: FileMark, b: FileMark): boolean =>
  isSameFile(a, b) && a.size === b.size && a.mtimeMs === b.mtimeMs;

export type AtomicWrite = {
  readonly path: string;
  /** Written one after the other. */
  readonly chunks: readonly Uint8Array[];
  /** Exactly this, whatever the umask. */
  readonly mode: number;
  /** Runs when the new content is safe on disk under its temporary name, directly before it takes the place of the old. */
  readonly beforeReplace?: () => Promise<void>;
};

export type WriteOutcome =
  | { readonly ok: true; readonly mark: FileMark }
  /** `reason` is one clause for people, `code` the system's. `mark` is set where the new content is in place all the same, only not durably. */
  | { readonly ok: false; readonly code: string; readonly reason: string; readonly mark: FileMark | null };

/**
 * Replaces the file so that whoever reads it, and whoever reads it after a crash, finds the old content or the new and never a
 * mix: a temporary file in the same folder, written in full, synced, renamed over the old one, and the folder synced. On any
 * error of the system the old file stays as it is and nothing is left beside it. The usual package for this (write-file-atomic)
 * takes a short write for a full one and renames a torn file into place.
 */
export const writeAtomically = async ({ path, chunks, mode, beforeReplace }: AtomicWrite): Promise<WriteOutcome> => {
  const temporary = nextTemporary(path);
  inFlight.add(temporary);
  let inPlace: FileMark | null = null;
  try {
    const mark = await writeTemporary({ path: temporary, chunks, mode });
    await beforeReplace?.();
    await rename(temporary, path);
    inPlace = mark;
    await syncFolder(dirname(path));
    return { ok: true, mark };
  } catch (error) {
    // Most often it is not there (it could not be made, or it was renamed already); what cannot be removed now, the next sweep removes.
    await unlink(temporary).catch(() => undefined);
    const code = toErrorCode(error);
    if (code === null) throw error;
    return { ok: false, code, reason: describeWriteError(code, path), mark: inPlace };
  } finally {
    inFlight.delete(temporary);
  }
};

/** Removes what writers that were killed left beside `path`. Those of living processes stay. Never throws. */
export const sweepTemporaries = async (path: string): Promise<void> => {
  const folder = dirname(path);
  const prefix = `${basename(path)}${temporaryMark}`;
  // A folder that cannot be listed cannot be swept; the write that follows says what is wrong with it.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const writer = name.startsWith(prefix) ? /^(\d+)-\d+$/.exec(name.slice(prefix.length)) : null;
    if (writer === null || inFlight.has(join(folder, name)) || isOtherAlive(Number(writer[1]))) continue;
    // It may have been swept by somebody else in this moment; otherwise it is harmless and stays until the next time.
    await unlink(join(folder, name)).catch(() => undefined);
  }
};

/** The system's code of an error (ENOSPC, EACCES …); null: it is not an error of the system but a bug. */
export const toErrorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error ? error.code : null;

const temporaryMark = '.tmp-';
const inFlight = new Set<string>();
let written = 0;

/** The writer's pid is in the name, so that a sweep knows whose it is. */
const nextTemporary = (path: string): string => {
  written += 1;
  return `${path}${temporaryMark}${process.pid}-${written}`;
};

/** Signal 0 is a question and not a signal. A number that is in use again only makes the file stay longer. */
const isOtherAlive = (pid: number): boolean => {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return toErrorCode(error) === 'EPERM';
  }
};

const writeTemporary = async ({ path, chunks, mode }: Pick<AtomicWrite, 'path' | 'chunks' | 'mode'>): Promise<FileMark> => {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await openFresh(path, flags, mode);
  try {
    await handle.chmod(mode);
    let position = 0;
    for (const chunk of chunks) {
      await writeFully(handle, chunk, position);
      position += chunk.length;
    }
    // A failed fsync is never tried again on the same file: the kernel forgets the pages it could not write, and a second one succeeds.
    await handle.sync();
    return toFileMark(await handle.stat());
  } finally {
    await handle.close();
  }
};

/** Where a killed writer had the same pid (pid 1 of a container always has), its leftover bears our name. */
const openFresh = async (path: string, flags: number, mode: number): Promise<FileHandle> => {
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if (toErrorCode(error) !== 'EEXIST') throw error;
    await unlink(path);
    return open(path, flags, mode);
  }
};

/** One write may take less than it was given, and on a disk that is nearly full it does. */
const writeFully = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC', syscall: 'write' });
    done += bytesWritten;
  }
};

// Some file systems (and Windows) cannot sync a folder; there the rename is as durable as it gets.
const unsyncable = new Set(['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR', 'EACCES', 'EBADF']);

const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unsyncable.has(toErrorCode(error) ?? '')) throw error;
  }
};

const describeWriteError = (code: string, path: string): string => {
  const folder = dirname(path);
  switch (code) {
    case 'ENOSPC':
      return `the disk is full (${folder})`;
    case 'EDQUOT':
      return `the disk quota is used up (${folder})`;
    case 'EFBIG':
      return `${basename(path)} would be larger than files may be here (see ulimit -f)`;
    case 'EROFS':
      return `${folder} is on a read-only file system`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to write in ${folder}`;
    case 'EIO':
      return `the disk of ${folder} reports an input/output error`;
    case 'ENOENT':
      return `${folder} is gone`;
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    default:
      return `${basename(path)} could not be written (${code})`;
  }
};
