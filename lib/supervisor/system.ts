import { stat } from 'node:fs/promises';
import { systemClock } from '../runtime/clock.ts';
import { runHelperCommand } from '../runtime/helper-command.ts';
import { rotateBeforeStart } from '../runtime/logs/rotate.ts';
import { tailLines } from '../runtime/logs/tail.ts';
import { type ClaimDependencies, createClaimPorts } from '../runtime/ports.ts';
import { createStartProbing } from '../runtime/probes/run.ts';
import { createProcesses } from '../runtime/processes/create.ts';
import { createSockets } from '../runtime/sockets/create.ts';
import type { Runtime, ServiceLogs } from './runtime.ts';

export type Ownership = Pick<ClaimDependencies, 'isRunning' | 'recordedAs'>;

/** The real system; what is ours on it, the supervisor says. */
export const openSystem = (ownership: Ownership): Runtime => {
  const clock = systemClock;
  const processes = createProcesses();
  const sockets = createSockets(processes);
  return {
    clock,
    processes,
    sockets,
    claimPorts: createClaimPorts({ processes, sockets, clock, ...ownership }),
    startProbing: createStartProbing({ sockets, clock }),
    runHelper: runHelperCommand,
    logs,
  };
};

const logs: ServiceLogs = {
  prepare: async (path, { maxSize, keep }) => {
    await rotateBeforeStart({ path, maxSize, keep });
    // Missing: the attempt will make it.
    return (await stat(path).catch(() => null))?.size ?? 0;
  },
  tail: (path, from, lines) => tailLines(path, lines, { from }),
};
