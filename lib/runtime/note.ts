import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownUid } from './identity.ts';

const longestNote = 65_536;

/**
 * Writes a note for other commands into a folder that is its user's alone: whole under its name, or not at all. It is a help and
 * no more: a full disk costs whoever looks for it what it says, and the stack nothing.
 */
export const writeNote = (folder: string, name: string, note: object): void => {
  const draft = join(folder, `${name}.${process.pid}`);
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(note), { mode: 0o600, flag: 'wx' });
    renameSync(draft, join(folder, name));
  } catch {
    rmSync(draft, { force: true });
  }
};

/** Null: what is there is no plain file of ours, or too long for a note. Throws the system's error, also where nothing is there. */
export const readNote = (path: string): string | null => {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    const isOurs = stat.isFile() && stat.size <= longestNote && (ownUid() === -1 || stat.uid === ownUid());
    return isOurs ? readFileSync(fd, 'utf8') : null;
  } finally {
    closeSync(fd);
  }
};
