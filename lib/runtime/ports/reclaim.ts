import { formatMarker, type Marker } from '../../domain/process.ts';
import type { Clock } from '../clock.ts';
import { endPolitely } from '../processes/end-politely.ts';
import type { Processes, Tree } from '../processes.ts';

/** Between the polite signal and the one that cannot be refused, as for every service that says nothing else. */
export const grace = 5_000;

/** Ends trees of ours that hold a port. True: nothing of the tree is left. */
export type EndLeftover = (marker: Marker) => Promise<boolean>;

export const createEndLeftover = ({
  processes,
  clock,
}: {
  readonly processes: Processes;
  readonly clock: Clock;
}): EndLeftover => {
  const end = async (tree: Tree): Promise<boolean> =>
    (await endPolitely({ processes, clock, tree, signal: 'SIGTERM', grace })).length === 0;

  // Two services may want two ports of one leftover: it is ended once, and both wait for that.
  const ending = new Map<string, Promise<boolean>>();
  return (marker) => {
    const key = formatMarker(marker);
    const running = ending.get(key);
    if (running !== undefined) return running;
    const ended = end({ leader: null, marker }).finally(() => ending.delete(key));
    ending.set(key, ended);
    return ended;
  };
};
