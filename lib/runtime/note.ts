import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
