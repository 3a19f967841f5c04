import type { RecordedProcess } from '../domain/recorded.ts';
import type { Ms } from '../domain/service.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { markOf, markOfOlder } from '../runtime/file-mark.ts';
import { runHelperCommand } from '../runtime/helper-command.ts';
import { fingerprintInputs } from '../runtime/inputs.ts';
import { endBefore } from '../runtime/logs/end-before.ts';
import { createLogKeeper } from '../runtime/logs/keeper.ts';
import { rotateBeforeStart } from '../runtime/logs/rotate.ts';
import { tailLines } from '../runtime/logs/tail.ts';
import { type ClaimDependencies, createClaimPorts } from '../runtime/ports.ts';
import { createStartProbing } from '../runtime/probes/run.ts';
import { createProcesses } from '../runtime/processes/create.ts';
import { openProcessTable } from '../runtime/processes/platform.ts';
import { withRecorded } from '../runtime/processes/recorded.ts';
import { createSockets } from '../runtime/sockets/create.ts';
import { createReadUsage } from '../runtime/usage/read.ts';
import type { Runtime, ServiceLogs } from './runtime.ts';

export type Ownership = Pick<ClaimDependencies, 'isRunning'> & {
  /** What runs, as whoever was in charge before has recorded it. */
  readonly recorded: () => readonly RecordedProcess[];
};

/** The real system; what is ours on it, the supervisor says. */
export const openSystem = (ownership: Ownership, onLogProblem: (path: string, reason: string) => void): Runtime => {
  const clock = systemClock;
  const table = withRecorded(openProcessTable(), ownership.recorded);
  const processes = createProcesses(table);
  const sockets = createSockets(processes, table);
  return {
    clock,
    processes,
    sockets,
    claimPorts: createClaimPorts({ processes, sockets, clock, isRunning: ownership.isRunning }),
    startProbing: createStartProbing({ sockets, clock }),
    runHelper: runHelperCommand,
    logs: openLogs(clock, onLogProblem),
    readUsage: createReadUsage(processes, clock),
    ownCpuTime,
    fingerprintInputs,
    // Only where files are watched: it brings the matching of globs with it.
    watchFiles: async (options) => (await import('../runtime/watcher/watch.ts')).watchFiles(options),
    markOf,
    markOfOlder,
  };
};

export const ownCpuTime = (): Ms => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const openLogs = (clock: Clock, onProblem: (path: string, reason: string) => void): ServiceLogs => {
  const keeper = createLogKeeper({ clock, onProblem });
  return {
    prepare: async (path, { maxSize, keep }) => {
      const { from, result } = await rotateBeforeStart({ path, maxSize, keep });
      if (result.kind === 'postponed') onProblem(path, result.reason);
      keeper.keep({ path, maxSize, keep }, result.kind !== 'postponed');
      return from;
    },
    keep: (path, { maxSize, keep }) => void keeper.keep({ path, maxSize, keep }),
    endBefore,
    tail: (path, from, lines) => tailLines(path, lines, { from }),
    stop: () => keeper.stop(),
  };
};
