import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tries = 1_000;

/**
 * Removes a folder with all that is in it and makes it again, so that the system gives it the number that it had. False: this file system
 * gives no number twice, or somebody else has got that one.
 */
export const makeAgain = (folder: string): boolean => {
  const before = statSync(folder);
  const aside = mkdtempSync(join(tmpdir(), 'muster-again-'));
  rmSync(folder, { recursive: true });
  try {
    for (let count = 0; count < tries; count += 1) {
      mkdirSync(folder);
      const { ino, birthtimeMs } = statSync(folder);
      // The system's clock moves in steps of some milliseconds: within one of them nothing would tell the two apart.
      if (ino === before.ino && birthtimeMs !== before.birthtimeMs) return true;
      // Lower numbers that are free are given first: they are kept until it is its turn.
      if (ino === before.ino) rmdirSync(folder);
      else renameSync(folder, join(aside, String(count)));
    }
    return false;
  } finally {
    rmSync(aside, { recursive: true });
  }
};
