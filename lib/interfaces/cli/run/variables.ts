import { portVariableOf, toVariablePart } from '../../../domain/port-variables.ts';
import { toReachable } from '../../../domain/resolve/address.ts';
import type { Service, ServiceName } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { Environment } from '../output.ts';

export type VariablesOptions = {
  readonly snapshot: StackSnapshot;
  /** As far as the file tells them: for the hosts. */
  readonly services: ReadonlyMap<ServiceName, Service>;
  /** The caller's own. What it has set already stays as it is: it may know better where its database is. */
  readonly base: Environment;
};

/**
 * What `run` gives to its command: the caller's environment, `NODE_ENV`, and where each service is on this run: `API_PORT`,
 * `API_PORT_<NAME>` of named ports, `API_HOST`, and for those that speak HTTP `API_URL`. Of several replicas each has its own
 * (`API_2_PORT`), and the name of the service means the first.
 */
export const toCommandVariables = ({ snapshot, services, base }: VariablesOptions): Readonly<Record<string, string>> => {
  const env = Object.create(null) as Record<string, string>;
  // A service that is really called so comes after, and counts.
  const named = snapshot.services.flatMap((service) => {
    const isFirst = service.group !== null && snapshot.services.find(({ group }) => group === service.group) === service;
    return isFirst ? [{ ...service, own: toVariablePart(service.group ?? '') }] : [];
  });
  for (const { name, ports, url, own } of [
    ...named,
    ...snapshot.services.map((service) => ({ ...service, own: toVariablePart(service.name) })),
  ]) {
    const [first] = ports;
    if (first === undefined) continue;
    const host = services.get(name)?.host;
    env[`${own}_PORT`] = String(first.port);
    for (const { name: port, port: number } of ports) if (port !== null) env[`${own}_${portVariableOf(port)}`] = String(number);
    if (host !== undefined) env[`${own}_HOST`] = toReachable(host);
    if (url !== null) env[`${own}_URL`] = url;
  }
  for (const [name, value] of Object.entries(base)) if (value !== undefined) env[name] = value;
  env['NODE_ENV'] = snapshot.environment;
  return env;
};
