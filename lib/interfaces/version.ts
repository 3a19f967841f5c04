import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Of the build: what the package says. Run from the sources there is none. */
declare const builtVersion: string;

/** Ours, as the package says. */
export const readVersion = (): string => (typeof builtVersion === 'string' ? builtVersion : findPackage().version);

/** From the nearest package.json above this file: it is at another depth in the sources, the bundle and its chunks. */
export const findPackage = (): { readonly folder: string; readonly version: string } => {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    try {
      const data: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      if (isPackage(data)) return { folder, version: data.version };
    } catch (error) {
      // Not in this folder; but above the root there is nothing left to look at.
      if (folder === path.dirname(folder)) throw error;
    }
  }
};

const isPackage = (data: unknown): data is { version: string } =>
  typeof data === 'object' &&
  data !== null &&
  'name' in data &&
  data.name === 'muster' &&
  'version' in data &&
  typeof data.version === 'string';
