import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { createProject, type Project, runMuster, startMuster } from '../support/cli.ts';
import { readWhole } from '../support/log-files.ts';
import { assertNoMarked, programPath, until } from '../support/procs.ts';
import { memoryOf, toYaml } from '../support/stack-rig.ts';

export type LoadOptions = {
  readonly services: number;
  /** Of each service. */
  readonly lines: number;
  /** Lines a second, of each service. */
  readonly rate: number;
  /** Bytes above which a log is rotated. */
  readonly maxSize: string;
  /** In milliseconds, from the boot until everything must be written. */
  readonly patience: number;
  readonly tell: (text: string) => void;
};

export type LoadResult = {
  /** Lines that are there, each once. */
  readonly lines: number;
  /** Files that rotations have left, of all logs. */
  readonly rotated: number;
  /** Of the supervisor: CPU time in seconds, the most memory in MB. */
  readonly cpu: number;
  readonly memory: number;
  /** From the boot until the last line is written, in seconds. */
  readonly took: number;
  /** The slowest answer to `status`, in milliseconds, with the start of the command. */
  readonly slowest: number;
};

const lineLength = 64;

/** The writer, compiled; null: there is no C compiler here. */
const compileWriter = (project: Project): string | null => {
  const writer = `${dirname(project.folder)}/writes-lines`;
  return spawnSync('cc', ['-O1', '-o', writer, programPath('writes-lines.c')]).status === 0 ? writer : null;
};

const endsWithDone = (file: string): boolean => {
  if (!existsSync(file)) return false;
  const fd = openSync(file, 'r');
  try {
    const last = Buffer.alloc(6);
    const read = readSync(fd, last, 0, last.length, Math.max(0, fstatSync(fd).size - last.length));
    return last.toString('latin1', 0, read).endsWith('done\n');
  } finally {
    closeSync(fd);
  }
};

/** Throws with the first line that is not the next one. */
const expectLines = (text: string, count: number, whose: string): void => {
  const lines = text.split('\n');
  for (let number = 1; number <= count; number += 1) {
    const expected = `${number} `.padEnd(lineLength - 1, '.');
    if (lines[number - 1] !== expected) throw new Error(`${whose}: "${lines[number - 1]}" stands where line ${number} belongs`);
  }
  if (lines[count] !== 'done' || lines.length !== count + 2) throw new Error(`${whose}: more than ${count} lines`);
};

const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  // User and system, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const peakOf = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000);

const countRotated = (log: string): number => {
  let count = 0;
  while (existsSync(`${log}.${count + 1}`)) count += 1;
  return count;
};

/**
 * Many services that write all the time, while their logs are rotated: boots them, waits until each has written its lines, and
 * sees that each line is in the files once and in order, and that one who follows a log has seen each once. Null: no compiler.
 */
export const load = async (options: LoadOptions): Promise<LoadResult | null> => {
  const { services, lines, rate, maxSize, patience, tell } = options;
  const project = createProject();
  const writer = compileWriter(project);
  if (writer === null) return null;
  const names = Array.from({ length: services }, (_, index) => `s${index + 1}`);
  const command = [writer, String(lines), String(rate), String(lineLength)];
  project.write(
    'services.yaml',
    toYaml(Object.fromEntries(names.map((name) => [name, { command, log: { max_size: maxSize, keep: 1_000 } }]))),
  );
  const muster = (...args: readonly string[]) => runMuster(args, { cwd: project.folder });
  const logOf = (name: string): string => project.path('logs', `${name}.log`);

  const began = performance.now();
  const up = await muster('up', '-d');
  if (up.code !== 0) throw new Error(`up ended with ${up.code}: ${up.stderr}`);
  const follower = startMuster(['logs', 's1', '-f', '--raw', '-n', String(lines + 1)], {
    cwd: project.folder,
    patience: 2 * patience,
  });
  const { supervisor } = memoryOf(project);
  if (supervisor === null) throw new Error('the memory knows no supervisor');
  let slowest = 0;
  let told = 0;
  await until(
    'every service has written its lines',
    async () => {
      const asked = performance.now();
      const status = await muster('status', '--json');
      if (status.code !== 0) throw new Error(`status ended with ${status.code}: ${status.stderr}`);
      slowest = Math.max(slowest, performance.now() - asked);
      const done = names.filter((name) => endsWithDone(logOf(name))).length;
      const second = Math.round((performance.now() - began) / 10_000) * 10;
      if (second > told) tell(`${second} s: ${done} of ${services} have written everything`);
      told = Math.max(told, second);
      return done === services;
    },
    patience,
  );
  const took = (performance.now() - began) / 1_000;
  await follower.waitForLine(/^done$/);
  follower.signal('SIGINT');
  const [cpu, memory] = [cpuOf(supervisor.pid), peakOf(supervisor.pid)];
  const down = await muster('down');
  if (down.code !== 0) throw new Error(`down ended with ${down.code}: ${down.stderr}`);
  const processes = createProcesses();
  // A rotation that is under way is finished after the answer.
  await until('the supervisor has ended', () => !processes.isAlive(supervisor), 60_000);
  await assertNoMarked(projectId(project.folder), processes);

  expectLines((await follower.done).stdout, lines, 'who follows s1');
  let rotated = 0;
  for (const name of names) {
    expectLines(readWhole(logOf(name)), lines, name);
    rotated += countRotated(logOf(name));
  }
  return { lines: services * lines, rotated, cpu, memory, took, slowest: Math.round(slowest) };
};
