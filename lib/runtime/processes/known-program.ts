import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

/**
 * Whether this machine is sure to run a program: it is found in PATH as the system would, it is a file that may be run, and it is for this
 * kind of machine, or a script whose interpreter is. False: it may work all the same, or fail in a way that the system
 * tells best itself.
 */
export const isKnownToRun = ({ program, cwd, path }: { program: string; cwd: string; path: string | undefined }): boolean => {
  if (program.includes('/')) return isRunnable(resolve(cwd, program), statOf(resolve(cwd, program)));
  // A shell reads a % in PATH in a way of its own.
  if (program === '' || path === undefined || path === '' || path.includes('%')) return false;
  for (const folder of path.split(':')) {
    const candidate = resolve(cwd, folder, program);
    const stat = statOf(candidate);
    // The first that is there at all: behind one that cannot be run the system looks further.
    if (stat !== null) return isRunnable(candidate, stat);
  }
  return false;
};

/** Null: nothing is there, or nothing that we may look at. */
export const statOf = (path: string): Stats | null => {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
};

/** Of files that were read, by path, as long as they are the same. */
const verdicts = new Map<string, { readonly sameAs: string; readonly runs: boolean }>();

const isRunnable = (path: string, stat: Stats | null, mayBeScript = true): boolean => {
  if (stat === null || !stat.isFile()) return false;
  try {
    accessSync(path, constants.X_OK);
    const sameAs = `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    const known = verdicts.get(path);
    if (known?.sameAs === sameAs) return known.runs;
    const runs = isForThisMachine(readHead(path), mayBeScript);
    verdicts.set(path, { sameAs, runs });
    return runs;
  } catch {
    return false;
  }
};

/** Enough for the headers of a program, which stand together in front. */
const headSize = 4096;

const readHead = (path: string): Buffer => {
  const head = Buffer.alloc(headSize);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, headSize, 0));
  } finally {
    closeSync(fd);
  }
};

/** The longest first line that every kernel reads whole. */
const longestLine = 126;

const isForThisMachine = (head: Buffer, mayBeScript: boolean): boolean => {
  if (head.toString('latin1', 0, 2) !== '#!') return isNative(head);
  const line = head.toString('latin1', 2, longestLine);
  const interpreter = /^[ \t]*([^ \t\n\0]+)[^\n]*\n/.exec(line)?.[1];
  if (!mayBeScript || interpreter === undefined || !isAbsolute(interpreter)) return false;
  return isRunnable(interpreter, statOf(interpreter), false);
};

/** ELF, of the same class, byte order and machine as ourselves, with a loader that is there, if it asks for one. */
const isNative = (head: Buffer): boolean => {
  own ??= readHead('/proc/self/exe');
  const is64 = head[4] === 2;
  const isSame = head.length > 64 && [0, 1, 2, 3, 4, 5, 18, 19].every((at) => head[at] === own?.[at]);
  if (!isSame || !is64 || head[5] !== 1) return false;
  const from = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = head.readUInt16LE(56);
  for (let at = from; at < from + size * count; at += size) {
    if (at + 56 > head.length) return false;
    if (head.readUInt32LE(at) !== loaderHeader) continue;
    const start = Number(head.readBigUInt64LE(at + 8));
    const end = start + Number(head.readBigUInt64LE(at + 32)) - 1;
    return end < head.length && statOf(head.toString('latin1', start, end)) !== null;
  }
  return true;
};
/** PT_INTERP. */
const loaderHeader = 3;
let own: Buffer | null = null;
