import { type FSWatcher, lstatSync, readdirSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import type { Ms } from '../../domain/service.ts';
import type { Clock, Timer } from '../clock.ts';

export type FolderWatchesOptions = {
  readonly clock: Clock;
  /** Something with this name in the folder came or went, or, where that is known, only changed. */
  readonly onEvent: (folder: string, name: string, onlyChanged: boolean) => void;
  readonly onProblem: (problem: string) => void;
  /** Whether the times of a file are kept where nobody tells of its changes. */
  readonly isWorthPolling: (folder: string, name: string) => boolean;
};

export type FolderWatches = {
  add(folder: string): void;
  remove(folder: string): void;
  count(): number;
  /** Says what could not be watched, once for each number of folders. */
  report(): void;
  close(): void;
};

/** How often the folders are looked at that the system has no watch for. */
const lookEvery: Ms = 1_000;

/** The system's own watches, one for each folder; where it has none left, the folder is looked at again and again instead. */
export const createFolderWatches = (options: FolderWatchesOptions): FolderWatches => {
  const { clock, onEvent } = options;
  const watched = new Map<string, FSWatcher>();
  const polled = new Map<string, ReadonlyMap<string, string>>();
  let why: string | null = null;
  let told = 0;
  let timer: Timer | null = null;

  const poll = (folder: string, code: string): void => {
    why = code;
    polled.set(folder, marksOf(folder, options));
    timer ??= clock.setTimer(lookEvery, look);
  };

  const look = (): void => {
    timer = null;
    for (const [folder, before] of [...polled]) {
      // What was told of another one may have it left out from now on.
      if (!polled.has(folder)) continue;
      const now = marksOf(folder, options);
      polled.set(folder, now);
      for (const name of new Set([...before.keys(), ...now.keys()]))
        if (before.get(name) !== now.get(name)) onEvent(folder, name, false);
    }
    if (polled.size > 0) timer = clock.setTimer(lookEvery, look);
  };

  const add = (folder: string): void => {
    try {
      const watcher = watch(folder, (kind, name) => {
        if (name !== null) onEvent(folder, name, kind === 'change');
      });
      watcher.on('error', () => {
        // On some systems a folder that is removed ends its watch in this way.
        remove(folder);
        if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) poll(folder, 'ERROR');
      });
      watched.set(folder, watcher);
    } catch (error) {
      const { code = 'ERROR' } = error as NodeJS.ErrnoException;
      // Gone since it was seen: the folder above tells so. Closed to us: nobody can edit what is in it either.
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES' && code !== 'EPERM') poll(folder, code);
    }
  };

  const remove = (folder: string): void => {
    watched.get(folder)?.close();
    watched.delete(folder);
    polled.delete(folder);
  };

  return {
    add,
    remove,
    count: () => watched.size + polled.size,
    report: () => {
      if (polled.size <= told || why === null) return;
      told = polled.size;
      options.onProblem(describe(why, watched.size, watched.size + polled.size));
    },
    close: () => {
      timer?.cancel();
      for (const watcher of watched.values()) watcher.close();
      watched.clear();
      polled.clear();
    },
  };
};

/** What stands in a folder, each with what tells one state of it from another; times that go backwards are a change, too. */
const marksOf = (folder: string, { isWorthPolling }: FolderWatchesOptions): ReadonlyMap<string, string> => {
  const marks = new Map<string, string>();
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) marks.set(entry.name, 'folder');
      else if (entry.name === '.gitignore' || isWorthPolling(folder, entry.name)) {
        const stat = lstatSync(path.join(folder, entry.name), { throwIfNoEntry: false });
        if (stat !== undefined) marks.set(entry.name, `${stat.ino}:${stat.mtimeMs}:${stat.size}`);
      }
    }
  } catch {
    // The folder is gone: so is everything in it.
  }
  return marks;
};

const describe = (code: string, watched: number, all: number): string => {
  const rest = `watching ${watched} of ${all} folders, and looking at the others every second`;
  switch (code) {
    case 'ENOSPC': {
      const now = limitOf('max_user_watches');
      return `the system has no file watches left (fs.inotify.max_user_watches is ${now}): ${rest}; sudo sysctl fs.inotify.max_user_watches=524288 gives more`;
    }
    case 'EMFILE':
    case 'ENFILE': {
      const now = limitOf('max_user_instances');
      return `the system gives no more file watches or descriptors (fs.inotify.max_user_instances is ${now}): ${rest}; sudo sysctl fs.inotify.max_user_instances=1024 gives more`;
    }
    default:
      return `the system does not tell of all changes (${code}): ${rest}`;
  }
};

const limitOf = (name: string): string => {
  try {
    return readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8').trim();
  } catch {
    return 'unknown';
  }
};
