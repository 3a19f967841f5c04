import path from 'node:path';
import { fixedPorts } from '../../domain/fixed-ports.ts';
import type { Service } from '../../domain/service.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createStartProbing } from '../../runtime/probes/run.ts';
import { createProcesses } from '../../runtime/processes/create.ts';
import { createSockets } from '../../runtime/sockets/create.ts';
import { renderCheck } from '../../supervisor/addresses.ts';
import type { ServiceDefinition } from './definition.ts';
import type { Result } from './errors.ts';
import { createEvents, type Events } from './events.ts';
import { readStack, type StackPlace, variablesOf } from './load.ts';
import { type Watched, watchHealth } from './watch-health.ts';

/** What a monitor needs to know of something: where it listens, and how it is asked. */
export type MonitorDefinition = Pick<
  ServiceDefinition,
  'cwd' | 'env' | 'health' | 'health_url' | 'healthcheck' | 'host' | 'port'
>;

/**
 * Asks whether things are well that run anywhere, also those that nobody here has started. The first answer comes as soon as
 * there is one; then each is asked every `interval`.
 */
export type Monitor = Pick<Events, 'events' | 'off' | 'on' | 'once'> & {
  /** As of the last answer; `healthy: null` before the first. */
  readonly health: () => Readonly<Record<string, Watched>>;
  readonly close: () => void;
};

export type MonitorOptions = StackPlace & { readonly services: Readonly<Record<string, MonitorDefinition>> };

/** Begins to ask at once. The definitions are checked as those of a stack are, and complained about in the same words. */
export const createMonitor = async ({ services, ...place }: MonitorOptions): Promise<Result<{ readonly monitor: Monitor }>> => {
  const loaded = await readStack({
    ...place,
    kind: 'program',
    fields: { name: 'monitor' },
    // Nothing of it is ever started.
    services: () => Object.entries(services).map(([name, definition]) => [name, { ...definition, command: [process.execPath] }]),
  });
  if (!loaded.ok) return loaded;
  const events = createEvents(Date.now);
  const startProbing = createStartProbing({ sockets: createSockets(createProcesses()), clock: systemClock });
  const { stack } = loaded;
  const addressOf = (name: string) => {
    const service = stack.services.get(name);
    return service === undefined ? null : { host: service.host, ports: fixedPorts(service) };
  };
  const env = Object.fromEntries(
    Object.entries(variablesOf(place)).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const watches = new Map(
    [...stack.services.values()].flatMap((service) => {
      const { health } = service;
      if (health === null) return [];
      const check = renderCheck(health, addressOf);
      const ask = (purpose: 'ready' | 'health', report: (ok: boolean, detail: string | null) => void) =>
        startProbing({
          probe: health,
          check,
          purpose,
          target: { ...toTarget(service), env },
          report: (result) => report(result.ok, result.ok ? null : result.detail),
        });
      return [[service.name, watchHealth({ name: service.name, probe: health, ask, emit: events.emit })] as const];
    }),
  );
  return {
    ok: true,
    monitor: {
      on: events.on,
      once: events.once,
      off: events.off,
      events: events.events,
      health: () => Object.fromEntries([...watches].map(([name, { now }]) => [name, now()])),
      close: () => {
        for (const { stop } of watches.values()) stop();
        events.close();
      },
    },
  };
};

/** Whose the answer is does not matter: there is no process of ours that it could have to be of. */
const toTarget = ({ name, cwd }: Service) => ({
  tree: { leader: null, marker: { project: path.basename(cwd), service: name, attempt: 0 } },
  ports: [],
  cwd,
  logs: [],
  notify: null,
  signBefore: null,
});
