import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { markerVariable } from '../domain/process.ts';
import type { Ms } from '../domain/service.ts';
import type { Clock } from './clock.ts';
import { killGroup, rememberLeader } from './command-group.ts';
import type { ReadyCommand } from './processes.ts';

export type HelperOptions = {
  readonly command: ReadyCommand;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, with its whole group. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
};

/** How a helper command ended. `lastLine` is the last line that it printed: it usually says why. */
export type HelperEnd =
  | { readonly kind: 'exited'; readonly code: number | null; readonly endedBy: string | null; readonly lastLine: string }
  | { readonly kind: 'not-started'; readonly reason: string }
  | { readonly kind: 'aborted' };

/** Bytes of output that are kept, the last ones. */
const keptOutput = 4096;
/** How long the end of a killed command is waited for, so that the next one does not run beside it; a process that hangs in the kernel takes longer. */
const longestDeath: Ms = 100;

/**
 * Runs a short command on behalf of a service (an exec probe, a stop command) in a process group of its own, which is killed
 * with it, however it ended. The service's marker is taken out, so that nobody takes it for a part of the service.
 */
export const runHelperCommand = (options: HelperOptions): Promise<HelperEnd> =>
  new Promise((settle) => {
    const { command, cwd, signal, clock } = options;
    if (signal.aborted) {
      settle({ kind: 'aborted' });
      return;
    }
    const child = tryStart(options);
    if (child instanceof Error) {
      settle({ kind: 'not-started', reason: startFailure(child, command, cwd) });
      return;
    }
    const leader = rememberLeader(child);
    const output = keepOutput(child);
    let isOver = false;

    const finish = (end: HelperEnd): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', onAbort);
      killGroup(leader);
      // What a child of the command still holds open is not waited for.
      child.stdout?.destroy();
      child.stderr?.destroy();
      settle(end);
    };
    let onEnd = (code: number | null, endedBy: string | null): void => {
      // What the command wrote last may still be in the pipe: it is read within this turn of the loop.
      setImmediate(() => finish({ kind: 'exited', code, endedBy, lastLine: output.lastLine() }));
    };
    const onAbort = (): void => {
      killGroup(leader);
      const timer = clock.setTimer(longestDeath, () => finish({ kind: 'aborted' }));
      onEnd = () => {
        timer.cancel();
        finish({ kind: 'aborted' });
      };
    };

    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => finish({ kind: 'not-started', reason: startFailure(error, command, cwd) }));
    child.once('exit', (code, endedBy) => onEnd(code, endedBy));
  });

/** In words, to follow "its stop command". Null: it did what it should. */
export const describeHelperEnd = (end: HelperEnd): string | null => {
  switch (end.kind) {
    case 'aborted':
      return 'did not end in time';
    case 'not-started':
      return `did not run: ${end.reason}`;
    case 'exited': {
      if (end.code === 0) return null;
      const how = end.endedBy === null ? `exited with code ${end.code ?? 'unknown'}` : `was killed by ${end.endedBy}`;
      return end.lastLine === '' ? how : `${how}: ${end.lastLine}`;
    }
  }
};

const start = ({ command, cwd, env }: HelperOptions): ChildProcess => {
  const { [markerVariable]: _marker, ...own } = env;
  const options = { cwd, env: own, detached: process.platform !== 'win32', windowsHide: true } as const;
  if ('line' in command) return spawn(command.line, { ...options, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  return spawn(command.program, [...command.args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
};

// Some commands are refused before anything is started (a NUL in an argument, no memory), others by an event later.
const tryStart = (options: HelperOptions): ChildProcess | Error => {
  try {
    return start(options);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

type Output = { lastLine(): string };

const keepOutput = (child: ChildProcess): Output => {
  let kept = Buffer.alloc(0);
  const keep = (chunk: Buffer): void => {
    kept =
      chunk.length >= keptOutput ? Buffer.from(chunk.subarray(-keptOutput)) : Buffer.concat([kept, chunk]).subarray(-keptOutput);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return {
    lastLine: () => {
      const lines = kept.toString('utf8').split('\n');
      return lines.findLast((line) => line.trim() !== '')?.trim() ?? '';
    },
  };
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

// The system blames the command for a missing folder.
const startFailure = (error: NodeJS.ErrnoException, command: ReadyCommand, cwd: string): string => {
  const { code } = error;
  if (code === 'ENOENT' && !isFolder(cwd)) return `the folder ${cwd} does not exist`;
  const program = 'line' in command ? 'the shell' : command.program;
  if (code === 'ENOENT') return `${program} was not found`;
  if (code === 'EACCES') return `${program} is not executable`;
  return `${program} could not be started: ${code ?? error.message}`;
};
