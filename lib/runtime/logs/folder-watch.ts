import { type FSWatcher, watch } from 'node:fs';
import type { Ms } from '../../domain/service.ts';
import { systemClock } from '../clock.ts';

/** Events within one window above which asking is cheaper than being told: each event is a turn of the loop. */
const floodEvents = 50;
const floodWindow: Ms = 50;
const retryAfter: Ms = 1000;

export type FolderWatch = {
  /** True while changes are told; false while they must be asked for. */
  isTelling(): boolean;
  /** Tries to be told again, if the last try is long enough ago. True when it changed from asking to telling. */
  tryAgain(): boolean;
  close(): void;
};

export type FolderListener = {
  /** A file of the folder changed; null when the system does not say which. */
  readonly onChange: (name: string | null) => void;
  /** From now on nothing is told. */
  readonly onSilence: () => void;
};

/**
 * Watches one folder for its files: one inotify watch, however many logs are in it. Ends itself when events come in a flood
 * (following a fast log by events costs forty times the CPU of asking), or when the system has no watch left.
 */
export const watchFolder = (folder: string, { onChange, onSilence }: FolderListener): FolderWatch => {
  let watcher: FSWatcher | null = null;
  let windowStart = 0;
  let events = 0;
  let nextTry = 0;

  const stop = (wait: Ms): void => {
    watcher?.close();
    watcher = null;
    nextTry = systemClock.now() + wait;
  };

  const fallSilent = (): void => {
    stop(retryAfter);
    onSilence();
  };

  const onEvent = (_kind: string, name: string | null): void => {
    if (watcher === null) return;
    const now = systemClock.now();
    if (now - windowStart > floodWindow) {
      windowStart = now;
      events = 0;
    }
    events += 1;
    onChange(name);
    if (events > floodEvents) fallSilent();
  };

  const start = (): boolean => {
    try {
      watcher = watch(folder, { persistent: true }, onEvent);
      watcher.on('error', fallSilent);
      return true;
    } catch {
      // The folder is not there yet, or the system has no watch left: the files are asked for instead.
      stop(retryAfter / 4);
      return false;
    }
  };

  start();
  return {
    isTelling: () => watcher !== null,
    tryAgain: () => watcher === null && systemClock.now() >= nextTry && start(),
    close: () => stop(Number.POSITIVE_INFINITY),
  };
};
