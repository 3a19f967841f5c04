import { askOverConnection } from './connect.ts';
import { judgeOwner } from './owner.ts';
import type { CheckOnce } from './probe.ts';
import { passed } from './words.ts';

/** Passes when somebody of the service accepts a connection. Nothing is sent. */
export const checkTcp: CheckOnce<'tcp'> = ({ host, port }, target, tools) =>
  askOverConnection({
    host,
    port,
    clock: tools.clock,
    signal: tools.signal,
    attempt: async (_socket, peer) => {
      const result = judgeOwner(passed, { peer, port, target, sockets: tools.sockets });
      return { result, settles: result.ok };
    },
  });
