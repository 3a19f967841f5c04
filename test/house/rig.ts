import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './project.ts';

export type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Job = {
  /** Settles when the process has ended. */
  readonly done: Promise<Result>;
  /** Settles when stderr has said `text`. */
  readonly said: (text: string) => Promise<void>;
};

/** A small project in a temporary folder, with copies of some of our files. */
export type Tree = {
  readonly folder: string;
  readonly write: (file: string, text: string, mode?: number) => void;
  readonly read: (file: string) => string;
  readonly has: (file: string) => boolean;
  readonly start: (command: readonly string[], env?: Readonly<Record<string, string>>) => Job;
  readonly remove: () => void;
};

const watchOf = (child: ChildProcess): Job => {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return {
    done: new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
    }),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        look();
        child.stderr?.on('data', look);
        child.once('close', () => reject(new Error(`it ended without saying "${text}": ${stderr}`)));
      }),
  };
};

export const createTree = (copies: readonly string[]): Tree => {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-house-'));
  const running = new Set<ChildProcess>();
  const at = (file: string): string => path.join(folder, file);
  const write = (file: string, text: string, mode = 0o644): void => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), text);
    chmodSync(at(file), mode);
  };
  for (const file of copies) {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    copyFileSync(path.join(root, file), at(file));
  }
  return {
    folder,
    write,
    read: (file) => readFileSync(at(file), 'utf8'),
    has: (file) => existsSync(at(file)),
    start: ([program = '', ...args], env = {}) => {
      const child = spawn(program, args, {
        cwd: folder,
        env: { PATH: process.env.PATH, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      running.add(child);
      child.once('close', () => running.delete(child));
      return watchOf(child);
    },
    remove: () => {
      // Each leads a group of its own, and has not been waited for: the number is still its own.
      for (const { pid, exitCode, signalCode } of running)
        if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
