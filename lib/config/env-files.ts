import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../domain/diagnostic.ts';
import type { Path, Report } from '../domain/issue.ts';
import type { RawValue } from '../domain/raw.ts';
import { readTexts, toFields } from '../domain/resolve/fields.ts';
import { type EnvFile, parseEnvFile } from './env-file.ts';
import { createGuard, isInside, type Way } from './paths.ts';

const sizeLimit = 1_000_000;

export type EnvFileUse = {
  readonly raw: RawValue;
  readonly base: Path;
  readonly isOptional: boolean;
  /** That of the file that names them. */
  readonly folder: string;
  readonly report: Report;
};

/** Reads the files of `env_file`, each once. */
export type EnvFiles = {
  readonly read: (use: EnvFileUse) => EnvFile['entries'];
  /** Mistakes inside the files, with their own file name. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of those that were read. */
  readonly files: () => readonly string[];
};

export type EnvFilesContext = {
  readonly root: string;
  /** False: a missing file is nobody's business now. */
  readonly checkSystem: boolean;
};

export const createEnvFiles = ({ root, checkSystem }: EnvFilesContext): EnvFiles => {
  const known = new Map<string, EnvFile | string>();
  const guards = new Map<string, (file: string) => Way>();
  const diagnostics: Diagnostic[] = [];

  /** A file of another project of the repository may read what is in its own folder. */
  const look = (file: string, folder: string): Way => {
    const within = isInside(root, folder) ? root : folder;
    const guard = guards.get(within) ?? createGuard(within);
    guards.set(within, guard);
    return guard(file);
  };

  const load = (written: string, folder: string): EnvFile | string => {
    const file = path.resolve(folder, written);
    const before = known.get(file);
    if (before !== undefined) return before;
    const loaded = readEnvFile(look(file, folder), file);
    known.set(file, loaded);
    if (typeof loaded !== 'string') {
      for (const { line, column, message, hint } of loaded.problems) {
        diagnostics.push({
          severity: 'error',
          code: 'env-file-syntax',
          file: path.relative(root, file),
          line,
          column,
          message,
          hint,
        });
      }
    }
    return loaded;
  };

  const read = ({ raw, base, isOptional, folder, report }: EnvFileUse): EnvFile['entries'] => {
    const isList = Array.isArray(toFields(raw, base, report).map['env_file']);
    return readTexts(toFields(raw, base, report), 'env_file').flatMap((written, index) => {
      const loaded = load(written, folder);
      if (typeof loaded !== 'string') return loaded.entries;
      const isMissing = loaded === 'does not exist';
      const at = isList ? [...base, 'env_file', index] : [...base, 'env_file'];
      const isOutside = loaded.startsWith('leaves');
      const hint = isOutside
        ? 'copy it into the project'
        : isMissing
          ? 'create it or fix the path'
          : 'name a text file of NAME=value lines';
      const severity = isMissing && (isOptional || !checkSystem) ? 'warning' : 'error';
      report({
        severity,
        code: isOutside ? 'path-outside' : 'env-file-missing',
        path: at,
        message: `env file "${written}" ${loaded}`,
        hint,
      });
      return [];
    });
  };

  const files = (): readonly string[] => [...known].flatMap(([file, loaded]) => (typeof loaded === 'string' ? [] : [file]));

  return { read, diagnostics, files };
};

/** The content, or what is wrong with the file as a whole. */
const readEnvFile = ({ leaves }: Way, file: string): EnvFile | string => {
  if (leaves) return 'leaves the project directory';
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return 'is a directory';
    if (!stat.isFile()) return 'is not a regular file';
    if (stat.size > sizeLimit) return `is larger than ${sizeLimit / 1e6} MB`;
    return parseEnvFile(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
    return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8 text' : `cannot be read (${code})`;
  }
};
