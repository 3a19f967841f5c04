import type { LogEnd } from '../domain/process.ts';

/** Output of services: files that they write themselves, which muster follows. */

/** One complete line, or a piece of one that is longer than 64 KiB. Bytes as text: invalid UTF-8 is shown as U+FFFD, the file keeps the bytes. */
export type LogLine = {
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
  /** Epoch milliseconds at which it was seen. */
  readonly at: number;
};

export type Follower = {
  /** Reads what is there now, once, and resolves when it was delivered. */
  drain(): Promise<void>;
  stop(): void;
};

export type FollowOptions = {
  readonly path: string;
  readonly stream: 'stdout' | 'stderr';
  /** Byte offset to begin at; `end` for what comes from now on. */
  readonly from: number | 'end' | LogEnd;
  readonly onLines: (lines: readonly LogLine[]) => void;
};

/** Follows a file as it grows: bounded memory, nothing lost, works before the file exists and across a rotation done by us. */
export type FollowFile = (options: FollowOptions) => Follower;
