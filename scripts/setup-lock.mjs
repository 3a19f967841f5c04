// Two `npm test` or `npm start` in one folder must not install or build over each other: one does it, the others wait.
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const prefix = '.setup-lock.';

/** A pid can be used again by another process, so a turn is not believed for ever. */
const patience = 15 * 60_000;

/**
 * Waits until it is this process's turn, and gives the function that ends the turn. `onWait(pid)` is told whom it waits for.
 *
 * Everybody who wants the turn puts up a file with his pid in its name and then looks for the files of others. Of two who do
 * so at once, at least one sees the other; who sees another takes his own file down and tries again a little later. No file
 * of another is ever taken over, which is where lock files usually go wrong: what a dead process left is just not counted.
 */
export const takeTurn = async (root, onWait) => {
  const mine = path.join(root, `${prefix}${process.pid}`);
  const endTurn = () => rmSync(mine, { force: true });
  let told = null;
  for (;;) {
    if (findOther(root) === null) {
      writeFileSync(mine, '');
      if (findOther(root) === null) return endTurn;
      endTurn();
    }
    const other = findOther(root);
    if (other !== null && other !== told) onWait(other);
    told = other ?? told;
    await wait(50 + Math.random() * 150);
  }
};

/** The pid of a living process that has the turn, or is about to take it. */
const findOther = (root) => {
  const pids = readdirSync(root)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)));
  return pids.find((pid) => pid !== process.pid && isTaking(root, pid)) ?? null;
};

const isTaking = (root, pid) => {
  try {
    const file = path.join(root, `${prefix}${pid}`);
    if (Date.now() - statSync(file).mtimeMs < patience) return isAlive(pid);
    rmSync(file, { force: true });
    return false;
  } catch (error) {
    // He has just taken his file down.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and another user's.
    return error.code === 'EPERM';
  }
};
