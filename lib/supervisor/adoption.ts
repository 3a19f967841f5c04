import type { Adoption } from '../domain/events.ts';
import type { ServiceName, Stack } from '../domain/service.ts';
import type { Memory, RecordedService } from '../runtime/memory-file.ts';
import type { MarkedProcess } from '../runtime/processes.ts';

/** States in which an earlier supervisor left a service that was meant to run on. */
const running = new Set(['starting', 'ready', 'unhealthy']);

export type AdoptionOptions = {
  readonly stack: Stack;
  readonly recorded: Memory['running'];
  /** Everything alive that carries the project's marker. */
  readonly marked: readonly MarkedProcess[];
};

/**
 * Which processes of an earlier supervisor are taken over as they are: those whose identity, marker and definition are all
 * what was recorded. Anything else is a leftover: an attempt that was never written down, a definition that has changed, a
 * stop that was half done.
 */
export const chooseAdoptions = ({ stack, recorded, marked }: AdoptionOptions): ReadonlyMap<ServiceName, Adoption> => {
  const adoptions = new Map<ServiceName, Adoption>();
  for (const { identity, marker } of marked) {
    const record = Object.hasOwn(recorded, marker.service) ? recorded[marker.service] : undefined;
    const service = stack.services.get(marker.service);
    if (record === undefined || service === undefined || !isSame(record, identity, marker.attempt)) continue;
    if (record.definitionHash !== service.definitionHash || record.desired !== 'running' || !running.has(record.state)) continue;
    const wasReady = record.state !== 'starting';
    adoptions.set(service.name, { number: record.attempt, identity, ports: record.ports, wasReady });
  }
  return adoptions;
};

const isSame = (
  { process, attempt }: RecordedService,
  { pid, startTime, bootId }: MarkedProcess['identity'],
  number: number,
): boolean =>
  process !== null && process.pid === pid && process.startTime === startTime && process.bootId === bootId && attempt === number;
