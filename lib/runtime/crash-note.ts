import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { plainFileAt } from './logs/file-facts.ts';
import { writeNote } from './note.ts';

/** That a supervisor died instead of ending, kept in the runtime folder for `doctor` by the one that came after it. */
export type CrashNote = {
  readonly pid: number;
  /** When it was found dead, epoch milliseconds. */
  readonly foundAt: number;
  /** The line on its stderr in which Node or a library told why it aborted. Null: none. */
  readonly words: string | null;
};

const noteFile = 'crash.json';
const wordsFile = 'supervisor.out';
const longestFile = 1_000_000;
const longestWords = 200;

/** The file that a supervisor in the background writes to gets its lasting name; what an earlier one wrote is gone with that. */
export const keepWords = (folder: string, file: string): void => renameSync(file, join(folder, wordsFile));

/** The supervisor has ended as it should: it has nothing to say any more. */
export const forgetWords = (folder: string): void => rmSync(join(folder, wordsFile), { force: true });

/**
 * What Node, V8 or a library says when it ends the process. All else in the file is older, such as a warning of the boot; and one that
 * was killed has said nothing.
 */
const crashWords =
  /^(FATAL ERROR: |# *Fatal |# *Check failed: |.*\bAssertion .*failed|(Uncaught )?\w*Error( \[\w+\])?: |terminate called |malloc|free\(\): |double free|\*\*\* stack smashing)/;

/** Why it ended, in its own words: of one that crashed. Null: it said nothing of that. */
export const readLastWords = (folder: string): string | null => {
  const text = readSmall(join(folder, wordsFile));
  const line = text?.split('\n').findLast((one) => crashWords.test(one.trim()));
  return line === undefined ? null : line.trim().slice(0, longestWords);
};

export const writeCrashNote = (folder: string, note: CrashNote): void => writeNote(folder, noteFile, note);

/** One that was not preceded by a crash has ended as it should: that of an earlier one is old news. */
export const forgetCrash = (folder: string): void => rmSync(join(folder, noteFile), { force: true });

export const readCrashNote = (folder: string): CrashNote | null => {
  const text = readSmall(join(folder, noteFile));
  try {
    const { pid, foundAt, words } = JSON.parse(text ?? '{}') as Partial<CrashNote>;
    if (typeof pid !== 'number' || typeof foundAt !== 'number') return null;
    return { pid, foundAt, words: typeof words === 'string' ? words : null };
  } catch {
    // Not written by us: no note.
    return null;
  }
};

const readSmall = (path: string): string | null => {
  try {
    return (plainFileAt(path)?.size ?? longestFile) < longestFile ? readFileSync(path, 'utf8') : null;
  } catch {
    // Gone since it was looked at.
    return null;
  }
};
