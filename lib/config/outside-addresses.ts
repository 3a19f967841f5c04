import { defaults } from '../domain/defaults.ts';
import { isRawList, isRawMap, type RawMap, type RawValue } from '../domain/raw.ts';
import { toHttpAddress, toReachable } from '../domain/resolve/address.ts';
import { readText, toFields } from '../domain/resolve/fields.ts';
import { readPorts } from '../domain/resolve/ports.ts';
import type { ServiceName } from '../domain/service.ts';

/** Where a service listens by what the file says. Null: it says no fixed port. */
export type WrittenAddress = { readonly host: string; readonly port: number | null };

export const toWrittenAddress = (name: ServiceName, service: RawMap): WrittenAddress => {
  const fields = toFields(service, ['services', name], () => undefined);
  return { host: toReachable(readText(fields, 'host', defaults.host)), port: readPorts(fields)[0]?.wanted ?? null };
};

/**
 * Fills in the addresses of services that do not take part in this run. Nobody chooses a port for them now, so what the file
 * says is the best that is known: they may well run, started by another command.
 */
export const fillOutside = <T extends RawValue>(value: T, outside: ReadonlyMap<ServiceName, WrittenAddress>): T => {
  const fill = (item: RawValue): RawValue => {
    if (typeof item === 'string') return item.includes('\0') ? fillText(item, outside) : item;
    if (isRawList(item)) return item.map(fill);
    return isRawMap(item) ? Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, fill(inner)])) : item;
  };
  return fill(value) as T;
};

const fillText = (text: string, outside: ReadonlyMap<ServiceName, WrittenAddress>): string =>
  text.replace(/\0([^\0]*)\.(host|port|url)\0/g, (mark, service: string, what: string) => {
    const address = outside.get(service);
    if (address === undefined) return mark;
    const { host, port } = address;
    if (what === 'host') return host;
    if (port === null) return mark;
    return what === 'port' ? String(port) : toHttpAddress(host, port);
  });
