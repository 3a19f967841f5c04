import type { PortHolder, ProbeResult } from '../../domain/process.ts';
import type { Sockets } from '../sockets.ts';
import type { Peer } from './connect.ts';
import type { ProbeTarget } from './probe.ts';
import { failed } from './words.ts';

const toHolder = ({ process, command, user, uid }: PortHolder): string => {
  if (process === null)
    return `a process of ${user ?? (uid === null ? 'another user' : `uid ${uid}`)} that cannot be seen from here`;
  return `pid ${process.pid}${command === null ? '' : ` (${command})`}`;
};

export type Judged = {
  readonly target: ProbeTarget;
  readonly sockets: Sockets;
  readonly peer: Peer;
  readonly port: number;
};

/**
 * A connection to a declared local port proves something only when the listener is in the service's own process tree: an old
 * instance or a stranger answers just as well. Where the platform cannot tell, the answer counts. A stranger is also named
 * when the answer was bad: it is the reason.
 */
export const judgeOwner = (result: ProbeResult, { target, sockets, peer, port }: Judged): ProbeResult => {
  if (!target.ports.includes(port) || !peer.isLocal) return result;
  const owner = sockets.ownerOf(port, peer.address, target.tree);
  if (owner.kind === 'stranger') return failed(`port ${port} is answered by ${toHolder(owner.holder)}, not by this service`);
  return owner.kind === 'nobody' && result.ok ? failed(`port ${port} answers, but nobody listens on it here`) : result;
};
