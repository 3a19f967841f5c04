import type { AddressRef, Port, Service, Text } from '../service.ts';
import { toText } from '../text.ts';

/** Every interface; to connect, one has to name a real address. */
const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '[::]';

/** Where a local client reaches what listens on `host`. */
export const toReachable = (host: string): string =>
  host === '::' || host === '[::]' ? '::1' : isWildcard(host) ? '127.0.0.1' : host;

/** `http://127.0.0.1:3000`, of a host that can be reached. */
export const toHttpAddress = (host: string, port: number | string): string =>
  `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;

export type Listener = Pick<Service, 'name' | 'host'> & { readonly ports: readonly Port[] };

/** The service's own first port wherever it is on this run, also after `next`. */
export const ownPort = (listener: Listener): readonly AddressRef[] => [{ service: listener.name, what: 'port' }];

/**
 * A port that a probe names. The first port of the service itself is the one it really got; any other is what was written.
 */
export const toProbePort = (listener: Listener, port: string): Text =>
  isOwnFirst(listener, Number(port)) ? ownPort(listener) : toText(port);

export const isOwnFirst = ({ ports }: Listener, port: number): boolean => ports[0]?.wanted === port;

/** True for the names and addresses by which a machine means itself. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

/** True when two listeners with the same port on these hosts get into each other's way. */
export const hostsClash = (a: string, b: string): boolean => {
  if (a === b || isWildcard(a) || isWildcard(b)) return true;
  const isLocal = (host: string): boolean => host === '127.0.0.1' || host === '::1' || host === '[::1]';
  return (a === 'localhost' && isLocal(b)) || (b === 'localhost' && isLocal(a));
};
