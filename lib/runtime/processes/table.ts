import type { Marker } from '../../domain/process.ts';
import type { Description } from './describe.ts';
import type { ProcessStat } from './stat.ts';

export type ProcessRow = ProcessStat & { readonly marker: Marker | null };

/** All processes that are alive, by pid. */
export type Snapshot = ReadonlyMap<number, ProcessRow>;

export type KnownMarker = (pid: number, start: number) => Marker | null;

/** The system's list of processes. The one thing that every platform does in its own way. */
export type ProcessTable = {
  /** Opaque; differs after each boot of the machine, and between pid namespaces. */
  readonly bootId: string;
  /** True where a look at one process costs microseconds, so that it may be polled. */
  readonly isCheap: boolean;
  /** Null: not alive, or not visible. */
  read(pid: number): ProcessStat | null;
  /** Start of a child that was spawned in this turn, also when it has ended already. */
  startOf(pid: number): number | null;
  readMarker(pid: number): Marker | null;
  /**
   * Everything that was alive when it was called, at least. Calls that come before one begins share it, and with it `spawned`:
   * the marker that a child of ours was given, whose environment need not be read again; null: it is none of ours.
   */
  scan(spawned?: KnownMarker): Promise<Snapshot>;
  /** The same, of those only that have a marker. */
  scanMarked(): Promise<Snapshot>;
  describe(stat: ProcessStat): Description;
  /** In the unit of `ProcessStat.start`. */
  now(): number;
  /** To one process, or with a negative number to a group, as `process.kill`. Throws as that does. */
  send(pid: number, signal: NodeJS.Signals): void;
};

/** Turns of the loop for which a run waits at most, while each of them brings more calls. */
const longestGathering = 16;

/**
 * Joins calls of `work`: one that comes while a run is under way waits for the next run, together with all others that wait. A
 * run begins in the first turn that brings no further call, so that a thousand, which come over several turns, share one.
 */
export const joined = <Given extends unknown[], Result>(
  work: (...given: Given) => Promise<Result>,
): ((...given: Given) => Promise<Result>) => {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<Result> | null = null;
  let calls = 0;
  return (...given) => {
    calls += 1;
    if (waiting !== null) return waiting;
    const start = async (): Promise<Result> => {
      let heard = -1;
      for (let turns = 0; heard !== calls && turns < longestGathering; turns += 1) {
        heard = calls;
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
      }
      waiting = null;
      return await work(...given);
    };
    const next = running.then(start, start);
    waiting = next;
    running = next;
    return next;
  };
};
