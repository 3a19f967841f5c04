import path from 'node:path';
import { defaultLog } from '../domain/defaults.ts';
import { stackMarker } from '../domain/process.ts';
import type { Stack, StackHookName } from '../domain/service.ts';
import { type AddressOf, renderCommand, renderStackEnvironment } from './addresses.ts';
import type { Environment } from './live-stack.ts';
import { type HookRun, hookVariable, orNotRun, runHook } from './run-hook.ts';
import { type Shutdown, stopAfter } from './shutdown.ts';

export type StackHooksOptions = {
  readonly stack: Stack;
  readonly runtime: HookRun['runtime'];
  /** Names the project in markers. */
  readonly project: string;
  readonly environment: Environment;
  readonly addressOf: AddressOf;
  readonly onNotice: (text: string) => void;
};

export type StackHooks = {
  has(name: StackHookName): boolean;
  /** Null: it did what it should, was ended, or there is none; else what it did, in a sentence that has been told. */
  run(name: StackHookName, ending: AbortSignal): Promise<string | null>;
};

/** Relative to the project. No service can have it: its name would begin with muster's own. */
const logFile = 'logs/muster.hooks.log';

export const createStackHooks = (options: StackHooksOptions): StackHooks => {
  const { stack, runtime, onNotice } = options;
  const has = (name: StackHookName): boolean => stack.hooks.commands[name] !== undefined;
  return {
    has,
    run: async (name, ending) => {
      const hook = stack.hooks.commands[name];
      if (hook === undefined || ending.aborted) return null;
      onNotice(`the ${name} hook runs`);
      const { addressOf, environment: base } = options;
      const problem = await runHook({
        runtime,
        marker: { project: options.project, service: stackMarker, attempt: 1, hook: name },
        command: renderCommand(hook.command, addressOf),
        timeout: hook.timeout,
        cwd: stack.root,
        env: { ...renderStackEnvironment({ stack, base, addressOf }), [hookVariable]: name },
        files: [path.join(stack.root, logFile)],
        limits: defaultLog,
        logRoot: stack.root,
        isAlone: true,
        ending,
        onLeft: (which) => onNotice(`what the ${name} hook has started cannot be ended (${which})`),
      }).catch(orNotRun);
      if (problem === null) return null;
      const said = problem.said === null ? '' : `: ${problem.said}`;
      const told = `the ${name} hook ${problem.how}${said} (${logFile})`;
      onNotice(name === 'before_up' ? `${told}; nothing is started` : told);
      return told;
    },
  };
};

/** A stop between its two hooks. Who hurries it cuts them short: what is to be gone at once waits for nobody. */
export const stopBetweenHooks = (hooks: StackHooks, wasUp: boolean, stop: () => Shutdown): Shutdown => {
  const hurried = new AbortController();
  const hasBefore = wasUp && hooks.has('before_down');
  const inner = hasBefore ? stopAfter((signal) => hooks.run('before_down', signal), stop) : stop();
  const run = async (): Shutdown['done'] => {
    const result = await inner.done;
    await hooks.run('after_down', hurried.signal);
    return result;
  };
  return {
    done: run(),
    hurry: (grace) => {
      hurried.abort();
      inner.hurry(grace);
    },
  };
};
