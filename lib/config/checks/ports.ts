import type { Path } from '../../domain/issue.ts';
import { hostsClash } from '../../domain/resolve/address.ts';
import type { Port } from '../../domain/service.ts';
import type { CheckContext, Checked } from './context.ts';

type Taken = {
  /** Of the instance. */
  readonly name: string;
  readonly owner: string;
  readonly host: string;
  readonly port: number;
  readonly written: Port;
  readonly checked: Checked;
};

/** The same port twice among the active services, ports that need extra rights, and `PORT` set to somebody else's. */
export const checkPorts = (context: CheckContext): void => {
  const byPort = new Map<number, Taken[]>();
  for (const checked of context.activeServices) {
    const owner = checked.draft.name;
    for (const { name, host, ports } of context.instances.get(owner) ?? []) {
      for (const port of ports) {
        if (port.wanted === null) continue;
        const taken: Taken = { name, owner, host, port: port.wanted, written: port, checked };
        const others = byPort.get(port.wanted);
        const clash = others?.find((other) => other.host === host) ?? others?.find((other) => hostsClash(other.host, host));
        if (clash !== undefined) reportClash(context, taken, clash);
        else if (others === undefined) byPort.set(port.wanted, [taken]);
        else others.push(taken);
        checkRights(context, taken);
      }
    }
  }
  for (const checked of context.activeServices) checkEnvPort(context, checked, byPort);
};

/** Where a port is written: the reverse of how ports get their names. */
const toPortPath = ({ owner, checked: { raw }, written: { name } }: Taken): Path => {
  const { port, ports } = raw;
  const hasPort = port !== undefined;
  const base = ['services', owner];
  if (name === null) return hasPort ? [...base, 'port'] : [...base, 'ports', 0];
  return Array.isArray(ports) ? [...base, 'ports', Number(name) - (hasPort ? 2 : 1)] : [...base, 'ports', name];
};

const reportClash = ({ report, spot }: CheckContext, taken: Taken, other: Taken): void => {
  const { owner, name, host, port } = taken;
  const message =
    other.owner === owner
      ? `port ${port} is given twice in service "${owner}"${other.name === name ? '' : ': its replicas count up from each port'}`
      : other.host === host
        ? `port ${port} is already used by "${other.name}" (${spot(toPortPath(other), false)})`
        : `port ${port} on ${host} clashes with "${other.name}" on ${other.host}`;
  report({ severity: 'error', code: 'port-duplicate', path: toPortPath(taken), message, hint: 'pick another port' });
};

const checkRights = ({ facts, report }: CheckContext, taken: Taken): void => {
  const { port } = taken;
  if (facts.uid === null || facts.uid === 0 || port >= facts.firstFreePort) return;
  const message = `port ${port} needs extra rights for uid ${facts.uid}`;
  const path = toPortPath(taken);
  report({ severity: 'warning', code: 'port-privileged', path, message, hint: `use ${facts.firstFreePort} or above` });
};

const checkEnvPort = ({ report }: CheckContext, { draft }: Checked, byPort: ReadonlyMap<number, readonly Taken[]>): void => {
  const value = Object.hasOwn(draft.env, 'PORT') ? draft.env['PORT'] : undefined;
  if (typeof value !== 'string' || !/^\d{1,5}$/.test(value) || draft.ports.some(({ wanted }) => wanted === Number(value))) return;
  const other = byPort.get(Number(value))?.find(({ owner }) => owner !== draft.name);
  if (other === undefined) return;
  const message = `env PORT=${value} of "${draft.name}" equals the port of "${other.name}"`;
  report({
    severity: 'warning',
    code: 'port-duplicate',
    path: ['services', draft.name, 'env', 'PORT'],
    message,
    hint: 'pick another port',
  });
};
