import type { ProcessIdentity } from '../../../domain/process.ts';
import { type Grouped, toGroups } from '../../../domain/replicas.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { Memory } from '../../../runtime/memory-file.ts';
import { findLost } from './broken.ts';

/** What ran here last, as the memory knows it. */
export type Remembered = {
  readonly names: readonly ServiceName[];
  /** Null: no boot is remembered. */
  readonly environment: string | null;
  readonly processes: ReadonlyMap<ServiceName, ProcessIdentity>;
  /** Nothing had failed or died, and somebody took it down in order since the machine, or the container, was booted: it is as they want it. */
  readonly wasTakenDown: boolean;
};

/**
 * Those that were meant to run when the memory was written last, and those that only the loss of another one took down; where
 * none was, because everything was stopped in order (as it is when the machine is shut down), all that took part. `bootedAt`: when
 * the machine or the container was, in epoch milliseconds; its end takes everything down in order, too, and nobody wanted that.
 */
export const toRemembered = ({ running, history }: Memory, bootedAt: number): Remembered => {
  const all = Object.entries(running);
  const lost = new Set(findLost(all.map(([name, { state, stoppedFor }]) => ({ name, state, stoppedFor }))));
  const meant = all.filter(([, { desired }]) => desired === 'running');
  const chosen = meant.length > 0 ? all.filter(([name, { desired }]) => desired === 'running' || lost.has(name)) : all;
  // The stop is told of the boot that it ended; what was started by hand later has runs of its own.
  const stoppedAt = history.runs.findLast(({ trigger, stop }) => trigger !== 'start' || stop !== null)?.stop?.startedAt ?? null;
  const hasFailed = all.some(([, { state }]) => state === 'failed' || state === 'skipped');
  return {
    names: chosen.map(([name]) => name),
    environment: history.runs.at(-1)?.environment ?? null,
    processes: new Map(chosen.flatMap(([name, { process: known }]) => (known === null ? [] : [[name, known] as const]))),
    wasTakenDown: meant.length === 0 && !hasFailed && stoppedAt !== null && stoppedAt >= bootedAt,
  };
};

/**
 * What a name as people type it means of that which is remembered: one service, or all its replicas. `services`: those of the file;
 * none where it is not read, and the numbers at the end of what is remembered have to tell. Empty: nothing of that name is.
 */
export const findRemembered = (
  remembered: readonly ServiceName[],
  services: Iterable<Grouped>,
  wanted: string,
): readonly ServiceName[] => {
  if (remembered.includes(wanted)) return [wanted];
  return (toGroups(services, remembered).get(wanted) ?? []).filter((name) => remembered.includes(name));
};
