import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The project's folder. */
export const root: string = path.resolve(import.meta.dirname, '../..');

/** Folders and files that are made on a machine and are not part of the project. */
const made = new Set(['node_modules', '.git', 'dist', 'dist.next', 'dist.last', 'coverage', 'logs', 'data']);
const isMade = (name: string): boolean =>
  made.has(name) || name.startsWith('.server_memory.json') || name.startsWith('.setup-lock.');

/** Every file of the project, as a path from its folder. Not asked of git: an unpacked archive has none. */
export const listFiles = (folder = ''): string[] =>
  readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !isMade(name))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? listFiles(file) : [file];
    });

export const readText = (file: string): string => readFileSync(path.join(root, file), 'utf8');

type PackageJson = {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

export const readPackageJson = (): PackageJson => JSON.parse(readText('package.json')) as PackageJson;
