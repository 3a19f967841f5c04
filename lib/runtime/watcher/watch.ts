import { type Dirent, lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { ServiceName } from '../../domain/service.ts';
import { folderMark } from '../file-mark.ts';
import type { WatchFiles, WatchOptions } from '../watcher.ts';
import { createFolderWatches } from './folder-watches.ts';
import { watchGitLocks } from './git-lock.ts';
import { compileGlobs } from './globs.ts';
import { readIgnored } from './ignored.ts';
import { isLitter } from './litter.ts';

/** Milliseconds of looking into folders after which the event loop gets a turn. */
const longestTurn = 8;
/** Verdicts about files that are remembered: a file that changes tells so several times. */
const mostVerdicts = 20_000;

/** Never looked into: what is in them is not written by hand, and there is a lot of it. */
const neverEntered = new Set(['node_modules', '.git', '.hg', '.svn']);

type Folder = {
  readonly mark: string;
  /** Whose files are, or were, directly in it. */
  readonly names: Set<ServiceName>;
};

const nobody: readonly ServiceName[] = [];

/**
 * One watch for each folder that may hold a file that somebody means, from the project down: a folder that is made, removed or
 * moved is noticed in the one above it. A watch for each file, as watchers of whole trees have them, costs ten times the memory
 * and the processor. Links are not followed.
 */
export const watchFiles: WatchFiles = async (options) => {
  const { root, services, clock } = options;
  const globs = compileGlobs(root, services);
  const ignored = readIgnored(globs.roots);
  const folders = new Map<string, Folder>();
  const verdicts = new Map<string, readonly ServiceName[]>();
  const agenda: { readonly folder: string; readonly isNew: boolean }[] = [];
  let isClosed = false;
  let working: Promise<void> | null = null;

  const namesOf = (file: string): readonly ServiceName[] => {
    const known = verdicts.get(file);
    if (known !== undefined) return known;
    if (verdicts.size >= mostVerdicts) verdicts.clear();
    const found = isOut(file, options) ? nobody : globs.namesOf(file);
    const names = found.length === 0 || ignored.has(file, false) ? nobody : found;
    verdicts.set(file, names);
    return names;
  };

  const tell = (file: string, exists: boolean, names: readonly ServiceName[]): void => {
    if (names.length > 0) options.onChange({ file: toRelative(root, file), exists, names });
  };

  const noteFile = (folder: string, file: string, exists: boolean): void => {
    const names = namesOf(file);
    for (const name of names) folders.get(folder)?.names.add(name);
    tell(file, exists, names);
  };

  const mayEnter = (folder: string): boolean =>
    !neverEntered.has(path.basename(folder)) && globs.mayHold(folder) && !ignored.has(folder, true);

  /** The watch first, then the look: what is made in between is seen twice, and not never. */
  const enter = (folder: string, isNew: boolean): void => {
    const stat = statOf(folder);
    if (stat?.isDirectory() !== true || folders.has(folder)) return;
    folders.set(folder, { mark: folderMark(stat), names: new Set() });
    watches.add(folder);
    for (const entry of entriesOf(folder)) {
      const inside = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (mayEnter(inside)) agenda.push({ folder: inside, isNew });
      } else if (isNew) noteFile(folder, inside, true);
      else for (const name of namesOf(inside)) folders.get(folder)?.names.add(name);
    }
  };

  /** With everything below it. Answers whose files were there. */
  const leave = (folder: string): ReadonlySet<ServiceName> => {
    const names = new Set<ServiceName>();
    for (const [known, { names: held }] of folders) {
      if (known !== folder && !known.startsWith(`${folder}${path.sep}`)) continue;
      for (const name of held) names.add(name);
      folders.delete(known);
      watches.remove(known);
    }
    return names;
  };

  const work = async (): Promise<void> => {
    let end = clock.now() + longestTurn;
    for (let next = agenda.pop(); next !== undefined && !isClosed; next = agenda.pop()) {
      enter(next.folder, next.isNew);
      if (clock.now() < end) continue;
      await new Promise((resolve) => setImmediate(resolve));
      end = clock.now() + longestTurn;
    }
    watches.report();
  };

  const pump = (): Promise<void> => {
    working ??= work().finally(() => {
      working = null;
    });
    return working;
  };

  const onFolder = (folder: string, stat: Stats): void => {
    const known = folders.get(folder);
    if (known?.mark === folderMark(stat) || !mayEnter(folder)) return;
    if (known !== undefined) leave(folder);
    agenda.push({ folder, isNew: true });
    void pump();
  };

  const onGone = (folder: string, file: string): void => {
    if (folders.has(file)) tell(file, false, [...leave(file)]);
    // A folder that is gone says so with its own name, as if it were in itself.
    else if (path.basename(file) !== path.basename(folder) || statOf(folder) !== null) noteFile(folder, file, false);
  };

  /** Other folders are left out from now on, or are not any longer. */
  const onRules = (folder: string): void => {
    ignored.forget(folder);
    verdicts.clear();
    for (const known of [...folders.keys()]) {
      if (known !== folder && known.startsWith(`${folder}${path.sep}`) && !mayEnter(known)) leave(known);
    }
    for (const known of [...folders.keys()].filter((each) => each === folder || each.startsWith(`${folder}${path.sep}`))) {
      for (const entry of entriesOf(known)) {
        const inside = path.join(known, entry.name);
        if (entry.isDirectory() && !folders.has(inside) && mayEnter(inside)) agenda.push({ folder: inside, isNew: false });
      }
    }
    void pump();
  };

  const onEvent = (folder: string, name: string, onlyChanged: boolean): void => {
    if (isClosed || !folders.has(folder)) return;
    const file = `${folder}${path.sep}${name}`;
    // Three of four events of a checkout: the file is one that somebody means, and it is there, or the next event says otherwise.
    if (onlyChanged && name !== '.gitignore' && (verdicts.get(file)?.length ?? 0) > 0) {
      tell(file, true, namesOf(file));
      return;
    }
    const stat = statOf(file);
    if (name === '.gitignore') onRules(folder);
    if (stat === null) onGone(folder, file);
    else if (stat.isDirectory()) onFolder(file, stat);
    else noteFile(folder, file, true);
  };

  const watches = createFolderWatches({
    clock,
    onEvent,
    onProblem: options.onProblem,
    isWorthPolling: (folder, name) => namesOf(path.join(folder, name)).length > 0,
  });
  for (const each of globs.roots) agenda.push({ folder: each, isNew: false });
  await pump();
  return {
    folders: watches.count,
    isBusy: watchGitLocks(globs.roots),
    close: () => {
      isClosed = true;
      watches.close();
      folders.clear();
    },
  };
};

const toRelative = (root: string, file: string): string =>
  file.startsWith(`${root}${path.sep}`) ? file.slice(root.length + 1) : path.relative(root, file);

/** Logs and the memory are written by muster and its services all the time. */
const isOut = (file: string, { never, neverFiles }: WatchOptions): boolean =>
  isLitter(path.basename(file)) || neverFiles.includes(file) || never.some((each) => file.startsWith(each));

const statOf = (file: string): Stats | null => {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // Closed to us, or a part of the way is no folder any more.
    return null;
  }
};

const entriesOf = (folder: string): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Gone again, or closed to us.
    return [];
  }
};
