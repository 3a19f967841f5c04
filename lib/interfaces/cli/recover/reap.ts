import { defaultStop } from '../../../domain/defaults.ts';
import type { ServiceName } from '../../../domain/service.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createProcesses } from '../../../runtime/processes/create.ts';
import { endPolitely } from '../../../runtime/processes/end-politely.ts';
import { findOrphans } from '../../../runtime/processes/orphans.ts';
import type { MarkedProcess } from '../../../runtime/processes.ts';
import type { RemoteControl } from '../../control/client.ts';

export type Reaped = { readonly service: ServiceName; readonly pid: number; readonly command: string; readonly isGone: boolean };

/** Ends every process of the project that its supervisor knows nothing of: signal, grace, SIGKILL. */
export const reapOrphans = async (project: string, control: RemoteControl): Promise<readonly Reaped[]> => {
  const processes = createProcesses();
  const marked = await processes.findMarked(project);
  const orphans = findOrphans(marked, (await control.snapshot()).services);
  // A tree is ended whole, up to the newest of its attempts that is orphaned.
  const newest = new Map<ServiceName, MarkedProcess>();
  for (const orphan of orphans) {
    const known = newest.get(orphan.marker.service);
    if (known === undefined || known.marker.attempt < orphan.marker.attempt) newest.set(orphan.marker.service, orphan);
  }
  const { signal, timeout } = defaultStop;
  await Promise.all(
    [...newest.values()].map(({ marker }) =>
      endPolitely({ processes, clock: systemClock, tree: { leader: null, marker }, signal, grace: timeout }),
    ),
  );
  return orphans.map(({ identity, marker, command }) => ({
    service: marker.service,
    pid: identity.pid,
    command,
    isGone: !processes.isAlive(identity),
  }));
};
