import { statSync } from 'node:fs';
import { readSource } from '../../config/source.ts';
import type { FileReader } from './importer.ts';

/** The files of this machine, by the limits of the loader. */
export const createFileReader = (): FileReader => ({
  read: async (absolute, shown) => {
    const source = readSource(shown, absolute);
    return 'severity' in source && source.code === 'file-not-found' ? { ...source, hint: 'name another' } : source;
  },
  kindOf: (absolute) => {
    const found = statSync(absolute, { throwIfNoEntry: false });
    if (found === undefined) return null;
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : null;
  },
});
