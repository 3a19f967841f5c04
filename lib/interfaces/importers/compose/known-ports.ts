import type { PlannedPort, PortPlan } from './port-plan.ts';

/** The port that is meant where an address of this kind has none. */
const ofSchemes: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mysql2: 3306,
  mariadb: 3306,
  mssql: 1433,
  sqlserver: 1433,
  mongodb: 27017,
  redis: 6379,
  rediss: 6379,
  valkey: 6379,
  memcached: 11211,
  amqp: 5672,
  amqps: 5671,
  nats: 4222,
  mqtt: 1883,
  mqtts: 8883,
  kafka: 9092,
  zookeeper: 2181,
  clickhouse: 9000,
  cassandra: 9042,
  neo4j: 7687,
  bolt: 7687,
  couchdb: 5984,
  elasticsearch: 9200,
  influxdb: 8086,
  ldap: 389,
  ldaps: 636,
  smtp: 25,
  smtps: 465,
  ftp: 21,
  sftp: 22,
  ssh: 22,
};

/** `postgresql+asyncpg` is `postgresql`. Null: nobody knows. */
export const portOfScheme = (scheme: string): number | null => {
  const [base = ''] = scheme.toLowerCase().split('+');
  return Object.hasOwn(ofSchemes, base) ? (ofSchemes[base] ?? null) : null;
};

const wellKnown = new Set(Object.values(ofSchemes));

/** How ports of the containers are written on this machine; services by their names in the Compose file. */
export type KnownPorts = {
  /** That of one port: `${db.port}`, or a number; null: it does not say that it listens there. */
  readonly find: (service: string, port: number) => string | null;
  /** Whether the service listens there as far as anybody can tell: it says so, or says nothing and the port is a usual one. */
  readonly isLikely: (service: string, port: number) => boolean;
  /** The first port, where it is another one here than in the container. */
  readonly moved: (service: string) => PlannedPort | null;
  /** What goes wrong where this port is asked for, which the service does not say, or that is a free one here; null: nothing that is known. */
  readonly worryOf: (service: string, port: number) => string | null;
};

export const createKnownPorts = (names: ReadonlyMap<string, string>, plans: ReadonlyMap<string, PortPlan>): KnownPorts => {
  const owners = new Map<number, string>();
  for (const [service, { ports }] of plans) for (const { number } of ports) if (number !== null) owners.set(number, service);
  const portsOf = (service: string): readonly PlannedPort[] => plans.get(service)?.ports ?? [];
  const indexOf = (service: string, port: number): number => {
    const inside = portsOf(service).findIndex(({ target }) => target === port);
    return inside >= 0 ? inside : portsOf(service).findIndex(({ number }) => number === port);
  };
  const find = (service: string, port: number): string | null => {
    const index = indexOf(service, port);
    if (index === 0) return `\${${names.get(service) ?? service}.port}`;
    const number = portsOf(service)[index]?.number ?? null;
    return number === null ? null : String(number);
  };
  return {
    find,
    isLikely: (service, port) => indexOf(service, port) >= 0 || (portsOf(service).length === 0 && wellKnown.has(port)),
    moved: (service) => {
      const [first] = portsOf(service);
      return first === undefined || first.number === first.target ? null : first;
    },
    worryOf: (service, port) => {
      if (find(service, port) !== null) return null;
      if (indexOf(service, port) > 0)
        return `${port} of "${service}" is a free port here, that only "${service}" is told: give it a number`;
      const owner = owners.get(port);
      if (owner !== undefined && owner !== service)
        return `${port} is a port of "${owner}" on this machine, and "${service}" says none such: give "${service}" a port of its own`;
      return portsOf(service).length === 0 ? null : `"${service}" does not say that it listens on ${port}`;
    },
  };
};

/** What goes wrong where only the host is named, because the program that asks knows the port by itself. */
export const toldMoved = (service: string, name: string, { target, number }: PlannedPort): string =>
  `the port of "${service}" is not ${target} here, but ${number ?? 'a free one'}: whoever asks has to be told \${${name}.port}`;
