import type { PortHolder } from '../domain/process.ts';
import type { Stack } from '../domain/service.ts';
import { withRoot } from '../runtime/stack-note.ts';
import type { Runtime } from './runtime.ts';

/** One process at one port. */
export const keyOf = ({ port, process: holder }: Pick<PortHolder, 'port' | 'process'>): string =>
  `${port}/${holder === null ? 'unseen' : `${holder.pid}/${holder.startTime}/${holder.bootId}`}`;

export type StrangersOptions = {
  readonly sockets: Pick<Runtime['sockets'], 'findHolders'>;
  readonly stack: Pick<Stack, 'services'>;
  readonly project: string;
};

/** Who else holds a port that a service of this stack insists on. Asked once for all of a host: each time goes through all that runs. */
export const findStrangers = async ({ sockets, stack, project }: StrangersOptions): Promise<readonly PortHolder[]> => {
  const byHost = new Map<string, number[]>();
  for (const { host, ports, portConflict } of stack.services.values()) {
    const wanted = portConflict === 'next' ? [] : ports.flatMap(({ wanted: port }) => port ?? []);
    if (wanted.length > 0) byHost.set(host, [...(byHost.get(host) ?? []), ...wanted]);
  }
  const found = await Promise.all([...byHost].map(([host, ports]) => sockets.findHolders(ports, host)));
  return found
    .flat()
    .filter(({ marker }) => marker?.project !== project)
    .map(withRoot);
};
