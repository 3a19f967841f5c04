import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { afterEveryTest } from './after-each.ts';
import { assertNoMarked, projectIdsOf, tsxPath } from './procs.ts';

/** A folder with a `services.yaml` and what else a test needs. It is there until the end of the test that made it. */
export type Project = {
  /** Real path. */
  readonly folder: string;
  readonly path: (...parts: readonly string[]) => string;
  readonly write: (file: string, text: string) => void;
};

export type RunOptions = {
  readonly cwd: string;
  /** On top of a small environment that has nothing of the tester's in it. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs muster, whose own command line follows it: one that sets limits, say. */
  readonly through?: readonly string[];
  /** What stdin holds; without it, it is empty. */
  readonly input?: string;
  /** In milliseconds; one that takes longer is killed. */
  readonly patience?: number;
};

export type RunResult = {
  /** Null: it was ended by `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunningMuster = {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the first line of stdout or stderr that matches, also one that was there already; rejects when it ends without. */
  readonly waitForLine: (pattern: RegExp) => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly done: Promise<RunResult>;
};

const root = dirname(dirname(import.meta.dirname));
const projects = new Set<string>();
const children = new Set<ChildProcess>();

export const createProject = (files: Readonly<Record<string, string>> = {}): Project => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'muster-cli-')));
  projects.add(base);
  const folder = join(base, 'project');
  mkdirSync(join(base, 'run'), { mode: 0o700 });
  mkdirSync(folder);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return { folder, path: (...parts) => join(folder, ...parts), write };
};

/** The bundle when it is of the sources as they are, as after `npm test`; else the sources themselves. */
const cliCommand = (): readonly string[] => {
  const bundle = join(root, 'dist', 'cli.js');
  const built = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > newestIn(join(root, 'lib'))) return [bundle];
  return ['--import', tsxPath, join(root, 'lib', 'interfaces', 'cli', 'main.ts')];
};

const newestIn = (folder: string): number =>
  Math.max(
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );

let command: readonly string[] | null = null;

/** Arguments for Node that run muster, for what this rig does not do. */
export const musterCommand = (): readonly string[] => {
  command ??= cliCommand();
  return command;
};

const longestRun = 180_000;

export const startMuster = (
  args: readonly string[],
  { cwd, env, input, through = [], patience = longestRun }: RunOptions,
): RunningMuster => {
  const base = [...projects].find((folder) => cwd.startsWith(folder)) ?? cwd;
  const [first = process.execPath, ...words] = [...through, process.execPath, ...musterCommand(), ...args];
  const child = spawn(first, words, {
    cwd,
    env: { ...plainEnvironment(base), ...env },
    stdio: 'pipe',
  });
  children.add(child);
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of watchers) look();
    });
  }
  // It may end without reading what it is given.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const told = (): string => `muster ${args.join(' ')}\nstdout:\n${output.stdout}\nstderr:\n${output.stderr}`;

  const done = new Promise<RunResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`did not end in ${patience} ms: ${told()}`));
    }, patience);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      resolve({ code, signal, ...output });
      for (const look of watchers) look();
    });
  });
  // A test that does not wait for the end is not failed by it.
  done.catch(() => undefined);

  return {
    pid: child.pid ?? -1,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    waitForLine: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = `${output.stdout}\n${output.stderr}`.split('\n').find((text) => pattern.test(text));
          if (line === undefined && children.has(child)) return;
          watchers.delete(look);
          if (line === undefined) reject(new Error(`ended without a line like ${pattern}: ${told()}`));
          else resolve(line);
        };
        watchers.add(look);
        look();
      }),
    signal: (signal) => void child.kill(signal),
    done,
  };
};

export const runMuster = (args: readonly string[], options: RunOptions): Promise<RunResult> => startMuster(args, options).done;

const plainEnvironment = (base: string): Record<string, string> => {
  const { PATH = '/usr/bin:/bin', NODE_V8_COVERAGE } = process.env;
  return {
    PATH,
    HOME: base,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    XDG_RUNTIME_DIR: join(base, 'run'),
    ...(NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE }),
  };
};

/** Ends what still runs (muster by its handle, services by their marker), removes the folders, and makes sure of both. */
export const cleanUpProjects = async (): Promise<void> => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  const found = [...projects];
  projects.clear();
  try {
    for (const base of found) endSupervisors(base);
    for (const base of found) for (const id of projectIdsIn(base)) await endMarked(id);
  } finally {
    for (const base of found) rmSync(base, { recursive: true, force: true });
  }
};

/** Of its project, and of other folders in it that a test has booted, for which there is a folder with that name. */
const projectIdsIn = (base: string): ReadonlySet<string> =>
  new Set([
    ...projectIdsOf(join(base, 'project')),
    ...readdirSync(base, { recursive: true, encoding: 'utf8' })
      .map((path) => basename(path))
      .filter((name) => /^[0-9a-f]{16}$/.test(name)),
  ]);

/** Those in the background are nobody's children: their lock says who they are. */
const endSupervisors = (base: string): void => {
  const processes = createProcesses();
  for (const file of readdirSync(base, { recursive: true, encoding: 'utf8' })) {
    if (!/(^|\/)lock\.\d+$/.test(file)) continue;
    const holder = JSON.parse(readFileSync(join(base, file), 'utf8')) as ProcessIdentity;
    if (processes.isAlive(holder) && holder.pid !== process.pid) process.kill(holder.pid, 'SIGKILL');
  }
};

const endMarked = async (project: string): Promise<void> => {
  const processes = createProcesses();
  for (let round = 0; round < 5; round += 1) {
    const marked = await processes.findMarked(project);
    if (marked.length === 0) return;
    for (const service of new Set(marked.map(({ marker }) => marker.service))) {
      await processes.killTree({ leader: null, marker: { project, service, attempt: Number.MAX_SAFE_INTEGER } }, 5_000);
    }
  }
  await assertNoMarked(project, processes);
};

afterEveryTest(cleanUpProjects);
