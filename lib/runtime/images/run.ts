import { type ChildProcess, spawn } from 'node:child_process';
import { killGroup, rememberLeader } from '../command-group.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Run = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Given to it, and then its end. */
  readonly input?: string;
  /** Kills it, with all that it has started. */
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
};

export type Ran = {
  /** Null: it could not be started, or was ended. */
  readonly code: number | null;
  readonly stdout: string;
  /** The last lines of both of its outputs, oldest first. */
  readonly lines: readonly string[];
};

const keptLines = 12;
const keptOutput = 1024 * 1024;

/** Runs a program to its end in a group of its own, and keeps what it said last. */
export const runProgram = ({ program, args, env, input, signal, onLine }: Run): Promise<Ran> =>
  new Promise((resolve) => {
    // Without streams where no descriptor is left for them.
    const child: ChildProcess = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const leader = rememberLeader(child);
    const lines: string[] = [];
    let stdout = '';
    const keep = (line: string): void => {
      if (line.trim() === '') return;
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      onLine?.(line);
    };
    const kill = (): void => killGroup(leader);
    const end = (code: number | null): void => {
      signal.removeEventListener('abort', kill);
      kill();
      resolve({ code, stdout, lines });
    };
    for (const name of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        if (name === 'stdout') stdout = (stdout + chunk).slice(-keptOutput);
        const parts = (rest + chunk).split(/\r?\n|\r/);
        rest = (parts.pop() ?? '').slice(-keptOutput);
        parts.forEach(keep);
      });
      child[name]?.on('end', () => keep(rest));
    }
    // It may end before it has read anything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
    child.once('error', (error) => {
      keep(error.message);
      end(null);
    });
    child.once('close', (code) => end(code));
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
  });
