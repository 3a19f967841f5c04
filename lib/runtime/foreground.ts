import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { statSync } from 'node:fs';

/** How a command that had our terminal ended. `code` of `not-started` is what a shell answers: 127 not found, 126 not runnable. */
export type ForegroundEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'ended'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly reason: string; readonly code: 126 | 127 };

export type ForegroundOptions = {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
};

export type Foreground = {
  /** Null: it was not started. */
  readonly pid: number | null;
  /** To the command itself; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Never rejects. */
  readonly ended: Promise<ForegroundEnd>;
};

/**
 * Runs a command in our place: our stdin, stdout, stderr and terminal are its own, it stays in our process group, so that the
 * terminal's Ctrl-C and Ctrl-Z reach it as they would without us, and it carries no marker: it belongs to no service.
 */
export const runForeground = ({ program, args, cwd, env }: ForegroundOptions): Foreground => {
  const child = tryStart(program, args, { cwd, env, stdio: 'inherit', windowsHide: false });
  if (child instanceof Error)
    return { pid: null, signal: () => undefined, ended: Promise.resolve(notStarted(child, program, cwd)) };
  const ended = new Promise<ForegroundEnd>((resolve) => {
    child.once('error', (error) => resolve(notStarted(error, program, cwd)));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'ended', signal });
    });
  });
  return {
    pid: child.pid ?? null,
    // Its handle knows whether it has ended: this is never a signal to a bare pid.
    signal: (signal) => void child.kill(signal),
    ended,
  };
};

// Some commands are refused before anything is started (a NUL in an argument), others by an event later.
const tryStart = (program: string, args: readonly string[], options: SpawnOptions): ChildProcess | Error => {
  try {
    return spawn(program, args, options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const notStarted = (error: NodeJS.ErrnoException, program: string, cwd: string): ForegroundEnd => {
  const { code } = error;
  const isAbsent = code === 'ENOENT';
  // The system blames the command for a missing folder.
  if (isAbsent && !isFolder(cwd)) return { kind: 'not-started', reason: `the folder ${cwd} does not exist`, code: 126 };
  if (isAbsent) return { kind: 'not-started', reason: `${program} was not found`, code: 127 };
  if (code === 'EACCES') return { kind: 'not-started', reason: `${program} is not executable`, code: 126 };
  return { kind: 'not-started', reason: `${program} could not be started: ${code ?? error.message}`, code: 126 };
};

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};
