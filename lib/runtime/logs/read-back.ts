import { closeSync, fstatSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { dataStart, openForReading, plainFileAt } from './file-facts.ts';
import { createLineSplitter, longestLine } from './line-splitter.ts';

export type ReadBackOptions = {
  readonly path: string;
  /** The last so many lines; `Infinity` for all that are kept. */
  readonly count: number;
  /** Which lines count; null: every one. */
  readonly wants: ((text: string) => boolean) | null;
  /** A line that has not ended yet is left to whoever follows the file. */
  readonly isFollowed: boolean;
  /** Oldest first. It is read on when this has resolved; with false, that was enough. */
  readonly onLines: (lines: readonly string[]) => Promise<boolean>;
};

const chunkSize = 131_072;
const newline = 0x0a;

/**
 * Reads a log together with its kept files (`<log>.2`, `<log>.1`, `<log>` one behind the other are what the service wrote), from
 * the last lines on or all of it, in bounded memory. Resolves with the offset in the live file from which a follower goes on
 * without a gap and without a line twice. A log that is not there, or may not be read, has no lines.
 */
export const readBack = async (options: ReadBackOptions): Promise<number> => {
  const parts = openParts(resolve(options.path));
  try {
    return await readParts(parts, options);
  } finally {
    for (const { fd } of parts) closeSync(fd);
  }
};

/** One file, as long as it was when it was opened: a service in a flood must not be read for ever. */
type Part = { readonly fd: number; readonly begin: number; readonly end: number };
type Chunk = { readonly part: Part; readonly offset: number; readonly bytes: Uint8Array };

const readParts = async (parts: readonly Part[], { count, wants, isFollowed, onLines }: ReadBackOptions): Promise<number> => {
  const splitter = createLineSplitter();
  const live = parts.at(-1);
  let last: string[] = [];
  /** Where the line begins that the live file ends with; null: in a kept file, or unknown. */
  let lineStart: number | null = parts.length === 1 ? (live?.begin ?? null) : null;

  const take = async (lines: readonly string[]): Promise<boolean> => {
    const wanted = wants === null ? lines : lines.filter(wants);
    if (!Number.isFinite(count)) return wanted.length === 0 || onLines(wanted);
    if (count > 0) last = [...last, ...wanted].slice(-count);
    return true;
  };

  const start = wants === null && Number.isFinite(count) ? startOfLast(parts, count) : { index: 0, offset: parts[0]?.begin ?? 0 };
  for (const { part, offset, bytes } of chunksFrom(parts, start)) {
    const end = bytes.lastIndexOf(newline);
    if (part === live && end !== -1) lineStart = offset + end + 1;
    if (!(await take(splitter.push(bytes)))) return live?.end ?? 0;
  }
  const end = live?.end ?? 0;
  if (!isFollowed || lineStart === null || end - lineStart > longestLine) {
    lineStart = end;
    const rest = splitter.flush();
    if (rest !== null) await take([rest]);
  }
  if (last.length > 0) await onLines(last);
  return lineStart;
};

/** Oldest first, the live file last. */
const openParts = (path: string): Part[] =>
  [...keptFilesOf(path), path].flatMap((file) => {
    const fd = plainFileAt(file) === null ? null : openForReading(file);
    if (fd === null) return [];
    const stats = fstatSync(fd);
    return [{ fd, begin: dataStart(fd, stats), end: stats.size }];
  });

const keptFilesOf = (path: string): string[] => {
  const start = `${basename(path)}.`;
  return namesIn(dirname(path))
    .filter((name) => name.startsWith(start) && /^[1-9]\d*$/.test(name.slice(start.length)))
    .sort((a, b) => Number(b.slice(start.length)) - Number(a.slice(start.length)))
    .map((name) => join(dirname(path), name));
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    // No folder that we may look into: no logs that we could show.
    return [];
  }
};

type Start = { readonly index: number; readonly offset: number };

/** From where on there are surely that many lines, found from the end; the beginning of everything where there are not. */
const startOfLast = (parts: readonly Part[], count: number): Start => {
  let lines = 0;
  for (const [index, part] of [...parts.entries()].reverse()) {
    for (let end = part.end; end > part.begin; ) {
      const offset = Math.max(part.begin, end - chunkSize);
      lines += countLines(readAt(part.fd, offset, end - offset));
      if (lines > count) return { index, offset };
      end = offset;
    }
  }
  return { index: 0, offset: parts[0]?.begin ?? 0 };
};

function* chunksFrom(parts: readonly Part[], { index: first, offset: from }: Start): Generator<Chunk> {
  for (const [index, part] of parts.entries()) {
    if (index < first) continue;
    for (let offset = index === first ? from : part.begin; offset < part.end; ) {
      const bytes = readAt(part.fd, offset, Math.min(chunkSize, part.end - offset));
      // Shorter than it was: its front was rotated away meanwhile.
      if (bytes.length === 0) break;
      yield { part, offset, bytes };
      offset += bytes.length;
    }
  }
}

const readAt = (fd: number, offset: number, length: number): Uint8Array => {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
};

const countLines = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
};
