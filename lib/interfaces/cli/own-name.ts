import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './output.ts';

export type Call = {
  readonly env: Environment;
  readonly cwd: string;
  /** The file that Node runs. */
  readonly script: string;
};

/**
 * How people call this very muster in their shell. After `npm start`, where PATH holds what only npm sees, that may be
 * `npx muster`, or, in a clone of it, `node dist/cli.js`.
 */
export const toOwnName = ({ env, cwd, script }: Call): readonly string[] => {
  if (env['npm_lifecycle_event'] !== 'start') return ['muster'];
  const isThere = (folder: string): boolean => folder !== '' && existsSync(path.join(folder, 'muster'));
  const folders = (env['PATH'] ?? '').split(path.delimiter);
  const ofNpm = folders.filter((folder) => /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder));
  if (folders.some((folder) => !ofNpm.includes(folder) && isThere(folder))) return ['muster'];
  return ofNpm.some(isThere) ? ['npx', 'muster'] : ['node', path.relative(env['INIT_CWD'] ?? cwd, script)];
};
