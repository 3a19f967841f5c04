import type { ServiceName } from '../../domain/service.ts';
import type { LogLine } from '../../runtime/logs.ts';

type Origin = { readonly service: ServiceName; readonly stream: 'stdout' | 'stderr' };

export type Batch = Origin & {
  /** When the last of them was seen; epoch milliseconds. */
  readonly at: number;
  /** Lines before these that were left out. */
  readonly skipped: number;
  readonly lines: readonly string[];
};

/** Keeps what is shown of a flood within what a page can take: the newest lines, and how many were left out. */
export type Sampler = {
  add(origin: Origin, lines: readonly LogLine[]): void;
  /** What has come since the last time. `pending`: bytes that the client has not taken yet; too many, and it gets nothing now. */
  take(pending: number): readonly Batch[];
};

/** Of one service in one batch; ten batches come in a second. */
const mostLines = 200;
const mostLinesOfAll = 600;
const mostPending = 256 * 1024;
/** Characters of a line: more is for the file. */
const longestLine = 4_096;

type Waiting = Origin & { at: number; skipped: number; lines: string[] };

export const createSampler = (): Sampler => {
  const waiting = new Map<string, Waiting>();

  const cut = (entry: Waiting, most: number): void => {
    const over = entry.lines.length - most;
    if (over <= 0) return;
    entry.skipped += over;
    entry.lines = entry.lines.slice(over);
  };

  return {
    add: ({ service, stream }, lines) => {
      const last = lines.at(-1);
      if (last === undefined) return;
      const key = `${service} ${stream}`;
      const entry = waiting.get(key) ?? { service, stream, at: 0, skipped: 0, lines: [] };
      waiting.set(key, entry);
      entry.at = last.at;
      const kept = lines.slice(-mostLines);
      entry.skipped += lines.length - kept.length;
      for (const { text } of kept) entry.lines.push(text.length > longestLine ? `${text.slice(0, longestLine)}…` : text);
      cut(entry, mostLines);
    },
    take: (pending) => {
      if (pending > mostPending) return [];
      const batches = [...waiting.values()];
      waiting.clear();
      const share = Math.max(1, Math.floor(mostLinesOfAll / Math.max(1, batches.length)));
      for (const batch of batches) cut(batch, share);
      return batches;
    },
  };
};
