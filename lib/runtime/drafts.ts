import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What is made under a name of its own before it gets its real one, and the words of a supervisor on its way: with the pid. */
const draftName = /^(?:draft\.(\d+)\.\w+|c\.(\d+)|up\.(\d+)\.out|[a-z]+\.json\.(\d+))$/;

/**
 * Removes from a project's runtime folder what processes that were killed had begun to write there. One whose number is used
 * again stays until the next time: nobody is disturbed by it.
 */
export const removeDeadDrafts = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const pid = draftName
      .exec(name)
      ?.slice(1)
      .find((number) => number !== undefined);
    if (pid !== undefined && !isThere(Number(pid))) rmSync(join(folder, name), { force: true });
  }
};

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process has the number: there is one.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
