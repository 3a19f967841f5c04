import type { Survivor } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import type { Clock } from '../clock.ts';
import type { Processes, Tree } from '../processes.ts';

export type EndOptions = {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly tree: Tree;
  readonly signal: NodeJS.Signals;
  readonly grace: Ms;
};

/** How long a tree may take to vanish after SIGKILL before it is reported as surviving. */
export const killPatience: Ms = 5_000;

/** The stop of something that nobody supervises: the signal, its grace, then SIGKILL. Resolves with what lives on all the same. */
export const endPolitely = async ({ processes, clock, tree, signal, grace }: EndOptions): Promise<readonly Survivor[]> => {
  const patience = new AbortController();
  const timer = clock.setTimer(grace, () => patience.abort());
  await processes.signalTree(tree, signal);
  await processes.awaitTreeEnd(tree, { passOn: signal, cancelled: patience.signal });
  timer.cancel();
  return patience.signal.aborted ? processes.killTree(tree, killPatience) : [];
};
