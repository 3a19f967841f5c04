import type { Ms, ServiceName } from '../domain/service.ts';
import { toWindow, type Window } from '../util/ramp.ts';
import { type AddressOf, renderCheck } from './addresses.ts';
import type { Launch } from './attempts.ts';
import type { EffectsOptions } from './effects.ts';

export type Probers = {
  start(name: ServiceName, purpose: 'ready' | 'health'): void;
  stop(name: ServiceName): void;
  dispose(): void;
};

export type ProbersOptions = EffectsOptions & {
  readonly addressOf: AddressOf;
  readonly launchOf: (name: ServiceName) => Launch | null;
};

/** Since now, where the memory knows it since the spawn. */
const usualFor = ({ usualStarts, recordOf, runtime }: ProbersOptions, name: ServiceName): Window | null => {
  const window = toWindow(usualStarts?.(name) ?? []);
  const { state } = recordOf(name);
  if (window === null || state.kind !== 'starting' || state.process === null) return null;
  const passed = runtime.clock.now() - state.process.spawnedAt;
  return { from: Math.max(0, window.from - passed), to: Math.max(0, window.to - passed) };
};

const cpuTimeOf = ({ runtime }: ProbersOptions, { tree }: Launch): Ms | null =>
  tree.leader === null ? null : runtime.processes.cpuTimeOf(tree.leader);

/** At most one running probe per service: readiness first, then health. */
export const createProbers = (options: ProbersOptions): Probers => {
  const running = new Map<ServiceName, { stop(): void }>();
  const stop = (name: ServiceName): void => {
    running.get(name)?.stop();
    running.delete(name);
  };
  return {
    start: (name, purpose) => {
      const service = options.stack.services.get(name);
      const launch = options.launchOf(name);
      const probe = purpose === 'ready' ? service?.ready : service?.health;
      if (service === undefined || launch === null || probe === undefined || probe === null) return;
      stop(name);
      const run = options.runtime.startProbing({
        probe,
        purpose,
        usual: purpose === 'ready' ? usualFor(options, name) : null,
        check: renderCheck(probe, options.addressOf),
        target: {
          tree: launch.tree,
          ports: options.recordOf(name).ports.map(({ port }) => port),
          cwd: service.cwd,
          env: launch.env,
          logs: launch.logs,
          notify: launch.notify,
          signBefore: launch.signBefore,
        },
        report: (result, _at, missedAt, checks) => {
          const cpu = purpose === 'ready' && result.ok ? cpuTimeOf(options, launch) : null;
          options.post(name, {
            ...{ type: 'probed', attempt: launch.attempt, purpose, result, missedAt },
            ...(checks === undefined ? {} : { checks }),
            ...(cpu === null ? {} : { cpu }),
          });
        },
      });
      running.set(name, run);
    },
    stop,
    dispose: () => {
      for (const name of [...running.keys()]) stop(name);
    },
  };
};
