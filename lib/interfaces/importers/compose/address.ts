import type { Ledger } from '../ledger.ts';
import type { Spot } from '../tree.ts';
import type { AddressUse } from './context.ts';
import type { PortPlan } from './port-plan.ts';

type Plans = {
  readonly names: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, PortPlan>;
  readonly ledger: Ledger;
};

/**
 * In Compose a service is a host name. Here all services are on one machine, so that `db:5432` is written as what muster fills in:
 * `${db.host}:${db.port}`. Taken for one is what stands where hosts stand: before one of its ports, behind `//` or `@`, or as the
 * whole value of a variable whose name says HOST.
 */
export const createAddressWriter = ({ names, ports, ledger }: Plans): ((text: string, spot: Spot, use: AddressUse) => string) => {
  const pattern = toPattern([...names.keys()]);
  return (text, spot, { self, isHost }) => {
    const written = withOwnPort(text, names.get(self) ?? self, ports.get(self));
    if (pattern === null) return written;
    const result = written.replaceAll(
      pattern,
      (found: string, before: string | undefined, name: string, port: string | undefined) => {
        const to = names.get(name) ?? name;
        const front = before ?? '';
        const planned = ports.get(name);
        if (port !== undefined) return `${front}\${${to}.host}:${toPort(to, Number(port), planned)}`;
        if (front.endsWith('//')) {
          const [first] = planned?.ports ?? [];
          const isDefault = first !== undefined && (first.target === 80 || first.target === 443);
          return `${front}\${${to}.host}${isDefault ? `:\${${to}.port}` : ''}`;
        }
        return front === '@' || (isHost && found === written) ? `${front}\${${to}.host}` : found;
      },
    );
    const short = result.replaceAll(/http:\/\/\$\{([\w.-]+)\.host\}:\$\{\1\.port\}/g, '${$1.url}');
    if (short !== text) ledger.note(spot, `the addresses in it became those of this machine: ${short}`);
    return short;
  };
};

/** Longest names first, so that `db-2` is not `db`. */
const toPattern = (names: readonly string[]): RegExp | null => {
  if (names.length === 0) return null;
  const alternatives = [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\-]/g, '\\$&'));
  return new RegExp(
    `(?:(//|@)|(?<![\\w.$/{@-]))(${alternatives.join('|')})(?![\\w.-])(?!:[^\\s/]*@)(?::(\\d{2,5})(?![\\w.]))?`,
    'g',
  );
};

const toPort = (to: string, port: number, plan: PortPlan | undefined): string => {
  const index = plan?.ports.findIndex(({ target, number }) => target === port || number === port) ?? -1;
  if (index === 0) return `\${${to}.port}`;
  return String(plan?.ports[index]?.number ?? port);
};

/**
 * Its own loopback, where that is the address that muster gives it; and its own port, where it has another one here than in the
 * container: in its health check.
 */
const withOwnPort = (text: string, self: string, plan: PortPlan | undefined): string => {
  const [first] = plan?.ports ?? [];
  if (first === undefined) return text;
  const isLocal = plan?.host === null || plan?.host === '127.0.0.1';
  return text.replaceAll(
    /(?<![\w.-])(localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5})(?!\d)/g,
    (found, host: string, port: string) => {
      const own = plan?.ports.find(({ target }) => target === Number(port));
      if (own === undefined) return found;
      const isMoved = own.number !== own.target;
      if (host === '127.0.0.1' && isLocal) return `\${${self}.host}:${own === first ? `\${${self}.port}` : (own.number ?? port)}`;
      return own === first && isMoved ? `${host}:\${${self}.port}` : found;
    },
  );
};
