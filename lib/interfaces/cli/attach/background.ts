import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exitCodeOf } from '../../../domain/outcome.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import { backgroundVariable } from '../../../supervisor/addresses.ts';
import { connectControl, type RemoteControl } from '../../control/client.ts';
import type { CommandContext } from '../context.ts';
import { createTheme } from '../render/theme.ts';
import { showBoot } from './remote-view.ts';

/** How often the new supervisor is looked for until it has its socket, in milliseconds. */
const lookEvery = 20;

/**
 * `up -d`: the same command again, without a terminal and without us, and the same live view of it from outside until its boot
 * has settled. Nothing of ours is held by it: `$(muster up -d)` and `ssh host muster up -d` return.
 */
export const bootInBackground = async (context: CommandContext, folder: string): Promise<number> => {
  const running = await connectControl(folder, { patience: 1_000 });
  if (running.ok) return joinRunning(context, running);
  const words = join(folder, 'up.out');
  const child = launch(context, words);
  let exitCode: number | null = null;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      exitCode = code ?? 1;
      resolve();
    });
  });
  const control = await findControl(folder, () => exitCode !== null);
  if (control === null) {
    await exited;
    // It has said why, where nobody could see it.
    context.stderr.write(readFileSync(words, 'utf8'));
    return exitCode ?? 1;
  }
  try {
    const last = await showBoot(context, control);
    if (last === null) {
      await exited;
      return exitCode ?? 1;
    }
    return finish(context, last);
  } finally {
    control.close();
    child.unref();
  }
};

export const launch = ({ cwd, env }: CommandContext, words: string): ReturnType<typeof spawn> => {
  const output = openSync(words, 'w', 0o600);
  try {
    return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      cwd,
      env: { ...env, [backgroundVariable]: '1' },
      detached: true,
      stdio: ['ignore', output, output],
      windowsHide: true,
    });
  } finally {
    closeSync(output);
  }
};

export const findControl = async (folder: string, isOver: () => boolean): Promise<RemoteControl | null> => {
  while (!isOver()) {
    const found = await connectControl(folder, { patience: lookEvery });
    if (found.ok) return found;
    await pause(lookEvery);
  }
  return null;
};

/** Somebody supervises this stack already: what is not up is started there, by the same interface. */
const joinRunning = async (context: CommandContext, control: RemoteControl): Promise<number> => {
  try {
    const result = await control.start(context.args.positionals);
    const snapshot = result.ok ? result.snapshot : await control.snapshot();
    return finish(context, snapshot);
  } finally {
    control.close();
  }
};

const finish = ({ args, stdout }: CommandContext, snapshot: StackSnapshot): number => {
  const theme = createTheme(stdout);
  if (args.flag('json')) stdout.line(JSON.stringify({ type: 'stackInBackground', snapshot }));
  else stdout.line(theme.paint('dim', 'it runs in the background: muster status, muster logs -f, muster down'));
  return exitCodeOf(snapshot.outcome, args.flag('strict'));
};
