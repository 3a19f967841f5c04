import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Ms } from '../../domain/service.ts';
import { systemClock, type Timer } from '../clock.ts';
import { folderMark } from '../file-mark.ts';
import { type FolderWatch, watchFolder } from './folder-watch.ts';
import { tellHearers } from './hearers.ts';
import type { Reader, ReadOutcome } from './reader.ts';

/**
 * Drives all readers of this process with one timer and one watch a folder. A file is read when its folder's watch tells of
 * it; while a folder tells nothing (a flood, no watch left, not there yet) its busy files are asked every few milliseconds
 * and its quiet ones in slices, so that a thousand followers cost what a handful does.
 */

/** Between two looks while a folder tells nothing. */
const askEvery: Ms = 15;
/** Between two slices of the safety sweep: the system drops events when its queue is full. */
const sweepEvery: Ms = 250;
/** A file counts as busy for this long after it grew, or after its reader came. */
const busyFor: Ms = 2000;
const sliceSize = 64;
/** … while every folder tells, and only an event that was dropped would be missed: all that a thousand quiet logs cost. */
const calmSliceSize = 16;
/** Longest time of one turn; what is left is read in the next, after everything else had its chance. */
const turnBudget: Ms = 2;
/** Asking in vain takes at most one part in so many of the time, but never waits longer than a sweep: a thousand files that are asked at once are asked less often. */
const share = 16;
/** Descriptors kept open at once: those of quiet files are given back. */
const maxOpen = 64;
/** Fewer growths than this in a second, and being told is cheaper than asking. */
const calmGrowths = 30;

type Entry = {
  readonly reader: Reader;
  readonly folder: Folder;
  readonly isUrgent: boolean;
  busyUntil: Ms;
  isQueued: boolean;
  isRemoved: boolean;
};

type Folder = {
  readonly path: string;
  readonly entries: Map<string, Set<Entry>>;
  watch: FolderWatch;
  /** Of the watched folder: one that was removed and made again needs a new watch. */
  mark: string | null;
  growths: number;
  countedSince: Ms;
};

const folders = new Map<string, Folder>();
const all: Entry[] = [];
const opened = new Set<Entry>();
let queue: Entry[] = [];
let immediate: NodeJS.Immediate | null = null;
/** Somebody who heard of a change acts on it now: a connection that he opens is answered in the next turn, and reading can wait for that. */
let isHeard = false;
/** The urgent ones have had a turn of their own. */
let isTurnOfAll = false;
let timer: Timer | null = null;
let sweepFrom = 0;
/** Spent since the last tick on looks that found nothing. */
let vain: Ms = 0;

/** Whose sign somebody waits for is read first, and acted on before the others are: to record when a new log grew takes half a millisecond. */
const takeBatch = (): readonly Entry[] => {
  const queued = queue;
  const urgent = isTurnOfAll ? [] : queued.filter(({ isUrgent }) => isUrgent);
  isTurnOfAll = urgent.length > 0;
  queue = isTurnOfAll ? queued.filter(({ isUrgent }) => !isUrgent) : [];
  return isTurnOfAll ? urgent : queued;
};

const runTurn = (): void => {
  if (isHeard) {
    // Once: who is told all the time must not keep everybody from reading.
    immediate = setImmediate(readTurn);
    return;
  }
  readTurn();
};

const readTurn = (): void => {
  immediate = null;
  isHeard = false;
  let now = systemClock.now();
  const deadline = now + turnBudget;
  for (const entry of takeBatch()) {
    if (now >= deadline) {
      queue.push(entry);
      continue;
    }
    const begun = now;
    const outcome = readEntry(entry);
    now = systemClock.now();
    if (outcome === 'idle') vain += now - begun;
  }
  if (queue.length > 0) schedule();
};

const schedule = (): void => {
  immediate ??= setImmediate(runTurn);
};

const enqueue = (entry: Entry): void => {
  if (entry.isQueued || entry.isRemoved) return;
  entry.isQueued = true;
  queue.push(entry);
  schedule();
};

const giveBackOldest = (): void => {
  const [oldest] = opened;
  if (oldest === undefined) return;
  oldest.reader.release();
  opened.delete(oldest);
};

const readEntry = (entry: Entry): ReadOutcome => {
  entry.isQueued = false;
  if (entry.isRemoved) return 'idle';
  const outcome = entry.reader.readChunk();
  if (outcome !== 'idle') {
    entry.busyUntil = systemClock.now() + busyFor;
    entry.folder.growths += 1;
  }
  if (entry.reader.isOpen()) opened.add(entry);
  if (opened.size > maxOpen) giveBackOldest();
  if (outcome === 'more') enqueue(entry);
  return outcome;
};

