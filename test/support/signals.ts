import type { ProcessIdentity } from '../../lib/domain/process.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { projectIdsOf } from './procs.ts';

type Known = ProcessIdentity | null | undefined;

/**
 * Sends a signal to one process. Throws where none is known, and where the number is another's by now: to 0 it would go to
 * ourselves and our neighbours, to -1 to everything of this user.
 */
export const signalTo = (known: Known, signal: NodeJS.Signals): void => {
  if (!known || !Number.isInteger(known.pid) || known.pid <= 1) throw new Error(`no process: ${JSON.stringify(known)}`);
  const now = readIdentity(known.pid);
  if (now === null || now.startTime !== known.startTime || now.bootId !== known.bootId)
    throw new Error(`pid ${known.pid} is not the process any more that it was`);
  process.kill(known.pid, signal);
};

/** `kill -9`; see `signalTo`. */
export const killNine = (known: Known): void => signalTo(known, 'SIGKILL');

/** The process of this project that has the pid that muster told. Throws where there is none. */
export const ownProcess = async (
  { folder }: { readonly folder: string },
  pid: number | null | undefined,
): Promise<ProcessIdentity> => {
  const processes = createProcesses();
  const marked = await Promise.all(projectIdsOf(folder).map((id) => processes.findMarked(id)));
  const found = marked.flat().find(({ identity }) => identity.pid === pid);
  if (found === undefined) throw new Error(`no process of the project has the pid ${pid}`);
  return found.identity;
};
