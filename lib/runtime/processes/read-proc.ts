import { closeSync, openSync, readSync } from 'node:fs';
import { isOutOfFiles } from '../out-of-files.ts';

// One buffer for all reads: files of /proc are read in one turn, and most are far smaller. It grows with the largest environment.
let buffer = Buffer.allocUnsafe(64 * 1024);
const largest = 8 * 1024 * 1024;

/** `isOnePiece`: the kernel gives all of it to one read that has the room (`stat`, `environ`), so that another need not ask for its end. */
type Reading = { readonly isOnePiece?: boolean };

/**
 * The whole of a file of /proc, in as few system calls as there can be (`readFileSync` needs twice as many), or null: it is
 * gone, or not ours to read. The result is only valid until the next read. Throws where the system lets us open nothing just now:
 * who took that for a dead process would start a second one.
 */
export const readProc = (path: string, { isOnePiece = false }: Reading = {}): Buffer | null => {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (isOutOfFiles((error as NodeJS.ErrnoException).code)) throw error;
    // The process ended, belongs to somebody else, or /proc is hidden from us: all three are "cannot be seen", which callers tell apart from "dead".
    return null;
  }
  try {
    let length = 0;
    for (;;) {
      if (length === buffer.length) {
        if (length >= largest) break;
        buffer = Buffer.concat([buffer], length * 2);
      }
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0 || (isOnePiece && length < buffer.length)) break;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    if (isOutOfFiles((error as NodeJS.ErrnoException).code)) throw error;
    // ESRCH: the process ended between open and read. EACCES: it changed its user.
    return null;
  } finally {
    closeSync(fd);
  }
};

export const readProcText = (path: string, reading?: Reading): string | null =>
  readProc(path, reading)?.toString('latin1') ?? null;

/** The same for what is shown or measured, and decides nothing: null also where nothing can be opened just now. */
export const glanceAtProc = (path: string): Buffer | null => {
  try {
    return readProc(path);
  } catch {
    return null;
  }
};

export const glanceAtProcText = (path: string): string | null => glanceAtProc(path)?.toString('latin1') ?? null;