const enqueueAll = (folder: Pick<Folder, 'entries'>): void => {
  for (const entries of folder.entries.values()) for (const entry of entries) enqueue(entry);
};

const markOfFolder = (path: string): string | null => {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : folderMark(stat);
  } catch {
    // ENOTDIR and the like: no folder there.
    return null;
  }
};

const startWatch = (folder: Pick<Folder, 'path' | 'entries'>): FolderWatch =>
  watchFolder(folder.path, {
    onChange: (name) => {
      if (name === null) enqueueAll(folder);
      else for (const entry of folder.entries.get(name) ?? []) enqueue(entry);
      if (name !== null && tellHearers(folder.path, name)) isHeard = true;
    },
    onSilence: () => setTick(askEvery),
  });

const tendFolder = (folder: Folder, now: Ms): void => {
  const mark = markOfFolder(folder.path);
  if (mark !== folder.mark) {
    folder.watch.close();
    folder.watch = startWatch(folder);
    folder.mark = mark;
    enqueueAll(folder);
  }
  if (now - folder.countedSince < 1000) return;
  if (folder.growths < calmGrowths && folder.watch.tryAgain()) enqueueAll(folder);
  folder.growths = 0;
  folder.countedSince = now;
};

const sweepSlice = (now: Ms, size: number): void => {
  for (let looked = 0; looked < Math.min(size, all.length); looked += 1) {
    sweepFrom = (sweepFrom + 1) % all.length;
    const entry = all[sweepFrom];
    if (entry === undefined) continue;
    if (entry.busyUntil < now && entry.reader.isOpen()) {
      entry.reader.release();
      if (!entry.reader.isOpen()) opened.delete(entry);
    }
    enqueue(entry);
  }
};

const isAsking = (): boolean => [...folders.values()].some((folder) => !folder.watch.isTelling());

const tick = (): void => {
  const now = systemClock.now();
  for (const folder of folders.values()) tendFolder(folder, now);
  for (const entry of all) if (entry.busyUntil >= now && !entry.folder.watch.isTelling()) enqueue(entry);
  const asks = isAsking();
  sweepSlice(now, asks ? sliceSize : calmSliceSize);
  // Not by that alone: a look that this process was held up in seems to have taken all that time.
  setTick(asks ? Math.min(sweepEvery, Math.max(askEvery, vain * share)) : sweepEvery);
  vain = 0;
};

const setTick = (after: Ms): void => {
  timer?.cancel();
  timer = all.length === 0 ? null : systemClock.setTimer(after, tick);
};

const addFolder = (path: string): Folder => {
  const entries: Folder['entries'] = new Map();
  const folder: Folder = {
    path,
    entries,
    // Before the watch: one that comes in its place in between differs at the next look.
    mark: markOfFolder(path),
    watch: startWatch({ path, entries }),
    growths: 0,
    countedSince: systemClock.now(),
  };
  folders.set(path, folder);
  return folder;
};

const remove = (entry: Entry): void => {
  entry.isRemoved = true;
  const { folder, reader } = entry;
  const name = basename(reader.path);
  const siblings = folder.entries.get(name);
  siblings?.delete(entry);
  if (siblings?.size === 0) folder.entries.delete(name);
  all.splice(all.indexOf(entry), 1);
  opened.delete(entry);
  if (folder.entries.size === 0) {
    folder.watch.close();
    folders.delete(folder.path);
  }
  if (all.length === 0) setTick(sweepEvery);
};

/** Reads with `reader`, whose path is absolute, whenever its file grows, until the returned function is called. */
export const addReader = (reader: Reader, isUrgent = false): (() => void) => {
  const folder = folders.get(dirname(reader.path)) ?? addFolder(dirname(reader.path));
  const entry: Entry = { reader, folder, isUrgent, busyUntil: systemClock.now() + busyFor, isQueued: false, isRemoved: false };
  const name = basename(reader.path);
  const siblings = folder.entries.get(name) ?? new Set();
  folder.entries.set(name, siblings.add(entry));
  all.push(entry);
  enqueue(entry);
  if (timer === null) setTick(askEvery);
  return () => {
    if (!entry.isRemoved) remove(entry);
  };
};

const entriesOf = (path: string): readonly Entry[] => [...(folders.get(dirname(path))?.entries.get(basename(path)) ?? [])];

/** The readers of one file in this process: a rotation takes them along. */
export const readersOf = (path: string): readonly Reader[] => entriesOf(path).map((entry) => entry.reader);

/** Has the readers of one file look at it soon, though nothing was told. */
export const wakeReaders = (path: string): void => {
  for (const entry of entriesOf(path)) enqueue(entry);
};
