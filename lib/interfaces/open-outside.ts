import { realpathSync } from 'node:fs';
import { recordedProcesses } from '../domain/recorded.ts';
import { projectId } from '../runtime/identity.ts';
import { createProcesses } from '../runtime/processes/create.ts';
import { openProcessTable } from '../runtime/processes/platform.ts';
import { withRecorded } from '../runtime/processes/recorded.ts';
import type { Processes } from '../runtime/processes.ts';
import { createSockets } from '../runtime/sockets/create.ts';
import type { Sockets } from '../runtime/sockets.ts';
import { openMemoryFile } from './open-memory.ts';
import { readRecorded } from './recorded.ts';

/** The processes and listeners of a project, for who does not supervise it: whose one is may only be known from what was recorded. */
export type Outside = { readonly processes: Processes; readonly sockets: Sockets };

/** `root`: the project's folder. It reads the memory and the journal once. */
export const openOutside = async (root: string, env: Readonly<Record<string, string | undefined>>): Promise<Outside> => {
  const real = realpathSync(root);
  const { memory } = await (await openMemoryFile(real)).read();
  const recorded = recordedProcesses(readRecorded(real, memory, env), projectId(real));
  const table = withRecorded(openProcessTable(), () => recorded);
  const processes = createProcesses(table);
  return { processes, sockets: createSockets(processes, table) };
};
