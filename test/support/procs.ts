import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Marker } from '../../lib/domain/process.ts';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import type { Processes, ReadyCommand, Running, SpawnOptions, Tree } from '../../lib/runtime/processes.ts';

const programsFolder = join(import.meta.dirname, '..', 'programs');

export const programPath = (name: string): string => join(programsFolder, name);

/** For `node --import`: lets a child run TypeScript. */
export const tsxPath = createRequire(import.meta.url).resolve('tsx');

/** A program of test/programs as a command. */
export const programCommand = (name: string): ReadyCommand =>
  name.endsWith('.mjs')
    ? { program: process.execPath, args: [programPath(name)] }
    : { program: '/bin/sh', args: [programPath(name)] };

/** Waits for what is described to be so; throws with the description when it does not become so within `limit` milliseconds. */
export const until = async (what: string, isSo: () => unknown, limit = 90_000): Promise<void> => {
  const end = performance.now() + limit;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
};

export type Started = {
  readonly tree: Tree;
  readonly running: Running;
  readonly marker: Marker;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves with the first match in its output. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
};

export type StartOptions = {
  readonly command?: ReadyCommand;
  readonly env?: Readonly<Record<string, string>>;
  readonly service?: string;
  readonly attempt?: number;
  readonly notify?: string | null;
};

/** A project of its own for one test: a folder, a marker that nobody else has, and an end that leaves nothing behind. */
export type ProcessRig = {
  readonly project: string;
  readonly folder: string;
  readonly processes: Processes;
  options(options?: StartOptions): SpawnOptions;
  /** A program of test/programs, or a command. Throws when it cannot be spawned. */
  start(program: string | null, options?: StartOptions): Promise<Started>;
  /** Ends everything that carries the project's marker, by identity, and removes the folder. */
  cleanUp(): Promise<void>;
};

export const createProcessRig = (processes: Processes = createProcesses()): ProcessRig => {
  const project = randomBytes(8).toString('hex');
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  const trees: Tree[] = [];
  let count = 0;

  const options: ProcessRig['options'] = ({ command, env, service = 'api', attempt = 1, notify = null } = {}) => {
    count += 1;
    const log = join(folder, 'logs', `${service}-${attempt}-${count}.log`);
    return {
      marker: { project, service, attempt },
      command: command ?? { program: 'sleep', args: ['600'] },
      cwd: folder,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', NODE: process.execPath, ...env },
      stdout: log,
      stderr: log,
      notify,
      logRoot: folder,
    };
  };

  const start: ProcessRig['start'] = async (program, given = {}) => {
    const made = options({ ...given, ...(program === null ? {} : { command: programCommand(program) }) });
    const outcome = await processes.spawn(made);
    if (!outcome.ok) throw new Error(outcome.failure.message);
    const output = (): string => readFileSync(made.stdout, 'utf8');
    const { marker } = made;
    const tree = { leader: outcome.running.identity, marker };
    trees.push(tree);
    return {
      marker,
      output,
      running: outcome.running,
      tree,
      line: async (pattern) => {
        await until(`output of ${program ?? 'the command'} matches ${pattern}`, () => pattern.test(output()));
        return pattern.exec(output()) as RegExpExecArray;
      },
    };
  };

  const cleanUp = async (): Promise<void> => {
    // What emptied its environment is only known to the tree that it belongs to.
    for (const tree of trees) await processes.killTree(tree, 5_000);
    for (let round = 0; round < 5; round += 1) {
      const marked = await processes.findMarked(project);
      if (marked.length === 0) break;
      const services = new Map(marked.map((one) => [one.marker.service, one.marker]));
      for (const marker of services.values()) {
        await processes.killTree({ leader: null, marker: { ...marker, attempt: Number.MAX_SAFE_INTEGER } }, 5_000);
      }
    }
    rmSync(folder, { recursive: true, force: true });
    await assertNoMarked(project, processes);
  };

  return { project, folder, processes, options, start, cleanUp };
};

/** What the processes of a project are marked with: by us, and by the user that its folder was given to. */
export const projectIdsOf = (folder: string): readonly string[] => [
  ...new Set([projectId(folder), projectId(folder, statSync(folder).uid)]),
];

/** I1: no process carries the marker of this project. */
export const assertNoMarked = async (project: string, processes: Processes = createProcesses()): Promise<void> => {
  const marked = await processes.findMarked(project);
  expect(marked.map(({ identity, command }) => `${identity.pid} ${command}`)).to.deep.equal([]);
};

/** True while `pid` is in the table of processes and no zombie. */
export const isLiving = (pid: number): boolean => {
  try {
    return !/^.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/** Where the ports begin that the system gives to whoever takes any, and to connections. */
const firstOfSystem = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s/)[0]);
  } catch {
    // No Linux: those that IANA says.
    return 49_152;
  }
};

const lowestPort = 10_000;
/** Files that run side by side do so in processes that mocha numbers. Each takes ports of its own, or one could be given what another has named and not bound yet. */
const shares = 8;
const share = Math.floor(Math.max(firstOfSystem() - lowestPort, 10_000) / shares);
const firstOfShare = lowestPort + (Number(process.env['MOCHA_WORKER_ID'] ?? 0) % shares) * share;
/** A prime, so that each port has its turn; those beside a port are not given soon after it. */
const portStride = 211;
let portTurn = randomInt(share);

/**
 * A port that nobody listens on at this moment, on all addresses, and that no test of this run has been given. It is below
 * those of the system, or another test could be given it by chance before it is used.
 */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < share; tries += 1) {
    portTurn = (portTurn + portStride) % share;
    if (await isFreePort(firstOfShare + portTurn)) return firstOfShare + portTurn;
  }
  throw new Error('no port is free');
};

/** The first of `count` ports in a row of which nobody listens on any. */
export const freeRun = async (count: number): Promise<number> => {
  const first = await freePort();
  if (first + count > firstOfShare + share) return freeRun(count);
  for (let port = first + 1; port < first + count; port += 1) if (!(await isFreePort(port))) return freeRun(count);
  return first;
};

const isFreePort = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
