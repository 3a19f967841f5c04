import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../domain/process.ts';
import type { RecordedService } from '../domain/recorded.ts';
import type { ServiceName } from '../domain/service.ts';
import { decodeRunning } from './memory-file/decode.ts';
import { isObject, supervisorCheck } from './memory-file/shape.ts';

/**
 * What runs: as it was when the memory file was saved last, and a line for each batch of decisions since then, written before any
 * of them is acted upon. So whoever damages or deletes the memory file takes nothing from the next supervisor. It need not reach the disk, since only a reboot loses what a killed process has written, and after that nothing runs.
 */
export type Journal = {
  /** Who wrote it before us; null: nobody, or whoever did ended in order. */
  readonly predecessor: ProcessIdentity | null;
  /** What they had decided last, service by service. */
  readonly recorded: Readonly<Record<ServiceName, RecordedService>>;
  note(entries: Readonly<Record<ServiceName, RecordedService>>): void;
  /** The memory file holds all of it now: begins anew with what was saved. */
  beginAnew(entries: Readonly<Record<ServiceName, RecordedService>>): void;
  /** The memory file cannot be saved: begins anew with all that runs, where it has grown large. */
  shorten(entries: Readonly<Record<ServiceName, RecordedService>>): void;
  /** `inOrder`: everything has ended, and the memory file knows. Where nothing was noted, it is left as it was found in any case. */
  close(inOrder: boolean): void;
};

export type JournalOptions = {
  /** Private to the user; whoever opens it holds the lock of the project. */
  readonly folder: string;
  readonly self: ProcessIdentity;
  /** Of a journal that cannot be written: one clause, once until it can again. */
  readonly onProblem: (reason: string) => void;
};

const fileName = 'journal';

/** Far above what is ever written between two saves. */
const largest = 64 * 1024 * 1024;
/** Where no save shortens it, it may grow to this, and to some times what it began with. */
const large = 1024 * 1024;
const timesItsBeginning = 4;

export const openJournal = ({ folder, self, onProblem }: JournalOptions): Journal => {
  const path = join(folder, fileName);
  let fd: number | null = null;
  let isSilent = false;
  /** Bytes that were there before us. */
  let found = 0;
  let hasNoted = false;
  let size = 0;
  let sizeAtBeginning = 0;
  /** What was written last broke off: what follows begins a line of its own. */
  let isTorn = false;
  const orTell = (act: () => void): void => {
    try {
      act();
      isSilent = false;
    } catch (error) {
      // It is the second witness beside markers and memory file: without it muster goes on, and says so.
      if (!isSilent) onProblem(error instanceof Error ? error.message : String(error));
      isSilent = true;
    }
  };
  const write = (...lines: readonly unknown[]): void => {
    if (fd === null) return;
    const text = `${isTorn ? '\n' : ''}${toText(lines)}`;
    isTorn = true;
    writeWhole(fd, text, (count) => {
      size += count;
    });
    isTorn = false;
  };
  const heading = { supervisor: self };
  const beginAnew: Journal['beginAnew'] = (entries) => {
    if (fd === null) return;
    hasNoted = true;
    ftruncateSync(fd, 0);
    [size, isTorn] = [0, false];
    write(heading, { running: entries });
    sizeAtBeginning = size;
  };

  const { predecessor, recorded } = readJournal(path, self.bootId);
  orTell(() => {
    fd = openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW, 0o600);
    // Of another boot of the machine: our heading would make it one of this boot.
    if (predecessor === null && Object.keys(recorded).length === 0) ftruncateSync(fd, 0);
    found = fstatSync(fd).size;
    size = found;
    // A line that was cut off by a kill ends here.
    isTorn = found > 0;
    write(heading);
  });
  return {
    predecessor,
    recorded,
    note: (entries) =>
      orTell(() => {
        hasNoted = true;
        write({ running: entries });
      }),
    beginAnew: (entries) => orTell(() => beginAnew(entries)),
    shorten: (entries) =>
      orTell(() => {
        if (fd === null || size <= Math.max(large, sizeAtBeginning * timesItsBeginning)) return;
        const text = toText([heading, { running: entries }]);
        const fresh = putInPlace(path, text);
        closeSync(fd);
        fd = fresh;
        size = Buffer.byteLength(text);
        [sizeAtBeginning, isTorn, hasNoted] = [size, false, true];
      }),
    close: (inOrder) =>
      orTell(() => {
        if (fd !== null && !hasNoted) ftruncateSync(fd, found);
        if (fd !== null) closeSync(fd);
        fd = null;
        if (inOrder || (!hasNoted && found === 0)) rmSync(path, { force: true });
      }),
  };
};

const toText = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** A disk that gets full takes a part of it, and says so only to the next call. */
const writeWhole = (fd: number, text: string, onWritten: (count: number) => void = () => undefined): void => {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    const count = writeSync(fd, bytes, written);
    written += count;
    onWritten(count);
  }
};

/** Beside it first: where nothing else knows what runs, there is no moment in which it is not all there. Answers its descriptor. */
const putInPlace = (path: string, text: string): number => {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND, 0o600);
  try {
    writeWhole(fd, text);
    renameSync(draft, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    rmSync(draft, { force: true });
    throw error;
  }
};

type Told = Pick<Journal, 'predecessor' | 'recorded'>;

/** What a supervisor that was killed had told, for those who only look. Of another boot of the machine: nothing. */
export const readJournal = (path: string, bootId: string): Told => {
  let predecessor: ProcessIdentity | null = null;
  let running: Record<string, unknown> = {};
  for (const line of readLines(path)) {
    const { supervisor, running: entries } = line;
    if (supervisorCheck(supervisor, '') === null) predecessor = supervisor as ProcessIdentity;
    // A plain spread would let `__proto__` through; the decoder takes only names of services, as own keys.
    if (isObject(entries)) running = { ...running, ...entries };
  }
  if (predecessor !== null && predecessor.bootId !== bootId) return { predecessor: null, recorded: {} };
  // What makes no sense is left out: the memory file and the markers still tell of it.
  return { predecessor, recorded: decodeRunning(running, []) };
};

export const journalIn = (folder: string): string => join(folder, fileName);

const readLines = (path: string): Record<string, unknown>[] => {
  let text: string;
  try {
    text = readBounded(path);
  } catch {
    // None is there: whoever was here before ended in order.
    return [];
  }
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      const value: unknown = JSON.parse(line);
      return isObject(value) ? [value] : [];
    } catch {
      // The last line of somebody who was killed while writing it.
      return [];
    }
  });
};

const readBounded = (path: string): string => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= largest ? readFileSync(fd, 'utf8') : '';
  } finally {
    closeSync(fd);
  }
};
