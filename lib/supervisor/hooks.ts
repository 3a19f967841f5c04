import { isElsewhere } from '../domain/engine.ts';
import { logFilesOf } from '../domain/log-files.ts';
import type { Marker } from '../domain/process.ts';
import type { HookName, Service, ServiceName } from '../domain/service.ts';
import type { HookEnd } from '../domain/state.ts';
import { killPatience } from '../runtime/processes/end-politely.ts';
import { type AddressOf, renderCommand, renderEnvironment } from './addresses.ts';
import type { Launch } from './attempts.ts';
import type { EffectsOptions } from './effects.ts';
import { type HookRun, hookVariable, orNotRun, runHook } from './run-hook.ts';

export type Hooks = {
  /** Tells when it has ended, in whatever way. */
  run(name: ServiceName, attempt: number, hook: HookName): void;
  /** Kills those of the service that are under way. */
  end(name: ServiceName): void;
  /** Where the newest one has written, of whichever attempt it was; null: there was none. */
  newestOf(name: ServiceName): Pick<Launch, 'attempt' | 'logs'> | null;
  dispose(): void;
};

export type HooksOptions = Pick<EffectsOptions, 'stack' | 'post' | 'recordOf' | 'environment' | 'onProblem'> & {
  readonly runtime: HookRun['runtime'];
  readonly markerOf: (name: ServiceName, attempt: number) => Marker;
  readonly addressOf: AddressOf;
};

/** Those that nobody waits for, or that are not to keep a stop from going on: a failure of theirs is only told. */
const consequences: Readonly<Record<Exclude<HookName, 'before_start'>, string>> = {
  after_ready: '',
  before_stop: '; the stop goes on',
  after_stop: '; the stop goes on',
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { runtime, stack, post } = options;
  const underWay = new Map<ServiceName, Set<AbortController>>();
  const newest = new Map<ServiceName, Pick<Launch, 'attempt' | 'logs'>>();

  const runOwn = async (
    service: Service,
    marker: Marker & { readonly hook: HookName },
    ending: AbortSignal,
  ): Promise<HookEnd | null> => {
    const { name } = service;
    const hook = service.hooks[marker.hook];
    if (hook === undefined) return null;
    // One that a killed supervisor had begun: never two at once.
    if (marker.hook === 'before_stop') await runtime.processes.killTree({ leader: null, marker }, killPatience);
    const [stdout = service.log.file, ...apart] = logFilesOf(service);
    return runHook({
      runtime,
      marker,
      command: renderCommand(hook.command, options.addressOf),
      timeout: hook.timeout,
      cwd: service.cwd,
      env: environmentOf(service, marker.hook),
      files: [stdout, ...apart],
      limits: service.log,
      logRoot: stack.root,
      isAlone: marker.hook === 'before_start',
      ending,
      onBegun: (logs) => newest.set(name, { attempt: marker.attempt, logs }),
      onLeft: (which) => options.onProblem(name, `what its ${marker.hook} hook has started cannot be ended (${which})`),
    });
  };

  const environmentOf = (service: Service, hook: HookName): Record<string, string> => {
    const { ports, state } = options.recordOf(service.name);
    const env = renderEnvironment({ service, ports, base: options.environment, addressOf: options.addressOf });
    const leader = state.kind === 'ready' || state.kind === 'stopping' ? state.process : null;
    return {
      ...env,
      [hookVariable]: hook,
      ...(leader === null || isElsewhere(leader.identity) ? {} : { MAINPID: String(leader.identity.pid) }),
    };
  };

  const run = async (service: Service, attempt: number, hook: HookName): Promise<void> => {
    const { name } = service;
    const ending = new AbortController();
    const own = underWay.get(name) ?? new Set<AbortController>();
    underWay.set(name, own.add(ending));
    const marker = { ...options.markerOf(name, attempt), hook };
    const problem = await runOwn(service, marker, ending.signal)
      .catch(orNotRun)
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
