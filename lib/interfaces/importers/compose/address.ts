import type { Ledger } from '../ledger.ts';
import type { Spot } from '../tree.ts';
import type { AddressUse } from './context.ts';
import { type KnownPorts, portOfScheme, toldMoved } from './known-ports.ts';
import { toOwnAddress } from './loopback.ts';
import { mark, mask, splitDefault, unmask } from './masked.ts';
import type { PortPlan } from './port-plan.ts';
import { withDefaults } from './variables.ts';

type Plans = {
  readonly names: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, PortPlan>;
  readonly known: KnownPorts;
  readonly ledger: Ledger;
};

/**
 * In Compose a service is a host name. Here all services are on one machine, so that `db:5432` is written as what muster fills in:
 * `${db.host}:${db.port}`. Taken for one is what stands where hosts stand: in `scheme://…`, before one of its ports, behind
 * `--host`, and as the whole value of a variable whose name says HOST. What may be one, and stays as it is, is told.
 */
export const createAddressWriter = (plans: Plans): ((text: string, spot: Spot, use: AddressUse) => string) => {
  return (text, spot, use) => {
    const worries = new Set<string>();
    const job: Job = { ...plans, use, worry: (why) => void worries.add(why) };
    const written = rewrite(text, use.what === 'host' || use.what === 'flagged', 0, job);
    const short = written.replaceAll(/http:\/\/\$\{([\w.-]+)\.host\}:\$\{\1\.port\}/g, '${$1.url}');
    if (short !== text) plans.ledger.note(spot, `the addresses in it became those of this machine: ${withoutPasswords(short)}`);
    for (const why of worries) plans.ledger.note(spot, why);
    return short;
  };
};

/** What is told is printed, and may be kept by whoever runs it. */
const withoutPasswords = (text: string): string => text.replaceAll(/(:\/\/[^\s:@/]*):[^\s@/]+@/g, '$1:…@');

type Job = Plans & { readonly use: AddressUse; readonly worry: (why: string) => void };

/** `depth`: in the defaults of how many variables it stands. muster fills in addresses in those of the first. */
const rewrite = (text: string, isHost: boolean, depth: number, job: Job): string => {
  const { text: plain, variables } = mask(text);
  const isWhole = new RegExp(`^${mark}$`).test(plain);
  const around: Around = { variables: [...variables], job };
  const hosts = isHost ? toHosts(plain, around) : plain;
  if (hosts === plain && depth <= 1 && job.use.what === 'value' && job.names.has(plain.trim()))
    job.worry(
      `it stays "${plain.trim()}", which is the name of a service: where it is its address, write \${${job.names.get(plain.trim())}.host}`,
    );
  const moved = toOwnAddress(toBare(toFlagged(toUrls(hosts, around), around), around), job.use.self, job);
  const inside = around.variables.map((variable) => {
    const parts = splitDefault(variable);
    if (parts === null) return variable;
    const value = rewrite(parts.value, isHost && isWhole, depth + 1, job);
    if (value === parts.value || depth < 1) return `${parts.head}${value}}`;
    job.worry(`an address stands so deep in variables that it stays as it is: ${parts.value}`);
    return variable;
  });
  return unmask({ text: moved, variables: inside });
};

type Around = { readonly variables: string[]; readonly job: Job };

const nameToken = String.raw`[A-Za-z0-9_][\w.-]*`;
const portToken = String.raw`\d{1,5}|${mark}`;

/** `scheme://user:word@db:5432,db2/x`: each of the hosts. What a list of addresses has next is one of its own. */
const url = /(?<![\w+.-])([a-z][\w+.-]*):\/\/((?:(?!,[a-z][\w+.-]*:\/\/)[^\s/?#"'`<>()[\]{}|&;\\])*)/gi;
const hostAndPort = new RegExp(`^(${nameToken})(?::(${portToken}))?$`);

const toUrls = (text: string, around: Around): string =>
  text.replaceAll(url, (found: string, scheme: string, authority: string) => {
    const from = authority.lastIndexOf('@') + 1;
    const hosts = authority.slice(from).split(',');
    const written = hosts.map((each) => {
      const [, name, port] = hostAndPort.exec(each) ?? [];
      return name === undefined || !around.job.names.has(name) ? each : toHost(name, port ?? null, scheme, around);
    });
    return `${found.slice(0, found.length - authority.length + from)}${written.join(',')}`;
  });

/** `db:5432` where nothing says that it is an address: then it has to be a port that the service is known for. */
const bare = new RegExp(`(?:(?<=@)|(?<=(?<!:)//)|(?<![\\w.$/{@\\0-]))(${nameToken}):(${portToken})(?![\\w.:@-])`, 'g');

const toBare = (text: string, around: Around): string =>
  text.replaceAll(bare, (found: string, name: string, port: string) => {
    const { names, known, worry } = around.job;
    if (!names.has(name)) return found;
    const number = toNumber(port, around);
    if (number !== null && known.isLikely(name, number)) return toHost(name, port, null, around);
    worry(`${unmask({ text: found, variables: around.variables })} stays as it is: "${name}" does not say that it listens there`);
    return found;
  });

/** `--host db`, `-h db`, `Host=db;`. */
const flagged = new RegExp(
  `(?<![\\w-])((?:--?[\\w-]*(?:host(?:name)?|server)|-h)(?:=|\\s+)|(?:\\w*host(?:name)?|server|data source)=)(${nameToken})(?![\\w.:/@-])`,
  'gi',
);

const toFlagged = (text: string, around: Around): string =>
  text.replaceAll(flagged, (found: string, front: string, name: string) =>
    around.job.names.has(name) ? `${front}${toHost(name, null, null, around)}` : found,
  );

/** A value that is said to be a host, or several. */
const toHosts = (text: string, around: Around): string =>
  text
    .split(/([\s,;]+)/)
    .map((each) => {
      const [, name, port] = hostAndPort.exec(each) ?? [];
      if (name === undefined || !around.job.names.has(name)) return each;
      return toHost(name, port ?? null, null, around);
    })
    .join('');

const toNumber = (port: string, { variables }: Around): number | null => {
  const text = withDefaults(unmask({ text: port, variables }));
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : null;
};

const toHost = (name: string, port: string | null, scheme: string | null, around: Around): string => {
  const { names, known, worry, use } = around.job;
  const to = names.get(name) ?? name;
  const host = `\${${to}.host}`;
  const number = port === null ? (scheme === null ? null : portOfScheme(scheme)) : toNumber(port, around);
  if (number === null) {
    const moved = known.moved(name);
    if (moved !== null && port === null && use.what !== 'host') worry(toldMoved(name, to, moved));
    return port === null ? host : `${host}:${port}`;
  }
  const here = known.find(name, number);
  const why = known.worryOf(name, number);
  if (why !== null) worry(why);
  if (port === null) return here === null ? host : `${host}:${here}`;
  return `${host}:${here === null ? port : withPort(port, here, around)}`;
};

/** In the place of a number, or of the default of the variable that stands for it. */
const withPort = (port: string, here: string, { variables }: Around): string => {
  const index = Number(/^\0(\d+)\0$/.exec(port)?.[1] ?? -1);
  const parts = splitDefault(variables[index] ?? '');
  if (parts === null) return here;
  variables[index] = `${parts.head}${here}}`;
  return port;
};
