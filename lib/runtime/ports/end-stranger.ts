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
    const sent = await send(processes, identity, isForced);
    if (sent === 'gone') return 'ended';
    if (sent === 'refused' && processes.isAlive(identity)) return 'refused';
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

type Sent = 'sent' | 'gone' | 'refused';

/** Where there are signals, in the very turn in which it was seen to be the one that is meant: later, the number may be somebody else's. */
const send = async (processes: Processes, identity: ProcessIdentity, isForced: boolean): Promise<Sent> => {
  const ask = process.platform === 'win32' ? await askOnWindows() : sendSignal;
  return processes.isAlive(identity) ? ask(identity.pid, isForced) : 'gone';
};

const sendSignal = (pid: number, isForced: boolean): Sent => {
  try {
    process.kill(pid, isForced ? 'SIGKILL' : 'SIGTERM');
    return 'sent';
  } catch {
    // EPERM: we may not. ESRCH: it has just ended, which is looked at next.
    return 'refused';
  }
};

/** Without signals only a program of the system can ask a process to end; who calls it right is fkill. */
const askOnWindows = async (): Promise<(pid: number, isForced: boolean) => Promise<Sent>> => {
  const { default: fkill } = await import('fkill');
  return async (pid, isForced) => {
    try {
      await fkill(pid, { force: isForced, tree: false });
      return 'sent';
    } catch {
      return 'refused';
    }
  };
};
