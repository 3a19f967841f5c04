import type { ServiceName } from '../domain/service.ts';
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
        report: (result, _at, missedAt, checks) =>
          options.post(name, {
            ...{ type: 'probed', attempt: launch.attempt, purpose, result, missedAt },
            ...(checks === undefined ? {} : { checks }),
          }),
      });
      running.set(name, run);
    },
    stop,
    dispose: () => {
      for (const name of [...running.keys()]) stop(name);
    },
  };
};
