import { type ChildProcess, spawn as spawnChild } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Exit, ProcessIdentity } from '../../domain/process.ts';
import type { Processes, Running, SpawnOptions, SpawnOutcome } from '../processes.ts';
import { closeFiles, createMask, type Mask, openFiles, toEnvironment, toProgram } from './child-options.ts';
import { checkFolder, toProgramFailure } from './spawn-failure.ts';
import { createStandbys } from './standby.ts';
import type { ProcessTable } from './table.ts';

/** How much sooner than muster a service is ended when memory runs out, on the kernel's scale to 1000. */
const sacrifice = 200;

export type SpawnTools = {
  readonly table: ProcessTable;
  readonly onSpawned: (options: SpawnOptions, identity: ProcessIdentity, exited: Promise<Exit>) => void;
  /** In the turn in which the process itself has ended. */
  readonly onExited: (options: SpawnOptions, identity: ProcessIdentity) => void;
};

export const createSpawn = ({ table, onSpawned, onExited }: SpawnTools): Pick<Processes, 'spawn' | 'standBy' | 'dismiss'> => {
  // At the first spawn, when a process that closes what it inherited has done so.
  let inherited: Mask | null = null;
  const mask: Mask = (stdio) => {
    inherited ??= createMask();
    return inherited(stdio);
  };
  const standbys = createStandbys(table, mask);

  /** Empty where it cannot be read just now: who is its child knows it all the same, and nobody else takes it for anything. */
  const startTimeOf = (pid: number): string => {
    try {
      return String(table.startOf(pid) ?? '');
    } catch {
      return '';
    }
  };

  // Runs in the same turn as the spawn: the child cannot have been waited for, so its line in the table is still there.
  const toRunning = (child: ChildProcess, pid: number, options: SpawnOptions): Running => {
    const identity: ProcessIdentity = { pid, startTime: startTimeOf(pid), bootId: table.bootId };
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

  const spawn = async (options: SpawnOptions): Promise<SpawnOutcome> => {
    const badFolder = checkFolder(options.cwd);
    if (badFolder !== null) return { ok: false, failure: badFolder };
    const opened = openFiles(options);
    if (!opened.ok) return opened;
    const taken = standbys.take(options, opened.stdio);
    if (taken !== null && 'child' in taken) {
      closeFiles(opened.stdio);
      return { ok: true, running: toRunning(taken.child, taken.pid, options) };
    }
    if (taken !== null) await taken.ended;
    const { program, args } = toProgram(options.command);
    const env = toEnvironment(options);
    const fail = (error: unknown): SpawnOutcome => ({
      ok: false,
      failure: toProgramFailure(error, { program, cwd: options.cwd, path: env.PATH }),
    });
    let child: ChildProcess;
    try {
      child = spawnChild(program, args, { cwd: options.cwd, env, stdio: mask(opened.stdio), detached: true, windowsHide: true });
    } catch (error) {
      return fail(error);
    } finally {
      closeFiles(opened.stdio);
    }
    if (child.pid !== undefined) return { ok: true, running: toRunning(child, child.pid, options) };
    const refused = child;
    return fail(
      await new Promise((settle) => {
        refused.once('error', settle);
      }),
    );
  };

  const { standBy, dismiss } = standbys;
  return { spawn, standBy, dismiss };
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
