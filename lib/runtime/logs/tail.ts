import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LogEnd } from '../../domain/process.ts';
import { isIndexOf, readIndexHeader } from './arrival-index.ts';
import { dataStart, plainFileAt, readFlags } from './file-facts.ts';
import { createLineSplitter } from './line-splitter.ts';
import { toCurrentOffset } from './rotate.ts';

export type TailOptions = {
  /** Where the log ended before the attempt began, as `rotateBeforeStart` gave it: earlier lines are of earlier attempts. Without it all count. */
  readonly from?: LogEnd;
};

/** Bytes looked at, from the end: enough for any sensible number of lines, and never a whole log. */
const longestLook = 1 << 20;
const chunkSize = 65_536;
const newline = 0x0a;

const countLines = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
};

/** `begin`: where the content of the file begins, behind the hole of a rotation. */
type End = { readonly bytes: Buffer; readonly begin: number };

/** The end of a file, from no earlier than `from`, with more than `count` line ends where there are that many. */
const readEnd = async (file: FileHandle, count: number, from: number): Promise<End> => {
  const stats = await file.stat();
  const begin = dataStart(file.fd, stats);
  const lowest = Math.max(from, begin, stats.size - longestLook);
  const chunks: Buffer[] = [];
  let lines = 0;
  for (let end = stats.size; end > lowest && lines <= count; ) {
    const start = Math.max(lowest, end - chunkSize);
    const bytes = Buffer.alloc(end - start);
    await file.read(bytes, 0, bytes.length, start);
    chunks.unshift(bytes);
    lines += countLines(bytes);
    end = start;
  }
  return { bytes: Buffer.concat(chunks), begin };
};

const nothing: End = { bytes: Buffer.alloc(0), begin: 0 };

const readEndOf = async (path: string, count: number, from: number): Promise<End> => {
  if (plainFileAt(path) === null) return nothing;
  try {
    const file = await open(path, readFlags);
    try {
      return await readEnd(file, count, from);
    } finally {
      await file.close();
    }
  } catch {
    // Gone or not readable: there are no lines to show, and the failure that they would explain is told anyway.
    return nothing;
  }
};

const toLines = (bytes: Uint8Array): readonly string[] => {
  const splitter = createLineSplitter();
  const lines = splitter.push(bytes);
  const rest = splitter.flush();
  return rest === null ? lines : [...lines, rest];
};

/** Where an end of a log is now; negative when it lies in a kept file. */
const toOffset = (path: string, { offset, base }: LogEnd): number => {
  const [stats, header] = [plainFileAt(path), readIndexHeader(path)];
  const isKnown = stats !== null && header !== null && base !== null && isIndexOf(header, stats);
  return isKnown ? offset - (header.base - base) : toCurrentOffset(path, offset);
};

/** The last `count` lines of a log, oldest first; where it was rotated since the attempt began, also from the youngest kept file. */
export const tailLines = async (path: string, count: number, { from }: TailOptions = {}): Promise<readonly string[]> => {
  const live = resolve(path);
  const size = plainFileAt(live)?.size ?? 0;
  const current = from === undefined ? Number.NEGATIVE_INFINITY : toOffset(live, from);
  // An offset beyond the end is of a file that is not there any more.
  const end = await readEndOf(live, count, current > size ? 0 : Math.max(0, current));
  const elsewhere = end.begin - current;
  if (countLines(end.bytes) >= count || elsewhere <= 0) return toLines(end.bytes).slice(-count);
  const kept = `${live}.1`;
  const before = await readEndOf(kept, count, Math.max(0, (plainFileAt(kept)?.size ?? 0) - elsewhere));
  return toLines(Buffer.concat([before.bytes, end.bytes])).slice(-count);
};
