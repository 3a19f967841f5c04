import type { Port, Service, Stack } from '../../domain/service.ts';
import type { LossList } from './exporter.ts';

/** Below what Linux hands out by itself (32768 to 60999), and above what programs are known by. */
const firstNumber = 20_000;

/**
 * The stack with a number for each `port: auto`: nobody chooses one at the start there, and an address without one is none. They
 * are counted up in the order of the file, from where `port_range` begins or from 20000, past every port that the file names.
 */
export const withNumbers = (stack: Stack, { lose }: LossList): Stack => {
  const taken = new Set([...stack.services.values()].flatMap(({ ports }) => ports.flatMap(({ wanted }) => wanted ?? [])));
  const toNumbered = (service: Service): Service => {
    const ports = service.ports.map((port) => (port.wanted === null ? { ...port, wanted: take(service, taken) } : port));
    const chosen = ports.filter((_, index) => service.ports[index]?.wanted === null);
    if (chosen.length === 0) return service;
    lose(service.name, `${toField(chosen)}: ${chosen.map(({ wanted }) => wanted).join(', ')} there, whether it is free or not`);
    return { ...service, ports };
  };
  return { ...stack, services: new Map([...stack.services].map(([name, service]) => [name, toNumbered(service)])) };
};

/** A stack has fewer ports than there are numbers above the first, so the range is left where all of it is taken. */
const take = ({ portRange }: Service, taken: Set<number>): number => {
  const [low, high] = portRange ?? [firstNumber, firstNumber];
  const inRange = Array.from({ length: high - low + 1 }, (_, index) => low + index).find((port) => !taken.has(port));
  let port = inRange ?? firstNumber;
  while (taken.has(port)) port += 1;
  taken.add(port);
  return port;
};

const toField = (chosen: readonly Port[]): string => {
  const names = chosen.flatMap(({ name }) => name ?? []);
  return names.length === 0 ? '"port: auto"' : `"auto" of its ${names.length === 1 ? 'port' : 'ports'} ${names.join(', ')}`;
};
