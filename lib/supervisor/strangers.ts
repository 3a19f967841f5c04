import type { PortHolder } from '../domain/process.ts';
import type { Service } from '../domain/service.ts';
import type { Runtime } from './runtime.ts';

/** One process at one port. */
export const keyOf = ({ port, process: holder }: PortHolder): string =>
  `${port}/${holder === null ? 'unseen' : `${holder.pid}/${holder.startTime}/${holder.bootId}`}`;

export const findHoldersOf = async (
  { sockets }: Runtime,
  { ports, host, portConflict }: Service,
): Promise<readonly PortHolder[]> => {
  const wanted = portConflict === 'next' ? [] : ports.flatMap(({ wanted: port }) => port ?? []);
  return wanted.length === 0 ? [] : sockets.findHolders(wanted, host);
};
