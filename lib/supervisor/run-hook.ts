import type { Marker } from '../domain/process.ts';
import type { Ms } from '../domain/service.ts';
import type { HookEnd } from '../domain/state.ts';
import { describeExit, formatDuration } from '../domain/words.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import type { ReadyCommand, Tree } from '../runtime/processes.ts';
import { untilDone } from '../runtime/until-done.ts';
import { type Launch, tailOf } from './attempts.ts';
import type { Runtime } from './runtime.ts';

export type HookRun = {
  readonly runtime: Pick<Runtime, 'processes' | 'clock' | 'logs'>;
  /** Of the hook: what it has started is known by it. */
  readonly marker: Marker;
  readonly command: ReadyCommand;
  readonly timeout: Ms;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes: stdout, and stderr where that is kept apart. */
  readonly files: readonly [string, ...string[]];
  readonly limits: { readonly maxSize: number; readonly keep: number };
  readonly logRoot: string;
  /** Nobody else writes there meanwhile: its last line is its own. */
  readonly isAlone: boolean;
  /** Kills it, and it counts as none. */
  readonly ending: AbortSignal;
  readonly onBegun?: (logs: Launch['logs']) => void;
  /** What it has started cannot be ended: which, or why. */
  readonly onLeft: (which: string) => void;
};

/** Says which hook it is. */
export const hookVariable = 'MUSTER_HOOK';

/** Runs a hook, and resolves when nothing of it lives any more. Null: it did what it should, or was ended by us. */
export const runHook = async (options: HookRun): Promise<HookEnd | null> => {
  const { runtime, marker, files, ending, timeout } = options;
  const { processes, clock } = runtime;
  const logs = await Promise.all(files.map(async (path) => ({ path, from: await runtime.logs.prepare(path, options.limits) })));
  options.onBegun?.(logs);
  if (ending.aborted) return null;
  const outcome = await processes.spawn({
    marker,
    command: options.command,
    cwd: options.cwd,
    env: options.env,
    stdout: files[0],
    stderr: files[1] ?? files[0],
    notify: null,
    logRoot: options.logRoot,
  });
  if (!outcome.ok) return { how: `did not run: ${outcome.failure.message}`, said: null };
  const { identity, exited } = outcome.running;
  const tree = { leader: identity, marker };
  let isLate = false;
  const over = new AbortController();
  const kill = (): void => void killAsLongAsNeeded(options, tree, over.signal);
  const timer = clock.setTimer(timeout, () => {
    isLate = true;
    kill();
  });
  ending.addEventListener('abort', kill, { once: true });
  if (ending.aborted) kill();
  const exit = await exited;
  over.abort();
  timer.cancel();
  ending.removeEventListener('abort', kill);
  await endRest(options, tree);
  if (ending.aborted || (exit.code === 0 && !isLate)) return null;
  const how = isLate ? `did not end within ${formatDuration(timeout)}, and was killed` : describeExit(exit);
  const said = options.isAlone ? ((await tailOf(runtime, { logs }, 1)).at(-1) ?? null) : null;
  return { how, said };
};

/** While nothing can be looked at (no file can be opened) it is tried again: nothing else would end it. */
const killAsLongAsNeeded = async ({ runtime }: HookRun, tree: Tree, over: AbortSignal): Promise<void> => {
  const { processes, clock } = runtime;
  try {
    await untilDone(() => processes.killTree(tree, killPatience), { clock, limit: Number.POSITIVE_INFINITY, cancelled: over });
  } catch (error) {
    if (!over.aborted) throw error;
  }
};

/** What it has started ends with it. How the hook itself fared has been seen, and is told whatever becomes of that. */
const endRest = async ({ runtime, onLeft }: HookRun, tree: Tree): Promise<void> => {
  const { processes, clock } = runtime;
  try {
    const [left] = await untilDone(() => processes.killTree(tree, killPatience), { clock, limit: killPatience });
    if (left !== undefined) onLeft(`pid ${left.pid}`);
  } catch (error) {
    onLeft(error instanceof Error ? error.message : String(error));
  }
};

/** Whatever goes wrong in the acting itself: nobody must wait for a hook for ever. */
export const orNotRun = (error: unknown): HookEnd => ({
  how: `did not run: ${error instanceof Error ? error.message : String(error)}`,
  said: null,
});
