import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lchownSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEveryTest } from './after-each.ts';
import { musterCommand, type Project } from './cli.ts';
import { until } from './procs.ts';
import { program } from './stack-rig.ts';

/** For a shell: muster with the same arguments that `startMuster` gives to Node. */
export const musterLine = (): string => [process.execPath, ...musterCommand()].map((word) => `'${word}'`).join(' ');

export type Shell = {
  /** Of the shell, and of what it becomes with `exec`. */
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<number | null>;
  readonly signal: (signal: NodeJS.Signals) => void;
};

/** A shell line in the project's folder, as a user would type it around muster: limits, pipes, another user. */
export const startShell = ({ folder }: Project, line: string, env: Readonly<Record<string, string>> = {}): Shell => {
  const base = dirname(folder);
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: base, LANG: 'C.UTF-8', XDG_RUNTIME_DIR: join(base, 'run'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  strangers.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return {
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited: new Promise((settle) => {
      child.once('close', settle);
    }),
    signal: (signal) => void child.kill(signal),
  };
};

/** True where tests can start programs as other users. */
export const canBeOthers = (): boolean => process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

/** For a shell line: what follows runs as this user, who need not exist. */
export const asUser = (uid: number): string => `setpriv --reuid=${uid} --regid=${uid} --clear-groups`;

/** Everything of the project, and the folder that it lies in, becomes this user's. */
export const giveTo = ({ folder }: Project, uid: number): void => {
  const base = dirname(folder);
  for (const path of ['', ...readdirSync(base, { recursive: true, encoding: 'utf8' })]) lchownSync(join(base, path), uid, uid);
};

/** A PATH of which every folder is open to every user. */
export const openPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

const strangers = new Set<ChildProcess>();

export type Stranger = { readonly pid: number; readonly hasEnded: () => boolean; readonly output: () => string };

/** A program of test/programs that is none of muster's; resolves when its output matches. It ends with the test. */
export const startStranger = async (name: string, env: Readonly<Record<string, string>>, saying: RegExp): Promise<Stranger> => {
  const [file = '', ...args] = program(name);
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  strangers.add(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await until(`${name} says ${saying}`, () => saying.test(output));
  return { pid: child.pid ?? -1, hasEnded: () => child.exitCode !== null || child.signalCode !== null, output: () => output };
};

const endStrangers = async (): Promise<void> => {
  const living = [...strangers].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  strangers.clear();
  const ends = living.map((child) => once(child, 'exit'));
  // Each leads a group of its own, and has not been waited for: the number is still its own.
  for (const { pid } of living) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  await Promise.all(ends);
};

afterEveryTest(endStrangers);
