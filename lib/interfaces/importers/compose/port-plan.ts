import { portVariableOf } from '../../../domain/port-variables.ts';
import type { DraftField } from '../draft.ts';
import type { Ledger } from '../ledger.ts';
import type { Port } from './ports.ts';
import { withDefaults } from './variables.ts';

/** Where a service listens on this machine, in the order of the file. */
export type PortPlan = { readonly ports: readonly PlannedPort[]; readonly host: string | null };

export type PlannedPort = Port & {
  /** What `port` will say. */
  readonly value: number | string;
  /** As far as it is known before the start. */
  readonly number: number | null;
  /** Who has it already, where it is therefore another one. */
  readonly owner: string | null;
};

/**
 * Containers each have a network of their own, and a machine has one: a port that an earlier service has already becomes any free
 * one. Where a container listens on another port than it is reached on, it is the latter that people know.
 */
export const planPorts = (wanted: ReadonlyMap<string, readonly Port[]>, ledger: Ledger): ReadonlyMap<string, PortPlan> => {
  const owners = new Map<number, string>();
  return new Map(
    [...wanted].map(([service, ports]) => {
      const seen = new Set<number>();
      const planned = ports.flatMap((port): readonly PlannedPort[] => {
        const value = port.published ?? port.target;
        const number = typeof value === 'number' ? value : Number(withDefaults(value));
        if (seen.has(number)) {
          ledger.lose(port.spot, `${number} is a port of this service already`);
          return [];
        }
        seen.add(number);
        const owner = owners.get(number) ?? null;
        if (owner !== null) return [{ ...port, value: 'auto', number: null, owner }];
        owners.set(number, service);
        return [{ ...port, value, number, owner }];
      });
      return [service, { ports: planned, host: toHost(planned, ledger) }];
    }),
  );
};

/** The first that is said. A service has one here, so that another one is told. */
const toHost = (ports: readonly PlannedPort[], ledger: Ledger): string | null => {
  const host = ports.find((port) => port.host !== null)?.host ?? null;
  for (const port of ports)
    if (port.host !== null && port.host !== host)
      ledger.lose(port.spot, `that it is on ${port.host}: a service has one host here, and it is ${host ?? 'the loopback'}`);
  return host;
};

export const toPortFields = ({ ports, host }: PortPlan): readonly DraftField[] => {
  const [first] = ports;
  if (first === undefined) return [];
  const names = toNames(ports);
  const comment = ports.flatMap((port, index) =>
    toComment(port, names === null ? (index === 0 ? 'PORT' : null) : portVariableOf(names[index] ?? '')),
  );
  const values = ports.map(({ value }) => value);
  const several = names === null ? values : Object.fromEntries(names.map((name, index) => [name, values[index] ?? 'auto']));
  const isOwnHost = host !== null && host !== '' && !['127.0.0.1', 'localhost'].includes(host);
  return [
    {
      ...(ports.length === 1 && names === null ? { key: 'port', value: first.value } : { key: 'ports', value: several }),
      comment,
    },
    ...(isOwnHost ? [{ key: 'host', value: host }] : []),
  ];
};

/** Names of the file, where all have one. Without a name, only the first port is told to the program, and a free one has to be. */
const toNames = (ports: readonly PlannedPort[]): readonly string[] | null => {
  const named = ports.flatMap(({ name }) => name ?? []);
  if (named.length === ports.length && new Set(named).size === ports.length) return named;
  const isFree = ports.slice(1).some(({ value }) => value === 'auto');
  return isFree ? ports.map(({ target }) => `p${target}`) : null;
};

const toComment = ({ target, value, number, owner }: PlannedPort, variable: string | null): readonly string[] => {
  if (owner !== null)
    return [`${target} is a port of "${owner}" on this machine; here it has to listen on ${variable ?? 'PORT'}.`];
  if (number === target) return [];
  return [`In the container it listens on ${target}; here it has to listen on ${variable ?? String(value)}.`];
};
