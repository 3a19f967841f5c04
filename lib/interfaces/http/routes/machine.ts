import type { PortHolder } from '../../../domain/process.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import { findOrphans } from '../../../runtime/processes/orphans.ts';
import { json, type Route } from '../route.ts';
import type { HttpSources } from '../sources.ts';

/** What is there on this machine: who has which port, and what nobody supervises. */
export const machineRoutes: readonly Route[] = [
  {
    operation: 'ports',
    method: 'GET',
    path: '/api/v1/ports',
    summary: 'The ports of the services, and who listens on them',
    description:
      '`owner`: `service` (the service itself), `stack` (another service of this stack, or what is left of one), `other-stack`, `stranger`, or `nobody`.',
    answers: 'Ports',
    run: async (_request, { sources }) => json({ ports: await readPorts(sources) }),
  },
  {
    operation: 'orphans',
    method: 'GET',
    path: '/api/v1/orphans',
    summary: 'Processes of this stack that nobody supervises',
    description: '`muster recover` ends them.',
    answers: 'Orphans',
    run: async (_request, { sources }) => {
      // Listed first: what is started meanwhile is then not taken for one.
      const marked = await sources.findMarked();
      const { services } = await sources.control.snapshot();
      const orphans = findOrphans(marked, services).map(({ identity, marker, command, user }) => ({
        pid: identity.pid,
        service: marker.service,
        attempt: marker.attempt,
        user,
        command,
      }));
      return json({ orphans });
    },
  },
];

type Owner = 'service' | 'stack' | 'other-stack' | 'stranger' | 'nobody';

const readPorts = async ({ control, stack, project, findHolders }: HttpSources): Promise<readonly unknown[]> => {
  const { services } = await control.snapshot();
  const wanted = services.flatMap((service) => {
    const definition = stack().services.get(service.name);
    const host = definition?.host ?? '127.0.0.1';
    const ports = toPorts(service, definition?.ports ?? []);
    return ports.map((port) => ({ ...port, service: service.name, state: service.state, host }));
  });
  // One look at the system's table for each address, not for each service.
  const byHost = new Map<string, number[]>();
  for (const { host, port } of wanted) if (port !== null) byHost.set(host, [...(byHost.get(host) ?? []), port]);
  const found = new Map(
    await Promise.all([...byHost].map(async ([host, ports]) => [host, await findHolders([...new Set(ports)], host)] as const)),
  );
  return wanted.map(({ host, ...entry }) => {
    const holders = found.get(host)?.filter((holder) => holder.port === entry.port) ?? [];
    return { ...entry, host, owner: ownerOf(holders, entry.service, project), holders: holders.map(toHolder) };
  });
};

/** As they are on this run; of one that never ran, as they are wanted. */
const toPorts = (
  { ports }: ServiceSnapshot,
  declared: readonly { readonly name: string | null; readonly wanted: number | null }[],
): readonly { readonly name: string | null; readonly port: number | null; readonly wanted: number | null }[] =>
  declared.map(({ name, wanted }) => ({ name, wanted, port: ports.find((bound) => bound.name === name)?.port ?? wanted }));

const ownerOf = (holders: readonly PortHolder[], service: string, project: string): Owner => {
  const [holder] = holders;
  if (holder === undefined) return 'nobody';
  if (holder.marker === null) return 'stranger';
  if (holder.marker.project !== project) return 'other-stack';
  return holder.marker.service === service ? 'service' : 'stack';
};

const toHolder = ({ address, process, user, command, since, marker }: PortHolder): Readonly<Record<string, unknown>> => ({
  address,
  pid: process?.pid ?? null,
  user,
  command,
  since,
  service: marker?.service ?? null,
});
