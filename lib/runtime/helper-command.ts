import { type ChildProcess, spawn } from 'node:child_process';
import { markerVariable } from '../domain/process.ts';
import type { ReadyCommand } from './processes.ts';

export type HelperOptions = {
  readonly command: ReadyCommand;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, with its whole group. */
  readonly cancelled: AbortSignal;
};

export type HelperEnd = {
  /** Null: it did not run, was ended by a signal, or was cancelled. */
  readonly code: number | null;
  /** In words, to follow "its stop command": "exited with code 1". Empty after exit 0. */
  readonly problem: string;
  /** The last 4 KiB of what it printed. */
  readonly output: string;
};

const outputLimit = 4_096;

/**
 * Runs a short command on behalf of a service (a stop command, an exec probe) in a process group of its own, which ends
 * with it. It carries no marker: it is no part of the service's tree.
 */
export const runHelperCommand = ({ command, cwd, env, cancelled }: HelperOptions): Promise<HelperEnd> =>
  new Promise((resolve) => {
    if (cancelled.aborted) {
      resolve({ code: null, problem: 'was cancelled', output: '' });
      return;
    }
    const { [markerVariable]: _marker, ...own } = env;
    const options = { cwd, env: own, detached: true, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
    const child: ChildProcess =
      'line' in command ? spawn('/bin/sh', ['-c', command.line], options) : spawn(command.program, [...command.args], options);
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('latin1')).slice(-outputLimit);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const onAbort = (): void => endGroup(child);
    cancelled.addEventListener('abort', onAbort, { once: true });
    const finish = (code: number | null, problem: string): void => {
      cancelled.removeEventListener('abort', onAbort);
      // A grandchild may hold the pipes for ever; nobody reads them any more.
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ code, problem, output: Buffer.from(output, 'latin1').toString('utf8') });
    };
    child.once('error', (error) => finish(null, `could not be run: ${error.message}`));
    child.once('exit', (code, signal) => {
      endGroup(child);
      if (cancelled.aborted) finish(null, 'did not end in time');
      else if (code === null) finish(null, `was ended by ${signal}`);
      else finish(code, code === 0 ? '' : `exited with code ${code}`);
    });
  });

/** The group is ours: its leader is our own child, whose pid cannot be used again before we have seen its exit in this turn. */
const endGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH is the usual end: nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
