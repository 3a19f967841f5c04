import { renameSync, rmSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { moveIndex, removeIndex } from './arrival-index.ts';

/** The kept files of a log: `<log>.1` is the youngest, then `.2` and so on. */

// What is not a plain file under such a name is somebody else's: that number is passed over.
const numbersTried = 100;

const isFree = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
    return false;
  }
};

/** The paths that kept files of a log may have, youngest first: `keep` of them. */
const slotsOf = async (log: string, keep: number): Promise<readonly string[]> => {
  const slots: string[] = [];
  for (let number = 1; slots.length < keep && number <= keep + numbersTried; number += 1) {
    const slot = `${log}.${number}`;
    if (await isFree(slot)) slots.push(slot);
  }
  return slots;
};

const renameIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to);
    moveIndex(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
};

/**
 * Moves `file` into the youngest slot and every kept file one further; the oldest is removed. In one go without a pause, from
 * the oldest on, so that whoever reads the kept files never sees one twice. Throws what the system says when a rename fails.
 */
export const pushIntoSlots = async (file: string, log: string, keep: number): Promise<string | null> => {
  const slots = await slotsOf(log, keep);
  const [youngest] = slots;
  if (youngest === undefined) {
    rmSync(file, { force: true });
    removeIndex(file);
    return null;
  }
  for (let index = slots.length - 1; index > 0; index -= 1) {
    const [younger, older] = [slots[index - 1], slots[index]];
    if (younger !== undefined && older !== undefined) renameIfThere(younger, older);
  }
  renameIfThere(file, youngest);
  return youngest;
};
