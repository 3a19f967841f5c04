import type { ProcessIdentity } from '../../../domain/process.ts';
import type { ServiceName } from '../../../domain/service.ts';
import type { Memory } from '../../../runtime/memory-file.ts';

/** What ran here last, as the memory knows it. */
export type Remembered = {
  readonly names: readonly ServiceName[];
  /** Null: no boot is remembered. */
  readonly environment: string | null;
  readonly processes: ReadonlyMap<ServiceName, ProcessIdentity>;
  /** It was taken down in order: by `down`, or by the end of the machine. */
  readonly wasStopped: boolean;
};

/**
 * Those that were meant to run when the memory was written last; where none was, because everything was stopped in order (as it
 * is when the machine is shut down), all that took part.
 */
export const toRemembered = ({ running, history }: Memory): Remembered => {
  const all = Object.entries(running);
  const meant = all.filter(([, { desired }]) => desired === 'running');
  const chosen = meant.length > 0 ? meant : all;
  return {
    names: chosen.map(([name]) => name),
    environment: history.runs.at(-1)?.environment ?? null,
    processes: new Map(chosen.flatMap(([name, { process: known }]) => (known === null ? [] : [[name, known] as const]))),
    wasStopped: meant.length === 0,
  };
};
