import type { Path } from '../../domain/issue.ts';
import { hostsClash } from '../../domain/resolve/address.ts';
import type { Port } from '../../domain/service.ts';
import { activeServices, type CheckContext, type Checked } from './context.ts';

type Taken = {
  /** Of the instance. */
  readonly name: string;
  readonly owner: string;
  readonly host: string;
  readonly port: number;
  readonly path: Path;
};

/** The same port twice among the active services, ports that need extra rights, and `PORT` set to somebody else's. */
export const checkPorts = (context: CheckContext): void => {
  const byPort = new Map<number, Map<string, Taken>>();
  for (const checked of activeServices(context)) {
    const owner = checked.draft.name;
    const instances = context.instances.get(owner) ?? [];
    for (const { name, host, port } of instances.flatMap(({ ports, ...draft }) => ports.map((port) => ({ ...draft, port })))) {
      if (port.wanted === null) continue;
      const taken: Taken = { name, owner, host, port: port.wanted, path: ['services', owner, ...toPortPath(checked, port)] };
      const hosts = byPort.get(port.wanted) ?? new Map<string, Taken>();
      const clash = hosts.get(host) ?? [...hosts.values()].find((other) => hostsClash(other.host, host));
      if (clash !== undefined) reportClash(context, taken, clash);
      else hosts.set(host, taken);
      byPort.set(port.wanted, hosts);
      checkRights(context, taken);
    }
  }
  for (const checked of activeServices(context)) checkEnvPort(context, checked, byPort);
};

/** Where a port is written: the reverse of how ports get their names. */
const toPortPath = ({ raw }: Checked, { name }: Port): Path => {
  const { port, ports } = raw;
  const hasPort = port !== undefined;
  if (name === null) return hasPort ? ['port'] : ['ports', 0];
  return Array.isArray(ports) ? ['ports', Number(name) - (hasPort ? 2 : 1)] : ['ports', name];
};

const reportClash = ({ report, spot }: CheckContext, taken: Taken, other: Taken): void => {
  const { owner, name, host, port, path } = taken;
  const message =
    other.owner === owner
      ? `port ${port} is given twice in service "${owner}"${other.name === name ? '' : ': its replicas count up from each port'}`
      : other.host === host
        ? `port ${port} is already used by "${other.name}" (${spot(other.path, false)})`
        : `port ${port} on ${host} clashes with "${other.name}" on ${other.host}`;
  report({ severity: 'error', code: 'port-duplicate', path, message, hint: 'pick another port' });
};

const checkRights = ({ facts, report }: CheckContext, { port, path }: Taken): void => {
  if (facts.uid === null || facts.uid === 0 || port >= facts.firstFreePort) return;
  const message = `port ${port} needs extra rights for uid ${facts.uid}`;
  report({ severity: 'warning', code: 'port-privileged', path, message, hint: `use ${facts.firstFreePort} or above` });
};

const checkEnvPort = (
  { report }: CheckContext,
  { draft }: Checked,
  byPort: ReadonlyMap<number, ReadonlyMap<string, Taken>>,
): void => {
  const value = Object.hasOwn(draft.env, 'PORT') ? draft.env['PORT'] : undefined;
  if (typeof value !== 'string' || !/^\d{1,5}$/.test(value) || draft.ports.some(({ wanted }) => wanted === Number(value))) return;
  const other = [...(byPort.get(Number(value))?.values() ?? [])].find(({ owner }) => owner !== draft.name);
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
