import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { markerVariable, type ProbeResult } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import type { ReadyCommand } from '../processes.ts';
import { killGroup, rememberLeader } from './command-group.ts';
import type { CheckOnce, ProbeTarget } from './probe.ts';
import { abortedDetail, codeOf, failed, passed } from './words.ts';

/** Bytes of output that are kept, the last ones: they usually say why. */
const keptOutput = 4096;
/** How long the end of a killed command is waited for, so that the next one does not run beside it; a process that hangs in the kernel takes longer. */
const longestDeath: Ms = 100;

const start = (command: ReadyCommand, target: ProbeTarget): ChildProcess => {
  const { [markerVariable]: _marker, ...env } = target.env;
  const options = { cwd: target.cwd, env, detached: process.platform !== 'win32', windowsHide: true } as const;
  if ('line' in command) return spawn(command.line, { ...options, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  return spawn(command.program, [...command.args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
};

// Some commands are refused before anything is started (a NUL in an argument, no memory), others by an event later.
const tryStart = (command: ReadyCommand, target: ProbeTarget): ChildProcess | Error => {
  try {
    return start(command, target);
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
const startFailure = (error: Error, command: ReadyCommand, cwd: string): string => {
  const code = codeOf(error);
  if (code === 'ENOENT' && !isFolder(cwd)) return `the folder ${cwd} does not exist`;
  const program = 'line' in command ? 'the shell' : command.program;
  if (code === 'ENOENT') return `${program} was not found`;
  if (code === 'EACCES') return `${program} is not executable`;
  return `${program} could not be started: ${code ?? error.message}`;
};

const endedDetail = (code: number | null, signal: string | null, output: Output): string => {
  const end = signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;
  const line = output.lastLine();
  return line === '' ? end : `${end}: ${line}`;
};

/**
 * Passes when the command exits with 0. It runs in the service's folder and environment, in a process group of its own that is
 * killed with the check, however it ended; the service's marker is taken out, so that nobody takes it for the service.
 */
export const checkExec: CheckOnce<'exec'> = ({ command }, target, { signal, clock }) =>
  new Promise((settle) => {
    if (signal.aborted) {
      settle(failed(abortedDetail(signal, 'no end of the command')));
      return;
    }
    const child = tryStart(command, target);
    if (child instanceof Error) {
      settle(failed(startFailure(child, command, target.cwd)));
      return;
    }
    const leader = rememberLeader(child);
    const output = keepOutput(child);

    let isOver = false;

    const finish = (result: ProbeResult): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', onAbort);
      killGroup(leader);
      // What a child of the command still holds open is not waited for.
      child.stdout?.destroy();
      child.stderr?.destroy();
      settle(result);
    };
    const onAbort = (): void => {
      const result = failed(abortedDetail(signal, 'no end of the command'));
      killGroup(leader);
      const timer = clock.setTimer(longestDeath, () => finish(result));
      onEnd = () => {
        timer.cancel();
        finish(result);
      };
    };
    let onEnd = (code: number | null, endedBy: string | null): void => {
      // What the command wrote last may still be in the pipe: it is read within this turn of the loop.
      setImmediate(() => finish(code === 0 ? passed : failed(endedDetail(code, endedBy, output))));
    };

    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => finish(failed(startFailure(error, command, target.cwd))));
    child.once('exit', (code, endedBy) => onEnd(code, endedBy));
  });
