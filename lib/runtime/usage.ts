import type { Ms } from '../domain/service.ts';
import type { Tree } from './processes.ts';

/** What the whole process tree of a service uses at one moment. */
export type TreeUsage = {
  /** Percent of one core since the reading before; null at the first one, and where the system does not tell. */
  readonly cpu: number | null;
  /** User and system time that its living processes have had in all; null where the system does not tell. */
  readonly cpuTime: Ms | null;
  /** In bytes; null where the system does not tell. */
  readonly memory: number | null;
  /** `pss`: what processes share is counted once. `rss`: it is counted for each, so the sum of a tree is too high. */
  readonly memoryKind: 'pss' | 'rss';
  readonly processes: number;
};

/**
 * Reads what these trees use, in their order. Whoever asks again within half a second is given the reading before, so that
 * several who look do not take away each other's interval.
 */
export type ReadUsage = (trees: readonly Tree[]) => Promise<readonly TreeUsage[]>;

/** One process. `cpuTime` in milliseconds, `memory` in bytes; null: not told. */
export type ProcessUsage = {
  readonly cpuTime: Ms | null;
  readonly memory: number | null;
  readonly memoryKind: TreeUsage['memoryKind'];
};

/** What the processes with these numbers use; one that is not there any more is left out. `isMany`: rather quickly than exactly. */
export type MeasureProcesses = (pids: readonly number[], isMany: boolean) => Promise<ReadonlyMap<number, ProcessUsage>>;
