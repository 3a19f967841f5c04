import { lstat } from 'node:fs/promises';

/** What keeps a file from being written there: something that is no file, or without `force` a file. Null: nothing does. */
export const findObstacle = async (target: string, force: boolean): Promise<string | null> => {
  try {
    const there = await lstat(target);
    if (!there.isFile()) return `${target} is there, and is no file`;
    return force ? null : `${target} is there already; --force replaces it`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};
