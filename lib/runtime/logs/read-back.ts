import { readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LogEnd } from '../../domain/process.ts';
import { longestLine } from './line-splitter.ts';
import { type LogStart, readLog } from './log-cursor.ts';
import { findHeader } from './log-names.ts';
import type { LogPart } from './log-part.ts';
import { closeLogParts, type LogParts, openLogParts } from './log-parts.ts';
import { keepLastLines, type LineReading, readLines, type TimedLines } from './timed-lines.ts';

export type ReadBackOptions = {
  readonly path: string;
  /** The last so many lines; `Infinity` for all that are kept. */
  readonly count: number;
  /** Which lines count; null: every one. */
  readonly wants: ((text: string) => boolean) | null;
  /** Only what came at this time or later, epoch milliseconds; of what nobody saw come, what may have. Null: whenever. */
  readonly since: number | null;
  /** A line that has not ended yet is left to whoever follows the file. */
  readonly isFollowed: boolean;
};

/** What was written before now, oldest first. To be read to its end or closed. */
export type BackReading = {
  readonly lines: AsyncGenerator<TimedLines>;
  /** Once read to its end: from where a follower goes on without a gap and without a line twice. */
  end(): LogEnd;
  /** Keeps what a rotation moves from being lost while nothing is read; to be called a few times a second. */
  pin(): void;
  /** Bytes that were rotated away before they could be read. */
  lost(): number;
  /** Some lines came at a time that nobody recorded. */
  hasUndated(): boolean;
  close(): void;
};

/**
 * Reads a log together with its kept files (`<log>.2`, `<log>.1`, `<log>` one behind the other are what the service wrote), from
 * the last lines on or all of it, each line once and in order, also while it is written and rotated at full speed. In bounded
 * memory. A log that is not there, or may not be read, has no lines.
 */
export const openReadBack = async (options: ReadBackOptions): Promise<BackReading> => {
  const path = resolve(options.path);
  const { parts, start } = await openAt(path, options);
  const cursor = readLog(path, parts, start);
  const reading = readLines(path, cursor, parts.live);
  const { live } = parts;
  let end: LogEnd = { offset: live?.end ?? 0, base: live?.index?.header.base ?? null };
  let hasUndated = false;

  const isWanted = ({ at, order }: TimedLines): boolean => options.since === null || (at ?? order) >= options.since;
  const wanted = async function* (): AsyncGenerator<TimedLines> {
    for await (const batch of withRest(reading, { options, live, isFirst: start.part === parts.kept.length, onEnd })) {
      if (!isWanted(batch)) continue;
      const texts = options.wants === null ? batch.texts : batch.texts.filter(options.wants);
      if (texts.length === 0) continue;
      hasUndated ||= batch.at === null;
      yield { ...batch, texts };
    }
  };
  function onEnd(offset: number): void {
    end = { ...end, offset };
  }
  return {
    lines: Number.isFinite(options.count) ? lastOf(wanted(), options.count) : wanted(),
    end: () => end,
    pin: cursor.pin,
    lost: cursor.lost,
    hasUndated: () => hasUndated,
    close: cursor.close,
  };
};

/** Reads all of it in one go. With false, `onLines` says that that was enough. */
export const readBack = async (options: ReadBackOptions, onLines: (lines: TimedLines) => Promise<boolean>): Promise<LogEnd> => {
  const reading = await openReadBack(options);
  try {
    for await (const lines of reading.lines) if (!(await onLines(lines))) break;
    return reading.end();
  } finally {
    reading.close();
  }
};

type RestOptions = {
  readonly options: ReadBackOptions;
  readonly live: LogPart | null;
  /** It is read from the front of the live file on. */
  readonly isFirst: boolean;
  readonly onEnd: (offset: number) => void;
};

/** A last line without an end is shown now, or left to the follower: not one that may never end. */
const withRest = async function* (
  reading: LineReading,
  { options, live, isFirst, onEnd }: RestOptions,
): AsyncGenerator<TimedLines> {
  yield* reading.lines;
  const end = live?.end ?? 0;
  const lineStart = reading.lineStart() ?? (isFirst && live !== null ? live.begin : null);
  if (options.isFollowed && lineStart !== null && end - lineStart <= longestLine) {
    onEnd(lineStart);
    return;
  }
  const rest = reading.rest();
  if (rest !== null) yield rest;
};

const lastOf = async function* (batches: AsyncGenerator<TimedLines>, count: number): AsyncGenerator<TimedLines> {
  let last: TimedLines[] = [];
  for await (const batch of batches) {
    last.push(batch);
    // Not at every batch: to drop from the front costs as much as what is left.
    if (last.length > 2 * count + 1000) last = keepLastLines(last, count);
  }
  yield* keepLastLines(last, count);
};

type Opened = { readonly parts: LogParts; readonly start: LogStart };

const attempts = 5;

/** The files, and where there are surely that many lines to their end. */
const openAt = async (path: string, { count, wants, since }: ReadBackOptions): Promise<Opened> => {
  for (let tried = 1; ; tried += 1) {
    const parts = await openLogParts(path);
    const all = [...parts.kept, ...(parts.live === null ? [] : [parts.live])];
    // The first line that is wanted may begin in the file before.
    const recent = since === null ? 0 : Math.max(0, all.findIndex(({ writtenAt }) => writtenAt >= since) - 1);
    const whole: Opened = { parts, start: { part: recent, offset: all[recent]?.begin ?? 0 } };
    if (wants !== null || !Number.isFinite(count)) return whole;
    const start = startOfLast(all, count);
    // A rotation in between has moved what was counted.
    if (isSteady(path, parts)) return { parts, start };
    if (tried === attempts) return whole;
    closeLogParts(parts);
  }
};

const isSteady = (path: string, { live }: LogParts): boolean => {
  if (live === null || live.index === null) return true;
  const [before, now] = [live.index.header, findHeader(path, live.inode)];
  return now === null || (now.base === before.base && now.front === before.front && now.dropping === 0);
};

const chunkSize = 131_072;
const newline = 0x0a;

const startOfLast = (parts: readonly LogPart[], count: number): LogStart => {
  let lines = 0;
  for (let part = parts.length - 1; part >= 0; part -= 1) {
    const { fd, begin, end } = parts[part] ?? { fd: -1, begin: 0, end: 0 };
    for (let to = end; to > begin; ) {
      const offset = Math.max(begin, to - chunkSize);
      lines += countLines(fd, offset, to - offset);
      if (lines > count) return { part, offset };
      to = offset;
    }
  }
  return { part: 0, offset: parts[0]?.begin ?? 0 };
};

const countLines = (fd: number, offset: number, length: number): number => {
  const buffer = Buffer.allocUnsafe(length);
  const bytes = buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
};
