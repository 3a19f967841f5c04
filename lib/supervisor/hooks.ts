import type { Marker } from '../domain/process.ts';
import type { HookName, Service, ServiceName } from '../domain/service.ts';
import type { HookEnd } from '../domain/state.ts';
import { describeExit, formatDuration } from '../domain/words.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import { type AddressOf, renderCommand, renderEnvironment } from './addresses.ts';
import { type Launch, logFilesOf, tailOf } from './attempts.ts';
import type { EffectsOptions } from './effects.ts';

export type Hooks = {
  /** Tells when it has ended, in whatever way. */
  run(name: ServiceName, attempt: number, hook: HookName): void;
  /** Kills those of the service that are under way. */
  end(name: ServiceName): void;
  /** Where the newest one has written, of whichever attempt it was; null: there was none. */
  newestOf(name: ServiceName): Pick<Launch, 'attempt' | 'logs'> | null;
  dispose(): void;
};

export type HooksOptions = EffectsOptions & {
  readonly markerOf: (name: ServiceName, attempt: number) => Marker;
  readonly addressOf: AddressOf;
  readonly launchOf: (name: ServiceName) => Launch | null;
};

/** Says which hook it is. */
const hookVariable = 'MUSTER_HOOK';

/** Those that nobody waits for, or that are not to keep a stop from going on: a failure of theirs is only told. */
const consequences: Readonly<Record<Exclude<HookName, 'before_start'>, string>> = {
  after_ready: '',
  before_stop: '; the stop goes on',
  after_stop: '; the stop goes on',
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { runtime, stack, post } = options;
  const { processes, clock } = runtime;
  const underWay = new Map<ServiceName, Set<AbortController>>();
  const newest = new Map<ServiceName, Pick<Launch, 'attempt' | 'logs'>>();

  /** Null: it did what it should, or was ended by us. */
  const runHook = async (
    service: Service,
    marker: Marker & { readonly hook: HookName },
    ending: AbortSignal,
  ): Promise<HookEnd | null> => {
    const { name } = service;
    const hook = service.hooks[marker.hook];
    if (hook === undefined) return null;
    const whole = { leader: null, marker };
    // One that a killed supervisor had begun: never two at once.
    if (marker.hook === 'before_stop') await processes.killTree(whole, killPatience);
    const files = logFilesOf(service);
    const logs = await Promise.all(files.map(async (path) => ({ path, from: await runtime.logs.prepare(path, service.log) })));
    newest.set(name, { attempt: marker.attempt, logs });
    if (ending.aborted) return null;
    const outcome = await processes.spawn({
      marker,
      command: renderCommand(hook.command, options.addressOf),
      cwd: service.cwd,
      env: environmentOf(service, marker.hook),
      stdout: files[0] ?? service.log.file,
      stderr: files[1] ?? files[0] ?? service.log.file,
      notify: null,
      logRoot: stack.root,
    });
    if (!outcome.ok) return { how: `did not run: ${outcome.failure.message}`, said: null };
    const { identity, exited } = outcome.running;
    const tree = { leader: identity, marker };
    let isLate = false;
    const kill = (): void => void processes.killTree(tree, killPatience);
    const timer = clock.setTimer(hook.timeout, () => {
      isLate = true;
      kill();
    });
    ending.addEventListener('abort', kill, { once: true });
    if (ending.aborted) kill();
    const exit = await exited;
    timer.cancel();
    ending.removeEventListener('abort', kill);
    // What it has started ends with it.
    const left = await processes.killTree(tree, killPatience);
    if (left.length > 0)
      options.onProblem(name, `something that its ${marker.hook} hook has started cannot be ended (pid ${left[0]?.pid ?? '?'})`);
    if (ending.aborted || (exit.code === 0 && !isLate)) return null;
    const how = isLate ? `did not end within ${formatDuration(hook.timeout)}, and was killed` : describeExit(exit);
    // Before the spawn nobody else writes there.
    const said = marker.hook === 'before_start' ? ((await tailOf(runtime, { logs }, 1)).at(-1) ?? null) : null;
    return { how, said };
  };

  const environmentOf = (service: Service, hook: HookName): Record<string, string> => {
    const { ports, state } = options.recordOf(service.name);
    const env = renderEnvironment({ service, ports, base: options.environment, addressOf: options.addressOf });
    const leader = state.kind === 'ready' || state.kind === 'stopping' ? state.process : null;
    return { ...env, [hookVariable]: hook, ...(leader === null ? {} : { MAINPID: String(leader.identity.pid) }) };
  };

  const run = async (service: Service, attempt: number, hook: HookName): Promise<void> => {
    const { name } = service;
    const ending = new AbortController();
    const own = underWay.get(name) ?? new Set<AbortController>();
    underWay.set(name, own.add(ending));
    const marker = { ...options.markerOf(name, attempt), hook };
    const problem = await runHook(service, marker, ending.signal)
      // A hook that could not be run for a reason of the system's has failed, and no phase waits for it for ever.
      .catch((error: unknown) => ({ how: `did not run: ${error instanceof Error ? error.message : String(error)}`, said: null }))
      .finally(() => own.delete(ending));
    if (problem !== null && hook !== 'before_start')
      options.onProblem(name, `its ${hook} hook ${problem.how}${consequences[hook]}`);
    post(name, { type: 'hookEnded', attempt, hook, problem });
  };

  const end = (name: ServiceName): void => {
    for (const ending of underWay.get(name) ?? []) ending.abort();
  };

  return {
    run: (name, attempt, hook) => {
      const service = stack.services.get(name);
      if (service === undefined) post(name, { type: 'hookEnded', attempt, hook, problem: null });
      else void run(service, attempt, hook);
    },
    end,
    newestOf: (name) => newest.get(name) ?? null,
    dispose: () => {
      for (const name of underWay.keys()) end(name);
    },
  };
};
