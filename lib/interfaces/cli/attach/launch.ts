import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { keepWords } from '../../../runtime/crash-note.ts';
import { isThere } from '../../../runtime/processes/is-there.ts';
import { agreedVariable, backgroundVariable, folderVariable } from '../../../supervisor/addresses.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import { socketName } from '../../control/protocol.ts';
import type { AgreedHolder } from '../../control.ts';
import type { CommandContext } from '../context.ts';
/**
 * Room for objects that live a moment, in MB. V8's own choice of 16 is 24 MB more resident with a thousand services, each of which is
 * copied a bit at each spawn. V8's notes of a program hold for the flags that they were made with: the build makes some with these.
 */
import nodeFlags from './background-flags.json' with { type: 'json' };

/** How often the new supervisor's socket is looked for, in milliseconds. */
const lookEvery = 5;

export type Launched =
  /**
   * `exited` resolves with its exit code when it ends while we are there. `isOurs`: it is the one that we have started; another
   * may have been quicker.
   */
  | {
      readonly ok: true;
      readonly control: RemoteControl;
      readonly isOurs: boolean;
      readonly exited: Promise<number>;
      /** The same, for whoever has nothing else to do but to wait for it. */
      readonly awaitExit: () => Promise<number>;
      /** Also when it has gone, and its files with it. */
      readonly readUnheard: () => Unheard;
    }
  /** It ended before anybody could talk to it. */
  | ({ readonly ok: false; readonly exitCode: number } & Unheard);

/** What a supervisor has printed where nobody could see it. */
export type Unheard = {
  /** On stdout, in the form that the command line asks for: what came of its boot, when it has ended by itself after that. */
  readonly story: string;
  /** On stderr: what stood in its way. */
  readonly words: string;
};

/**
 * The same command again, as the supervisor in the background: without a terminal and without us. Nothing of ours is held by
 * it: `$(muster up -d)` and `ssh host muster up -d` return, and our death is none of its business.
 */
export const launchSupervisor = async (
  { cwd, env }: Pick<CommandContext, 'cwd' | 'env'>,
  folder: string,
  agreed: readonly AgreedHolder[],
): Promise<Launched> => {
  const words = join(folder, `up.${process.pid}.out`);
  const output = openSync(words, 'w+', 0o600);
  const story = openUnnamed(join(folder, `up.${process.pid}.story`));
  const readUnheard = (): Unheard => ({ story: readAll(story), words: readAll(output) });
  let exitCode: number | null = null;
  let isKept = false;
  try {
    const child = spawn(process.execPath, [...nodeFlags, ...process.execArgv, ...process.argv.slice(1)], {
      cwd,
      env: { ...env, [backgroundVariable]: '1', [agreedVariable]: JSON.stringify(agreed), [folderVariable]: folder },
      detached: true,
      stdio: ['ignore', story, output],
      windowsHide: true,
    });
    const exited = new Promise<number>((resolve) => {
      const onEnd = (code: number | null): void => {
        exitCode = code ?? 1;
        resolve(exitCode);
      };
      child.once('exit', onEnd);
      child.once('error', () => onEnd(1));
    });
    const control = await findControl(folder, () => exitCode !== null);
    if (control?.pid === child.pid) keepWords(folder, words);
    else if (control !== null) await outlast(control.pid, () => exitCode !== null);
    if (control === null) return { ok: false, exitCode: await exited, ...readUnheard() };
    child.unref();
    const awaitExit = (): Promise<number> => {
      child.ref();
      return exited;
    };
    isKept = true;
    return { ok: true, control, isOurs: control.pid === child.pid, exited, awaitExit, readUnheard };
  } finally {
    if (!isKept) for (const file of [output, story]) closeSync(file);
    rmSync(words, { force: true });
  }
};

/**
 * Somebody else was quicker, and ours is to find that out while that one is there: still on its way, it would come upon a project
 * without an owner after the next `down`, and boot it.
 */
const outlast = async (owner: number, isOver: () => boolean): Promise<void> => {
  while (!isOver() && isThere(owner)) await pause(lookEvery);
};

/** For whoever has it open, and nobody else. */
const openUnnamed = (path: string): number => {
  const file = openSync(path, 'w+', 0o600);
  rmSync(path);
  return file;
};

/** From the beginning, whatever became of its name. */
const readAll = (file: number): string => {
  const bytes = Buffer.alloc(fstatSync(file).size);
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
};

/** Null: it is over before. */
const findControl = async (folder: string, isOver: () => boolean): Promise<RemoteControl | null> => {
  const socket = join(folder, socketName);
  while (!isOver()) {
    if (existsSync(socket)) {
      const found = await connectControl(folder);
      // One that was killed has left its socket, which is replaced by the new one.
      if (found.ok) return found;
    }
    await pause(lookEvery);
  }
  return null;
};
