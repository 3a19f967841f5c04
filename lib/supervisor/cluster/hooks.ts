import { type HookName, type ServiceName, type Stack } from '../../domain/service.ts';
import { newRecord } from '../../domain/state.ts';
import { createHooks, type Hooks, type HooksOptions } from '../hooks.ts';
import type { Runtime } from '../runtime.ts';
import { createStackHooks, type StackHooks } from '../stack-hooks.ts';
import type { Edge } from '../supervisor.ts';

export type ClusterHooksOptions = {
  /** With the values that its hooks are to be given. */
  readonly stack: Stack;
  readonly runtime: Pick<Runtime, 'processes' | 'clock' | 'logs'>;
  /** Names the project in markers, and no project whose services run on this machine. */
  readonly project: string;
  readonly environment: HooksOptions['environment'];
  readonly addressOf: HooksOptions['addressOf'];
  readonly onNotice: (text: string) => void;
};

/** Hooks of a stack that runs on a cluster: they run on this machine, where the command does, at the same points as of a local one. */
export type ClusterHooks = {
  readonly stack: StackHooks;
  /** Those of services, for a boot. */
  ofBoot(edge: Edge): Hooks;
  /** One of a service on its way down; its failure is told, and keeps nothing from going on. */
  run(name: ServiceName, hook: HookName, ending: AbortSignal): Promise<void>;
};

export const createClusterHooks = (options: ClusterHooksOptions): ClusterHooks => {
  const { project, onNotice } = options;
  const shared = {
    ...options,
    markerOf: (service: ServiceName, attempt: number) => ({ project, service, attempt }),
    onProblem: (name: ServiceName, problem: string) => onNotice(`${name}: ${problem}`),
  };
  return {
    stack: createStackHooks(options),
    ofBoot: (edge) => createHooks({ ...shared, ...edge }),
    run: (name, hook, ending) =>
      new Promise((resolve) => {
        if (options.stack.services.get(name)?.hooks[hook] === undefined || ending.aborted) {
          resolve();
          return;
        }
        const hooks = createHooks({ ...shared, post: () => resolve(), recordOf: () => newRecord });
        ending.addEventListener('abort', () => hooks.end(name), { once: true });
        hooks.run(name, 1, hook);
      }),
  };
};
