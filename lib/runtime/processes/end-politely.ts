import type { Survivor } from '../../domain/process.ts';
import type { Ms } from '../../domain/service.ts';
import type { Clock } from '../clock.ts';
import type { Processes, Tree } from '../processes.ts';
import { untilDone } from '../until-done.ts';

export type EndOptions = {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly tree: Tree;
  readonly signal: NodeJS.Signals;
  readonly grace: Ms;
};

/** How long a tree may take to vanish after SIGKILL before it is reported as surviving. */
export const killPatience: Ms = 5_000;

/**
 * The stop of something that nobody supervises: the signal, its grace, then SIGKILL. Resolves with what lives on all the same. What
 * cannot be done just now (no file can be opened, and so no process be looked at) is tried again.
 */
export const endPolitely = async ({ processes, clock, tree, signal, grace }: EndOptions): Promise<readonly Survivor[]> => {
  const patience = new AbortController();
  const timer = clock.setTimer(grace, () => patience.abort());
  const inItsGrace = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await untilDone(act, { clock, limit: Number.POSITIVE_INFINITY, cancelled: patience.signal });
    } catch (error) {
      if (!patience.signal.aborted) throw error;
    }
  };
  await inItsGrace(() => processes.signalTree(tree, signal));
  await inItsGrace(() => processes.awaitTreeEnd(tree, { passOn: signal, cancelled: patience.signal }));
  timer.cancel();
  if (!patience.signal.aborted) return [];
  return untilDone(() => processes.killTree(tree, killPatience), { clock, limit: killPatience });
};
