import { closeSync, fstatSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { findHeader } from './log-names.ts';
import type { LogPart } from './log-part.ts';
import { type LogParts, openKeptFrom, patience } from './log-parts.ts';

/** A piece of what a service wrote. `part`: the file that it is from, and `offset` where it was in it when that was opened. */
export type LogPiece = { readonly part: LogPart; readonly offset: number; readonly bytes: Buffer };

export type LogCursor = {
  /** The next bytes, up to `length`; null at the end. */
  next(length: number): Promise<LogPiece | null>;
  /** Opens what a rotation moved since, before it is removed. To be called now and then while nothing is read. */
  pin(): void;
  /** Bytes that were removed before they could be read. */
  lost(): number;
  close(): void;
};

/** Where reading begins: in which part, the kept ones before the live one, and at which offset in it. */
export type LogStart = { readonly part: number; readonly offset: number };

type Entry = { readonly part: LogPart; offset: number };

const readAt = (fd: number, offset: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
};

const nextOf = (entry: Entry, length: number): LogPiece | null => {
  const { part, offset } = entry;
  if (offset >= part.end) return null;
  const bytes = readAt(part.fd, offset, Math.min(length, part.end - offset));
  entry.offset += bytes.length;
  return bytes.length === 0 ? null : { part, offset, bytes };
};

/** Looks for a kept file; more only help where it is being renamed in this moment. */
const looksForKept = 5;

/**
 * Reads the files of a log one behind the other, each byte once, also while the live file is rotated: what moves to a kept file
 * is read there. The index says where bytes are by now; without one, offsets are taken as they are. Closes the parts.
 */
export const readLog = (path: string, { kept, live }: LogParts, start: LogStart): LogCursor => {
  const queue = (live === null ? kept : [...kept, live]).slice(start.part).map((part, index): Entry => {
    return { part, offset: index === 0 ? Math.max(part.begin, start.offset) : part.begin };
  });
  const fds = new Map([...kept, ...(live === null ? [] : [live])].map(({ inode, fd }) => [inode, fd]));
  const base = live?.index?.header.base ?? null;
  const tracked = base === null || live === null ? null : createTracked(path, { part: live, base, queue, fds });
  return {
    next: async (length) => {
      for (;;) {
        const [entry] = queue;
        if (entry === undefined) return null;
        const piece = entry.part === live && tracked !== null ? await tracked.next(entry, length) : nextOf(entry, length);
        if (piece === 'elsewhere') continue;
        if (piece !== null) return piece;
        queue.shift();
      }
    },
    pin: () => tracked?.pin(),
    lost: () => tracked?.lost() ?? 0,
    close: () => {
      for (const fd of fds.values()) closeSync(fd);
      fds.clear();
      queue.length = 0;
    },
  };
};

type TrackedOptions = {
  readonly part: LogPart;
  readonly base: number;
  readonly queue: Entry[];
  readonly fds: Map<number, number>;
};

type Tracked = {
  /** `elsewhere`: what comes next is in a file that is before it in the queue by now. */
  next(entry: Entry, length: number): Promise<LogPiece | 'elsewhere' | null>;
  pin(): void;
  lost(): number;
};

/** The live file, whose front may be cut off in any moment; offsets are those that it had when it was opened. */
const createTracked = (path: string, { part, base, queue, fds }: TrackedOptions): Tracked => {
  const end = base + part.end;
  /** The place up to which everything was read from it, or waits in the queue before it. */
  let done = base + (queue.at(-1)?.offset ?? 0);
  let lost = 0;

  /** Takes in what was cut off. False: a part of it is not there, or not yet; with `last` that is given up. */
  const takeIn = (front: number, last: boolean): boolean => {
    const until = Math.min(front, end);
    while (done < until) {
      const found = openKeptFrom(path, done, new Set(fds.keys()));
      const foundBase = found?.index?.header.base ?? 0;
      const begin = found === null ? until : Math.min(until, Math.max(done, foundBase + found.begin));
      if (begin > done && !last) {
        if (found !== null) closeSync(found.fd);
        return false;
      }
      lost += begin - done;
      done = begin;
      if (found === null) continue;
      if (begin === until) {
        closeSync(found.fd);
        continue;
      }
      fds.set(found.inode, found.fd);
      const kept: LogPart = { ...found, end: Math.min(found.end, until - foundBase) };
      queue.splice(-1, 0, { part: kept, offset: done - foundBase });
      done = foundBase + kept.end;
    }
    return true;
  };

  type Look = 'elsewhere' | 'changing' | 'missing' | Buffer;

  const look = (length: number, isLast: boolean): Look => {
    const before = findHeader(path, part.inode);
    if (before !== null && before.dropping > 0 && !isLast) return 'changing';
    if (before !== null && before.front > done) return takeIn(before.front, isLast) ? 'elsewhere' : 'missing';
    const bytes = readAt(part.fd, done - (before?.base ?? base), Math.min(length, end - done));
    const after = findHeader(path, part.inode);
    const isSteady =
      after?.base === before?.base && after?.front === before?.front && (after?.dropping ?? 0) === (before?.dropping ?? 0);
    return isSteady ? bytes : 'changing';
  };

  /** A supervisor was killed in the middle of a rotation: where the file is shorter than it was, its front is gone. */
  const isCutForGood = (): boolean => {
    const header = findHeader(path, part.inode);
    return header !== null && header.dropping > 0 && header.base + fstatSync(part.fd).size < end;
  };

  return {
    next: async (entry, length) => {
      for (let tried = 0, missed = 0; done < end; tried += 1) {
        const isLast = tried >= patience.tries || missed >= looksForKept;
        if (isLast && isCutForGood()) {
          lost += end - done;
          done = end;
          return null;
        }
        const seen = look(length, isLast);
        if (seen === 'elsewhere') {
          if (queue[0] !== entry) return 'elsewhere';
        } else if (seen === 'changing' || seen === 'missing') {
          if (seen === 'missing') missed += 1;
          await pause(patience.pause);
        } else if (seen.length === 0) {
          return null;
        } else {
          const offset = done - base;
          done += seen.length;
          return { part, offset, bytes: seen };
        }
      }
      return null;
    },
    pin: () => {
      const header = queue.length === 0 ? null : findHeader(path, part.inode);
      if (header !== null && header.front > done) takeIn(header.front, false);
    },
    lost: () => lost,
  };
};
