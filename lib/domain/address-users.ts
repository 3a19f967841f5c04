import { findAddressee } from './replicas.ts';
import type { AddressRef, Service, ServiceName } from './service.ts';

/** The services whose addresses a process of this one was given, or is asked by; as the file names them. */
export const addressesIn = ({ command, env, ready, health, stop }: Service): ReadonlySet<ServiceName> => {
  const found = new Set<ServiceName>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value !== 'object' || value === null) return;
    else if (isAddress(value)) found.add(value.service);
    else Object.values(value).forEach(visit);
  };
  visit([command, env, ready, health, stop]);
  return found;
};

const isAddress = (value: object): value is AddressRef =>
  'service' in value && 'what' in value && Object.keys(value).length === 2 && typeof value.service === 'string';

/** The other services that use the address of this one. */
export const addressUsersOf = (services: ReadonlyMap<ServiceName, Service>, name: ServiceName): readonly ServiceName[] =>
  [...services.values()]
    .filter((other) => other.name !== name && [...addressesIn(other)].some((of) => findAddressee(services, of)?.name === name))
    .map((other) => other.name);
