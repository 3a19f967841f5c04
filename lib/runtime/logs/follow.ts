import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import type { FollowFile, LogLine } from '../logs.ts';
import { plainFileAt } from './file-facts.ts';
import { createLineSplitter } from './line-splitter.ts';
import { addReader } from './poller.ts';
import { createReader, type Reader, type ReaderOptions } from './reader.ts';

export type ByteFollower = {
  drain(): Promise<void>;
  stop(): void;
};

// What is written after the call is not waited for: a service in a flood would never let it end.
const readToEnd = async (reader: Reader): Promise<void> => {
  while (reader.isHeld()) await nextTurn();
  const end = plainFileAt(reader.path)?.size ?? Number.POSITIVE_INFINITY;
  const isThere = (): boolean => reader.position() >= end && reader.isCurrent();
  while (reader.isHeld() || (reader.readChunk() === 'more' && !isThere())) await nextTurn();
};

/** `isUrgent`: somebody waits for what it says, and others for him. */
export type FollowOptions = ReaderOptions & { readonly isUrgent?: boolean };

/** Follows the bytes of a file as it grows; the ground of everything that reads logs while they are written. */
export const followBytes = ({ isUrgent = false, ...options }: FollowOptions): ByteFollower => {
  const reader = createReader({ ...options, path: resolve(options.path) });
  const removeReader = addReader(reader, isUrgent);
  let stopped = false;
  return {
    drain: async () => {
      if (!stopped) await readToEnd(reader);
    },
    stop: () => {
      stopped = true;
      removeReader();
      reader.close();
    },
  };
};

/** See `FollowFile`. A last line without an end is delivered by `drain` and by `stop`. */
export const followFile: FollowFile = ({ path, stream, from, onLines }) => {
  const splitter = createLineSplitter();
  let stopped = false;

  const deliver = (texts: readonly string[]): void => {
    if (texts.length === 0 || stopped) return;
    const at = systemClock.wall();
    onLines(texts.map((text): LogLine => ({ text, stream, at })));
  };
  const deliverRest = (): void => {
    const rest = splitter.flush();
    if (rest !== null) deliver([rest]);
  };

  const follower = followBytes({ path, from, onBytes: (bytes) => deliver(splitter.push(bytes)), onRestart: deliverRest });
  return {
    drain: async () => {
      await follower.drain();
      deliverRest();
    },
    stop: () => {
      if (stopped) return;
      deliverRest();
      stopped = true;
      follower.stop();
    },
  };
};
