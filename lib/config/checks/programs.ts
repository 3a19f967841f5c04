import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { remember } from '../../util/remember.ts';
import { statIfVisible } from '../stat.ts';

export type Program = { readonly state: 'found' } | { readonly state: 'missing' | 'directory' | 'not-executable' };

export type ProgramQuery = {
  readonly program: string;
  readonly cwd: string;
  /** PATH as the service will have it. */
  readonly searchPath: string;
};

/** Looks a program up as a spawn would: by its path when it has a slash, else along PATH. Nothing is run. */
export const createProgramLookup = (): ((query: ProgramQuery) => Program) => {
  const byPath = new Map<string, Program>();
  // By PATH, which is long and nearly the same for all, and then by name.
  const byName = remember((_searchPath: string) => new Map<string, Program>());
  return ({ program, cwd, searchPath }) => {
    const hasSlash = program.includes('/') || (process.platform === 'win32' && program.includes('\\'));
    const known = hasSlash ? byPath : byName(searchPath);
    const key = hasSlash ? path.resolve(cwd, program) : program;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = hasSlash ? look(key) : search(program, searchPath, cwd);
    known.set(key, answer);
    return answer;
  };
};

const search = (program: string, searchPath: string, cwd: string): Program => {
  let best: Program = { state: 'missing' };
  for (const folder of searchPath.split(path.delimiter)) {
    const found = look(path.resolve(cwd, folder, program));
    if (found.state === 'found') return found;
    if (found.state === 'not-executable') best = found;
  }
  return best;
};

const look = (file: string): Program => {
  for (const candidate of withExtensions(file)) {
    const stat = statIfVisible(candidate);
    if (stat === null) continue;
    if (stat.isDirectory()) return { state: 'directory' };
    try {
      accessSync(candidate, constants.X_OK);
      return { state: 'found' };
    } catch {
      return { state: 'not-executable' };
    }
  }
  return { state: 'missing' };
};

const withExtensions = (file: string): string[] => {
  if (process.platform !== 'win32') return [file];
  return [file, ...(process.env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';').map((extension) => `${file}${extension}`)];
};
