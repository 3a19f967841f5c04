import type { Change } from '../domain/events.ts';
import { fixedPorts } from '../domain/fixed-ports.ts';
import type { ServiceName } from '../domain/service.ts';
import { candidatesAfter, mayStandBy, nextToStandBy, toDismiss } from '../domain/standby.ts';
import type { World } from '../domain/world.ts';
import type { AttemptsOptions } from './attempts.ts';
import type { ToSpawnOptions } from './spawn-options.ts';

export type StandbyOptions = Pick<AttemptsOptions, 'runtime' | 'plannedPorts' | 'markerOf'> & {
  readonly world: World;
  readonly toSpawnOptions: ToSpawnOptions;
  /** Some service is being spawned, and is not to wait for one that is not yet. */
  readonly isBusy: () => boolean;
};

export type Standby = {
  /** Told of each decision, after its effects were begun. */
  lookAhead(changes: readonly Change[]): void;
  dispose(): void;
};

/** Has the processes of those that come next made while nothing else is to be done. */
export const createStandby = ({ runtime, world, ...options }: StandbyOptions): Standby => {
  const { processes } = runtime;
  const standing = new Map<ServiceName, number>();
  const candidates = new Set<ServiceName>();
  let next: NodeJS.Immediate | null = null;

  const dismiss = (name: ServiceName): void => {
    processes.dismiss(options.markerOf(name, standing.get(name) ?? 0));
    standing.delete(name);
  };

  /** With the ports that it will have, unless somebody takes them meanwhile: then it is spawned anew. */
  const standBy = (name: ServiceName): boolean => {
    const service = world.services.get(name);
    const attempt = (world.records.get(name)?.attempt ?? 0) + 1;
    if (service === undefined) return false;
    const ports = options.plannedPorts(name) ?? fixedPorts(service);
    const stands = ports.length === service.ports.length && processes.standBy(options.toSpawnOptions(service, attempt, ports));
    if (stands) standing.set(name, attempt);
    return stands;
  };

  /** One in a turn of the loop: each takes milliseconds, in which nobody is seen to be ready. */
  const goOn = (): void => {
    next = null;
    if (options.isBusy()) return;
    for (const name of candidates) if (!mayStandBy(name, world)) candidates.delete(name);
    const name = nextToStandBy(candidates, standing, world);
    if (name === null) return;
    candidates.delete(name);
    standBy(name);
    expect();
  };

  const expect = (): void => {
    if (candidates.size > 0) next ??= setImmediate(goOn);
  };

  return {
    lookAhead: (changes) => {
      for (const name of toDismiss(standing, world)) dismiss(name);
      for (const name of candidatesAfter(changes, world)) candidates.add(name);
      expect();
    },
    dispose: () => {
      if (next !== null) clearImmediate(next);
      candidates.clear();
      for (const name of [...standing.keys()]) dismiss(name);
    },
  };
};
