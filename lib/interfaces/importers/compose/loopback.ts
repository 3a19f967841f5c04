import { type KnownPorts, portOfScheme } from './known-ports.ts';
import type { PortPlan } from './port-plan.ts';

type Plans = {
  readonly names: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, PortPlan>;
  readonly known: KnownPorts;
  readonly worry: (why: string) => void;
};

const loopback = /(?<![\w.-])(?:(https?):\/\/)?(localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(\d{1,5})(?!\d)|(?![\w.:-]))/gi;

/**
 * A service's own loopback, where that is the address that muster gives it; and its own port, where it has another one here than in
 * the container: in its health check. Without a port, an address of the web is one of port 80 or 443.
 */
export const toOwnAddress = (text: string, self: string, { names, ports, known, worry }: Plans): string => {
  const plan = ports.get(self);
  if (plan === undefined || plan.ports.length === 0) return text;
  const to = names.get(self) ?? self;
  const isLocal = plan.host === null || plan.host === '127.0.0.1';
  return text.replaceAll(loopback, (found: string, scheme: string | undefined, host: string, written: string | undefined) => {
    const port = written === undefined ? portOfScheme(scheme ?? '') : Number(written);
    const own = plan.ports.find(({ target }) => target === port);
    if (own === undefined || port === null) return found;
    const front = scheme === undefined ? '' : `${scheme}://`;
    const here = known.find(self, port);
    if (here === null) {
      const why = known.worryOf(self, port);
      if (why !== null) worry(why);
      return found;
    }
    if (host === '127.0.0.1' && isLocal) return `${front}\${${to}.host}:${here}`;
    if (own.value === own.target) return found;
    // The port of this machine, where the name is left to whoever resolves it.
    return scheme?.toLowerCase() === 'http' && written === undefined && isLocal
      ? `${front}\${${to}.host}:${here}`
      : `${front}${host}:${here}`;
  });
};
