import { type ChildProcess, spawn as spawnChild } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { type Exit, formatMarker, markerVariable, type ProcessIdentity, type SpawnFailure } from '../../domain/process.ts';
import type { Processes, ReadyCommand, Running, SpawnOptions, SpawnOutcome } from '../processes.ts';
import { descriptorLimit, inheritedDescriptors } from './descriptors.ts';
import { openLog, openNotify } from './output-files.ts';
import { checkFolder, toLogFailure, toProgramFailure } from './spawn-failure.ts';
import type { ProcessTable } from './table.ts';

/** Variables by which Node talks to its own children; a service is none, and would take the number for a channel. */
const nodeChannel = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID'];

/** What a service has from nobody but us. */
const notInherited: ReadonlySet<string> = new Set([...nodeChannel, 'NOTIFY_FD', markerVariable]);

/** How much sooner than muster a service is ended when memory runs out, on the kernel's scale to 1000. */
const sacrifice = 200;

export type SpawnTools = {
  readonly table: ProcessTable;
  readonly onSpawned: (options: SpawnOptions, identity: ProcessIdentity, exited: Promise<Exit>) => void;
  /** In the turn in which the process itself has ended. */
  readonly onExited: (options: SpawnOptions, identity: ProcessIdentity) => void;
};

export const createSpawn = ({ table, onSpawned, onExited }: SpawnTools): Processes['spawn'] => {
  // At the first spawn, when a process that closes what it inherited has done so.
  let mask: Mask | null = null;

  // Runs in the same turn as the spawn: the child cannot have been waited for, so its line in the table is still there.
  const toRunning = (child: ChildProcess, pid: number, options: SpawnOptions): Running => {
    const identity: ProcessIdentity = { pid, startTime: String(table.startOf(pid) ?? ''), bootId: table.bootId };
    raiseSacrifice(pid);
    const exited = new Promise<Exit>((settle) => {
      child.once('exit', (code, signal) => {
        onExited(options, identity);
        settle({ code, signal });
      });
    });
    onSpawned(options, identity, exited);
    return { identity, exited };
  };

  return async (options): Promise<SpawnOutcome> => {
    const badFolder = checkFolder(options.cwd);
    if (badFolder !== null) return { ok: false, failure: badFolder };
    const opened = openFiles(options);
    if (!opened.ok) return opened;
    const { program, args } = toProgram(options.command);
    const env = toEnvironment(options);
    const fail = (error: unknown): SpawnOutcome => ({
      ok: false,
      failure: toProgramFailure(error, { program, cwd: options.cwd, path: env.PATH }),
    });
    mask ??= createMask();
    let child: ChildProcess;
    try {
      child = spawnChild(program, args, { cwd: options.cwd, env, stdio: mask(opened.stdio), detached: true, windowsHide: true });
    } catch (error) {
      return fail(error);
    } finally {
      for (const fd of new Set(opened.stdio)) if (fd !== 'ignore') closeSync(fd);
    }
    if (child.pid !== undefined) return { ok: true, running: toRunning(child, child.pid, options) };
    const refused = child;
    return fail(
      await new Promise((settle) => {
        refused.once('error', settle);
      }),
    );
  };
};

type Stdio = readonly ('ignore' | number)[];

type Mask = (stdio: Stdio) => ('ignore' | number)[];

type Opened = { readonly ok: true; readonly stdio: Stdio } | { readonly ok: false; readonly failure: SpawnFailure };

/** Standard input, output and error, and fd 3 when it is asked for. */
const openFiles = ({ stdout, stderr, notify, logRoot }: SpawnOptions): Opened => {
  const isOne = resolve(stdout) === resolve(stderr);
  const files = [
    { path: stdout, open: () => openLog(logRoot, stdout) },
    ...(isOne ? [] : [{ path: stderr, open: () => openLog(logRoot, stderr) }]),
    ...(notify === null ? [] : [{ path: notify, open: () => openNotify(notify) }]),
  ];
  const fds: number[] = [];
  for (const { path, open } of files) {
    try {
      fds.push(open());
    } catch (error) {
      for (const fd of fds) closeSync(fd);
      return { ok: false, failure: toLogFailure(error, path) };
    }
  }
  const output: 'ignore' | number = fds[0] ?? 'ignore';
  return { ok: true, stdio: ['ignore', output, ...(isOne ? [output] : []), ...fds.slice(1)] };
};

/** Above it an array with a place for each descriptor would cost more than it is worth; nobody inherits such numbers. */
const highestMasked = 4096;
/** The child needs a few numbers above the highest while its descriptors are put in place. */
const spareDescriptors = 16;

/**
 * A descriptor that our own parent left open in us goes to every child, and Node has no call that would close it there.
 * What can be done from here is to put the null device in its place. `closeInheritedDescriptors` is the better cure.
 */
const createMask = (): Mask => {
  const highest = Math.min(highestMasked, descriptorLimit() - spareDescriptors);
  const inherited = inheritedDescriptors().filter((fd) => fd <= highest);
  const nothing = inherited.length === 0 ? null : openSync(devNull, 'r+');
  return (stdio) => {
    const masked = [...stdio];
    if (nothing === null) return masked;
    for (const fd of inherited) {
      while (masked.length <= fd) masked.push('ignore');
      if (fd >= stdio.length) masked[fd] = nothing;
    }
    return masked;
  };
};

const toProgram = (command: ReadyCommand): { readonly program: string; readonly args: readonly string[] } => {
  if (!('line' in command)) return command;
  return process.platform === 'win32'
    ? { program: process.env.ComSpec ?? 'cmd.exe', args: ['/d', '/s', '/c', command.line] }
    : { program: '/bin/sh', args: ['-c', command.line] };
};

const toEnvironment = ({ env, marker, notify }: SpawnOptions): Record<string, string> => {
  const own = Object.create(null) as Record<string, string>;
  // The marker stands first, where a scan that looks for it finds it soonest.
  own[markerVariable] = formatMarker(marker);
  for (const name of Object.keys(env)) if (!notInherited.has(name)) own[name] = env[name] ?? '';
  if (notify !== null) own.NOTIFY_FD = '3';
  return own;
};

/** Raising one's own risk needs no rights. Best effort: without it the kernel only chooses less well. */
const raiseSacrifice = (pid: number): void => {
  try {
    ownSacrifice ??= Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(Math.min(ownSacrifice + sacrifice, 1000)));
  } catch {
    // Not Linux, already over, or forbidden in this container.
  }
};
let ownSacrifice: number | null = null;
