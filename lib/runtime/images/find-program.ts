import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Along PATH, but only in folders that are given by their whole path and lie outside the project: what came with a clone is not the
 * program that is meant. Null: it is not there.
 */
export const findProgram = (name: string, searchPath: string, project: string): string | null => {
  const folders = searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder) && !isInside(project, folder));
  return folders.map((folder) => path.join(folder, name)).find(isProgram) ?? null;
};

const isInside = (folder: string, file: string): boolean => {
  const relative = path.relative(folder, file);
  return relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative));
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not for us.
    return false;
  }
};
