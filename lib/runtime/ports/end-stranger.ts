import type { PortHolder, ProcessIdentity } from '../../domain/process.ts';
import { createGuard } from '../processes/guard.ts';
import { pause } from '../processes/pause.ts';
import { openProcessTable } from '../processes/platform.ts';
import type { Processes } from '../processes.ts';
import type { Sockets } from '../sockets.ts';
import { grace } from './reclaim.ts';

/** `refused`: the system does not let us, or it is one of those that are never ended. */
export type StrangerEnd = 'ended' | 'refused' | 'lives-on';

const killPatience = 2_000;

/**
 * Ends one process that is none of ours: only itself, neither its children nor its group nor anybody connected to it, first
 * asked and then killed. `isGone` may say that the reason for it is gone earlier: a server that closed its port on the first
 * signal is left to finish its work.
 */
export const endStranger = async (
  processes: Processes,
  identity: ProcessIdentity,
  isGone: () => Promise<boolean>,
): Promise<StrangerEnd> => {
  const guard = createGuard(openProcessTable())();
  if (guard.isProtected(identity.pid)) return 'refused';
  for (const { isForced, patience } of [
    { isForced: false, patience: grace },
    { isForced: true, patience: killPatience },
  ]) {
    if (!processes.isAlive(identity)) return 'ended';
    if (!(await signal(identity.pid, isForced)) && processes.isAlive(identity)) return 'refused';
    const until = performance.now() + patience;
    for (let wait = 2; performance.now() < until; wait = Math.min(wait * 1.5, 50)) {
      if (!processes.isAlive(identity) || (await isGone())) return 'ended';
      await pause(wait);
    }
  }
  return processes.isAlive(identity) ? 'lives-on' : 'ended';
};

/** Service managers start a program again within this time, in milliseconds, unless they are told to wait. */
const returnsWithin = 500;

/** Who listens again after the holders of a port were ended, as soon as somebody does; empty: nobody did for a while. */
export const watchForReturn = async (
  sockets: Sockets,
  { port, host }: { readonly port: number; readonly host: string },
  ended: readonly PortHolder[],
): Promise<readonly PortHolder[]> => {
  const before = new Set(ended.map(({ process: holder }) => holder?.pid));
  const until = performance.now() + returnsWithin;
  while (performance.now() < until) {
    const heirs = (await sockets.findHolders([port], host)).filter(({ process: heir }) => heir !== null && !before.has(heir.pid));
    if (heirs.length > 0) return heirs;
    await pause(25);
  }
  return [];
};

/** False: it was not sent. */
const signal = async (pid: number, isForced: boolean): Promise<boolean> => {
  const { default: fkill } = await import('fkill');
  try {
    await fkill(pid, { force: isForced, tree: false });
    return true;
  } catch {
    // fkill needs `ps` and `kill` as programs, which slim images lack. The plain call then says whether we may at all.
    return sendPlainly(pid, isForced ? 'SIGKILL' : 'SIGTERM');
  }
};

const sendPlainly = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
};
