import type { LogEnd } from '../domain/process.ts';
import type { Ms } from '../domain/service.ts';
import type { Clock } from '../runtime/clock.ts';
import type { HelperEnd, HelperOptions } from '../runtime/helper-command.ts';
import type { InputsOptions } from '../runtime/inputs.ts';
import type { StartProbing } from '../runtime/probes/probe.ts';
import type { Processes } from '../runtime/processes.ts';
import type { ClaimPorts, Sockets } from '../runtime/sockets.ts';
import type { ReadUsage } from '../runtime/usage.ts';
import type { WatchFiles } from '../runtime/watcher.ts';

/** Everything outside that the supervisor acts on. Tests give it a fake of each. */
export type Runtime = {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly sockets: Sockets;
  readonly claimPorts: ClaimPorts;
  readonly startProbing: StartProbing;
  readonly runHelper: (options: HelperOptions) => Promise<HelperEnd>;
  readonly logs: ServiceLogs;
  readonly readUsage: ReadUsage;
  /** CPU time that this very process has had, in milliseconds. */
  readonly ownCpuTime: () => Ms;
  /** Tells two states of a path apart; null: nothing is there. */
  readonly markOf: (path: string) => string | null;
  /** The same, of what was written last before that moment (epoch milliseconds); null: nothing is there, or it is newer. */
  readonly markOfOlder: (path: string, than: number) => string | null;
  readonly watchFiles: WatchFiles;
  readonly fingerprintInputs: (options: InputsOptions) => Promise<string>;
};

/** The output files of services, as far as the supervisor needs them. */
export type ServiceLogs = {
  /** Rotates what is too large, keeps it within its limits from now on, and tells where it ends before the attempt writes to it. */
  prepare(path: string, limits: { readonly maxSize: number; readonly keep: number }): Promise<LogEnd>;
  /** Keeps a log within its limits from now on. */
  keep(path: string, limits: { readonly maxSize: number; readonly keep: number }): void;
  /** Where it ended at that moment (epoch milliseconds), as far as anybody knows. */
  endBefore(path: string, moment: number): LogEnd;
  /** The last lines written since `from`, oldest first. */
  tail(path: string, from: LogEnd, lines: number): Promise<readonly string[]>;
  /** Resolves when no rotation is under way any more. */
  stop(): Promise<void>;
};
