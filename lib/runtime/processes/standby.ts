import { type ChildProcess, spawn as spawnChild } from 'node:child_process';
import { fstatSync, realpathSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Marker } from '../../domain/process.ts';
import type { SpawnOptions } from '../processes.ts';
import { closeFiles, type Mask, openFiles, type Stdio, toEnvironment, toProgram } from './child-options.ts';
import { isKnownToRun, statOf } from './known-program.ts';
import { checkFolder } from './spawn-failure.ts';
import type { ProcessTable } from './table.ts';

/** A shell with everything that its program shall have, which waits for a line and then becomes the program. */
type Standby = {
  readonly options: SpawnOptions;
  readonly child: ChildProcess;
  readonly pid: number;
  /** What its descriptors lead to. */
  readonly files: string;
  /** Output files that were not there before. */
  readonly made: readonly string[];
};

export type Standbys = {
  standBy(options: SpawnOptions): boolean;
  dismiss(marker: Marker): void;
  /**
   * The child that has been told to become this very program; null: there is none. One that was meant for something else, or does not
   * have what a spawn of now would give it, is on its way to its end.
   */
  take(options: SpawnOptions, stdio: Stdio): Taken | { readonly ended: Promise<void> } | null;
};

export type Taken = { readonly child: ChildProcess; readonly pid: number };

/**
 * Most of a spawn is the copy that the system makes of our own memory map, and we do nothing else meanwhile. So it may be done
 * before it is needed. Should we die, the pipe ends, and with it the shell.
 */
export const createStandbys = (table: ProcessTable, mask: Mask): Standbys => {
  const standbys = new Map<string, Standby>();

  const remove = (marker: Marker): Standby | null => {
    const standby = standbys.get(keyOf(marker)) ?? null;
    standbys.delete(keyOf(marker));
    return standby;
  };

  const start = (shell: string, options: SpawnOptions, stdio: Stdio): ChildProcess | null => {
    const env = toEnvironment(options);
    const { program, args } = toProgram(options.command);
    try {
      const given = [...(env.PWD === undefined ? [] : [env.PWD]), program, ...args];
      const child = spawnChild(shell, ['-c', toScript(env), 'sh', ...given], {
        cwd: options.cwd,
        env,
        stdio: mask(['pipe', ...stdio.slice(1)]),
        detached: true,
      });
      // What goes wrong here goes wrong again when it is its turn, and is told then.
      child.once('error', () => undefined);
      child.stdin?.on('error', () => undefined);
      return child;
    } catch {
      return null;
    }
  };

  const standBy = (options: SpawnOptions): boolean => {
    const shell = findShell();
    if (shell === null || standbys.has(keyOf(options.marker)) || !canStandBy(options)) return false;
    const made = [options.stdout, options.stderr].filter((path) => statOf(path) === null);
    const opened = openFiles(options);
    if (!opened.ok) return false;
    const files = identify(opened.stdio);
    const child = start(shell, options, opened.stdio);
    closeFiles(opened.stdio);
    if (child?.pid === undefined) {
      removeEmpty(made);
      return false;
    }
    standbys.set(keyOf(options.marker), { options, child, pid: child.pid, files, made });
    return true;
  };

  /** One that cannot be looked at just now is not trusted either. */
  const isSeen = (pid: number): boolean => {
    try {
      return table.read(pid) !== null;
    } catch {
      return false;
    }
  };

  const fits = ({ options, child, pid, files }: Standby, wanted: SpawnOptions, stdio: Stdio): boolean =>
    isDeepStrictEqual(options, wanted) &&
    isKnownToRun({ ...toProgram(wanted.command), cwd: wanted.cwd, path: wanted.env.PATH }) &&
    files === identify(stdio) &&
    isSameFolder(`/proc/${pid}/cwd`, wanted.cwd) &&
    !hasEnded(child) &&
    isSeen(pid);

  return {
    standBy,
    dismiss: (marker) => {
      const standby = remove(marker);
      if (standby === null) return;
      void end(standby);
      removeEmpty(standby.made);
    },
    take: (options, stdio) => {
      const standby = remove(options.marker);
      if (standby === null) return null;
      if (!fits(standby, options, stdio)) return { ended: end(standby) };
      standby.child.stdin?.end('\n');
      return standby;
    },
  };
};

const keyOf = ({ project, service, attempt }: Marker): string => `${project}/${service}/${attempt}`;

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const end = ({ child }: Standby): Promise<void> =>
  new Promise((resolve) => {
    child.stdin?.destroy();
    if (hasEnded(child)) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    // A child that was not waited for: its number is its own.
    child.kill('SIGKILL');
  });

/** A log that was made for nothing would look as if its service had run. */
const removeEmpty = (paths: readonly string[]): void => {
  for (const path of new Set(paths)) {
    try {
      if (statOf(path)?.size === 0) unlinkSync(path);
    } catch {
      // Then it stays, empty as it is.
    }
  }
};

const identify = (stdio: Stdio): string =>
  stdio
    .map((fd) => {
      if (fd === 'ignore') return fd;
      const { dev, ino } = fstatSync(fd);
      return `${dev}:${ino}`;
    })
    .join(' ');

const isSameFolder = (one: string, other: string): boolean => {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino;
};

/** Only of dash it is known that it hands on its environment as it is, with the few exceptions below. It is /bin/sh on Debian and its kin. */
const findShell = (): string | null => {
  if (shell !== undefined) return shell;
  try {
    shell = process.platform === 'linux' && basename(realpathSync('/bin/sh')) === 'dash' ? '/bin/sh' : null;
  } catch {
    shell = null;
  }
  return shell;
};
let shell: string | null | undefined;

/** It is read into a variable of the shell, which would be handed on if it were in the environment. */
const lineVariable = 'MUSTER_STANDBY';

/** The end of the pipe ends the shell. PWD is the one variable that dash sets for others, to the folder that it finds itself in. */
const toScript = ({ PWD }: Readonly<Record<string, string>>): string =>
  `read -r ${lineVariable}||exit;${PWD === undefined ? 'unset PWD' : 'PWD=$1;shift'};exec "$@" </dev/null`;

/** Variables that dash has a use of its own for. */
const shellVariables: ReadonlySet<string> = new Set([
  lineVariable,
  ...['ATTY', 'FUNCNAME', 'IFS', 'LINENO', 'MAIL', 'MAILPATH', 'OPTIND', 'PPID', 'PS1', 'PS2', 'PS4'],
]);

/** dash drops all others. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Characters of arguments and environment; far below what any system allows. */
const mostCharacters = 65_536;

/** True: a shell in between makes no difference, whatever the program does, and the program is sure to be run. */
const canStandBy = (options: SpawnOptions): boolean => {
  const env = toEnvironment(options);
  const { program, args } = toProgram(options.command);
  const texts = [program, ...args, ...Object.entries(env).flat()];
  return (
    !program.startsWith('-') &&
    Object.keys(env).every((name) => shellName.test(name) && !shellVariables.has(name)) &&
    texts.reduce((sum, text) => sum + text.length, 0) <= mostCharacters &&
    checkFolder(options.cwd) === null &&
    isKnownToRun({ program, cwd: options.cwd, path: env.PATH })
  );
};
