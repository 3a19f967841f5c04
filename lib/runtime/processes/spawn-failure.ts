import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { noPath, type SpawnFailure } from '../../domain/process.ts';
import { OutputRefused } from './output-files.ts';

/** Codes after which the same spawn may work in a moment: the machine is short of something. */
const passingCodes: Readonly<Record<string, string>> = {
  EAGAIN: 'the limit of processes is reached',
  ENOMEM: 'there is not enough memory',
  EMFILE: 'muster has too many files open',
  ENFILE: 'the machine has too many files open',
  ETXTBSY: 'the program is being written',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

const failure = (stage: SpawnFailure['stage'], code: string, message: string): SpawnFailure => ({
  stage,
  code,
  message,
  passing: Object.hasOwn(passingCodes, code),
});

/** Before the spawn, which blames the command for a missing folder. Null: the folder is fine. */
export const checkFolder = (cwd: string): SpawnFailure | null => {
  try {
    if (!statSync(cwd).isDirectory()) return failure('cwd', 'ENOTDIR', `the working directory ${cwd} is not a folder`);
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    const what =
      code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be entered (EACCES)' : `cannot be used (${code})`;
    return failure('cwd', code, `the working directory ${cwd} ${what}`);
  }
};

/** Whatever else went wrong on the way to the spawn. */
export const toSystemFailure = (error: unknown): SpawnFailure => {
  const code = codeOf(error);
  const story = passingCodes[code] ?? (error instanceof Error ? error.message : String(error));
  return failure('program', code, `it could not be started: ${story}`);
};

export const toLogFailure = (error: unknown, path: string): SpawnFailure => {
  const code = codeOf(error);
  if (error instanceof OutputRefused) return failure('log', code, error.message);
  const what: Readonly<Record<string, string>> = {
    ELOOP: 'is, or goes through, a symbolic link, which is not followed',
    ENOTDIR: 'goes through something that is not a folder, or through a symbolic link, which is not followed',
    EISDIR: 'is a folder',
    ENXIO: 'is not a regular file',
    EACCES: 'may not be written (EACCES)',
    EPERM: 'may not be written (EPERM)',
    EROFS: 'is on a read-only file system',
    ENOSPC: 'cannot be made: the disk is full',
  };
  return failure('log', code, `the output file ${path} ${what[code] ?? `cannot be opened: ${passingCodes[code] ?? code}`}`);
};

export type FailedProgram = {
  readonly program: string;
  readonly cwd: string;
  /** The PATH of the service, which is the one that is searched; undefined: it has none. */
  readonly path: string | undefined;
};

/** Says what the code means for this program. The system gives the same ENOENT for a program and for its interpreter. */
export const toProgramFailure = (error: unknown, failed: FailedProgram): SpawnFailure => {
  const code = codeOf(error);
  const { program } = failed;
  const say = (message: string): SpawnFailure => failure('program', code, message);
  const passing = passingCodes[code];
  if (passing !== undefined) return say(`"${program}" could not be started: ${passing} (${code})`);
  if (code === 'E2BIG') return say(`"${program}" could not be started: its arguments and environment are too large (E2BIG)`);
  if (code === 'ERR_INVALID_ARG_VALUE') return say('the command, its folder or its environment holds a NUL character');
  if (code === 'ENOEXEC') return say(`"${program}" is not a program of this machine (ENOEXEC)`);
  if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') return say(`"${program}" could not be started (${code})`);
  const found = findProgram(failed);
  if (found === null) return notFound(failed, code);
  if (found.kind === 'folder') return say(`"${found.path}" is a folder, not a program`);
  if (found.kind === 'not-executable') return say(`"${found.path}" is not executable; chmod +x makes it so`);
  const interpreter = readInterpreter(found.path);
  if (interpreter !== null)
    return say(
      `"${found.path}" asks in its first line for "${interpreter}", which ${code === 'ENOENT' ? 'does not exist' : 'cannot be run'}`,
    );
  return say(
    `"${found.path}" cannot be run (${code}): ${code === 'ENOENT' ? 'the loader that it needs does not exist' : 'not permitted'}`,
  );
};

const notFound = ({ program, path }: FailedProgram, code: string): SpawnFailure => {
  if (program.includes('/')) return failure('program', code, `the program "${program}" does not exist`);
  const searched = path === undefined || path === '' ? noPath : path;
  return { ...failure('program', code, `the program "${program}" was not found in PATH`), searched };
};

type FoundProgram = { readonly kind: 'folder' | 'not-executable' | 'program'; readonly path: string };

/** As the system searches: the first that can be run, else the first that is there at all. */
const findProgram = ({ program, cwd, path }: FailedProgram): FoundProgram | null => {
  const folders = program.includes('/') ? [''] : (path ?? '').split(delimiter);
  const found = folders
    .map((folder) => lookAt(isAbsolute(program) ? program : resolve(cwd, join(folder, program))))
    .filter((candidate) => candidate !== null);
  return found.find(({ kind }) => kind === 'program') ?? found[0] ?? null;
};

const lookAt = (path: string): FoundProgram | null => {
  try {
    if (statSync(path).isDirectory()) return { kind: 'folder', path };
  } catch {
    return null;
  }
  try {
    accessSync(path, constants.X_OK);
    return { kind: 'program', path };
  } catch {
    return { kind: 'not-executable', path };
  }
};

/** The program named in a script's first line, or null: no such line. A carriage return at its end is shown, since it is the usual fault. */
const readInterpreter = (path: string): string | null => {
  const head = Buffer.alloc(256);
  try {
    const fd = openSync(path, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not readable, so not known; the code alone is told then.
    return null;
  }
  const line = /^#![ \t]*([^ \t\n\0]+)/.exec(head.toString('utf8'))?.[1];
  return line?.replaceAll('\r', '\\r') ?? null;
};
