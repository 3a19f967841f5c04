import type { ServiceName, WatchRule } from '../domain/service.ts';
import type { Clock } from './clock.ts';

export type WatchedService = { readonly name: ServiceName; readonly rule: Pick<WatchRule, 'folder' | 'globs'> };

export type SeenChange = {
  /** Relative to the project. */
  readonly file: string;
  /** It is there; false: it is gone. */
  readonly exists: boolean;
  /** Whose globs mean it. */
  readonly names: readonly ServiceName[];
};

export type WatchOptions = {
  /** Real path of the project's folder. */
  readonly root: string;
  readonly services: readonly WatchedService[];
  /** Absolute paths that never count, and whatever has such a path with something behind it as its name: logs, the memory. */
  readonly never: readonly string[];
  /** Absolute paths of files that never count. */
  readonly neverFiles: readonly string[];
  readonly clock: Clock;
  /** Called in a turn of its own, many times in a burst. */
  readonly onChange: (change: SeenChange) => void;
  /** Something keeps it from being told of every change, in a sentence with what to do. */
  readonly onProblem: (problem: string) => void;
};

export type FileWatch = {
  /** How many folders are watched. */
  folders(): number;
  /** Somebody changes many files at once, and is not done: git has its lock. */
  isBusy(): boolean;
  close(): void;
};

/** Watches the files that the globs of services mean. Resolves when everything is watched that is there. */
export type WatchFiles = (options: WatchOptions) => Promise<FileWatch>;
