import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { readIndex, readIndexHeader } from './arrival-index.ts';
import { plainFileAt } from './file-facts.ts';
import { findIndex, findKept, findKeptFile, namesOf } from './log-names.ts';
import { isSameHeader, type LogPart, openPart } from './log-part.ts';
import { copyPathOf, isCopyStillInLive } from './rotation-copy.ts';

/** Kept files, oldest first, and the live file, if it is there. */
export type LogParts = { readonly kept: readonly LogPart[]; readonly live: LogPart | null };

const closeAll = (parts: readonly LogPart[]): void => {
  for (const { fd } of parts) closeSync(fd);
};

/** `changing`: it is being rotated in this moment. */
const openLive = (path: string): LogPart | 'changing' | null => {
  const before = readIndexHeader(path);
  if (before !== null && before.dropping > 0) return 'changing';
  const live = openPart(path, (inode) => {
    const index = readIndex(path);
    return index?.header.inode === inode ? index : null;
  });
  const isSteady = isSameHeader(before, readIndexHeader(path)) && (plainFileAt(path)?.ino ?? null) === (live?.inode ?? null);
  if (isSteady) return live;
  if (live !== null) closeAll([live]);
  return 'changing';
};

/** Of its first byte that is there. */
const placeOf = ({ index, begin }: LogPart): number => (index?.header.base ?? Number.NEGATIVE_INFINITY) + begin;

const isCopy = (part: string): boolean => part.endsWith('.rotating');

/** What was cut off before the live file began, oldest first. Those without an index are from before there were any. */
const openKept = (path: string, front: number): readonly LogPart[] => {
  const { kept, indexed } = namesOf(path);
  const indexes = new Map(indexed.flatMap((name) => readIndex(name) ?? []).map((index) => [index.header.inode, index]));
  const parts = new Map<number, LogPart>();
  for (const name of [...kept].reverse()) {
    const part = openPart(name, (inode) => indexes.get(inode) ?? findIndex(path, inode));
    if (part === null) continue;
    const counts = part.index === null ? !isCopy(name) : placeOf(part) < front;
    if (counts && !parts.has(part.inode)) parts.set(part.inode, part);
    else closeAll([part]);
  }
  const all = [...parts.values()];
  return [
    ...all.filter(({ index }) => index === null),
    ...all.filter(({ index }) => index !== null).sort((a, b) => placeOf(a) - placeOf(b)),
  ];
};

/** Each begins where the one before ends: none was missed because it was renamed in that moment. */
const isChain = (kept: readonly LogPart[], front: number): boolean => {
  const indexed = kept.filter(({ index }) => index !== null);
  return indexed.every((part, index) => {
    const next = indexed[index + 1];
    return placeOf(part) + part.end - part.begin >= (next === undefined ? front : placeOf(next));
  });
};

/** Longest wait for a rotation that is under way: it takes milliseconds, or its supervisor was killed in the middle of it. */
export const patience = { tries: 400, pause: 5 } as const;
/** Tries to see an unbroken chain; a flood that was dropped without being kept leaves a gap for good. */
const triesForChain = 5;

/** Tries to see the kept files between two rotations; each takes far longer than to open them. */
const triesForCalm = 100;

/** Another one after each rotation: what was renamed while it was looked for may be missed, the oldest file above all. */
const orderOf = (path: string): string => {
  const { kept } = namesOf(path);
  return [kept.length, ...kept.slice(0, 2).map((name) => `${name} ${plainFileAt(name)?.ino}`)].join('\n');
};

/** As they are, after a rotation that was killed: what is in its copy may be in the live file, too. */
const openAsTheyAre = async (path: string): Promise<LogParts> => {
  const { kept } = namesOf(path);
  const isExtra = kept.includes(copyPathOf(path)) && (await isCopyStillInLive(path).catch(() => false));
  const names = [...kept].reverse().filter((name) => !isExtra || !isCopy(name));
  return { kept: names.flatMap((name) => openPart(name, () => null) ?? []), live: openPart(path, () => null) };
};

/**
 * All files of a log at one moment, none of them twice and none missing, though it may be rotated meanwhile. A log that is not
 * there, or may not be read, has none.
 */
export const openLogParts = async (path: string): Promise<LogParts> => {
  for (let tried = 1; tried <= patience.tries; tried += 1) {
    const before = orderOf(path);
    const live = openLive(path);
    if (live !== 'changing') {
      const front = live?.index?.header.front ?? Number.POSITIVE_INFINITY;
      const kept = openKept(path, front);
      const isSeen = orderOf(path) === before || tried >= triesForCalm;
      if (isSeen && (!Number.isFinite(front) || isChain(kept, front) || tried >= triesForChain)) return { kept, live };
      closeLogParts({ kept, live });
    }
    await pause(patience.pause);
  }
  return openAsTheyAre(path);
};

export const closeLogParts = ({ kept, live }: LogParts): void => closeAll(live === null ? kept : [...kept, live]);

/** See `findKept`. */
export const openKeptFrom = (path: string, place: number, known: ReadonlySet<number>): LogPart | null => {
  const found = findKept(path, place, known);
  if (found === null) return null;
  const { file, index } = found;
  const part = openPart(file, (inode) => (inode === index.header.inode ? index : null));
  if (part === null || part.index !== null) return part;
  // Renamed in this moment.
  closeAll([part]);
  return null;
};

/** Where the live file went that had this inode. */
export const openKeptFile = (path: string, inode: number): LogPart | null => {
  const name = findKeptFile(path, inode);
  const part = name === null ? null : openPart(name, () => null);
  if (part === null || part.inode === inode) return part;
  closeAll([part]);
  return null;
};
