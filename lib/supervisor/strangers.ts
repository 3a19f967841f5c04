import type { PortHolder } from '../domain/process.ts';
import type { Service, Stack } from '../domain/service.ts';
import type { Runtime } from './runtime.ts';

/** One process at one port. */
export const keyOf = ({ port, process: holder }: Pick<PortHolder, 'port' | 'process'>): string =>
  `${port}/${holder === null ? 'unseen' : `${holder.pid}/${holder.startTime}/${holder.bootId}`}`;

export type StrangersOptions = {
  readonly sockets: Pick<Runtime['sockets'], 'findHolders'>;
  readonly stack: Pick<Stack, 'services'>;
  readonly project: string;
};

/** Who else holds a port that a service of this stack insists on. */
export const findStrangers = async ({ sockets, stack, project }: StrangersOptions): Promise<readonly PortHolder[]> => {
  const found = await Promise.all([...stack.services.values()].map((service) => findHoldersOf(sockets, service)));
  return found.flat().filter(({ marker }) => marker?.project !== project);
};

const findHoldersOf = async (
  sockets: StrangersOptions['sockets'],
  { ports, host, portConflict }: Service,
): Promise<readonly PortHolder[]> => {
  const wanted = portConflict === 'next' ? [] : ports.flatMap(({ wanted: port }) => port ?? []);
  return wanted.length === 0 ? [] : sockets.findHolders(wanted, host);
};
