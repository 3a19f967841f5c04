import type { Canaries } from '../support/canaries.ts';
import type { Killer } from '../support/killer.ts';
import { createChain, tellPoint } from '../support/sweep.ts';
import type { Chain } from './points.ts';

export type SweepOptions = {
  /** Asked for the next chain, with how many were killed so far; null: no more. */
  readonly next: (kills: number) => Chain | null;
  /** Projects at once: most of the time they wait. */
  readonly atOnce: number;
  /** Null: no point is a call. */
  readonly killer: Killer | null;
  readonly canaries: Canaries;
  /** A chain that did not end well, and what to type to see it again. True: go on with the others. */
  readonly failed: (error: Error) => boolean;
};

const everyTenthByCommands = 10;

/** Works through chains, several at once, until there are none. Returns how many supervisors were killed. */
export const sweep = async ({ next, atOnce, killer, canaries, failed }: SweepOptions): Promise<number> => {
  let kills = 0;
  let chains = 0;
  let isOver = false;
  const liveThrough = async (points: Chain): Promise<void> => {
    chains += 1;
    const byCommands = chains % everyTenthByCommands === 0;
    const chain = createChain(killer);
    try {
      for (const point of points) {
        if ((await chain.live(point)) === 'killed') kills += 1;
        canaries.assertUnhurt();
      }
      await chain.end(byCommands);
      canaries.assertUnhurt();
    } catch (cause) {
      const again = `MUSTER_SWEEP=${points.map(tellPoint).join(',')}`;
      const what = cause instanceof Error ? cause.message : String(cause);
      if (!failed(new Error(`${again} (${chain.told()}): ${what}`, { cause }))) isOver = true;
    }
  };
  const work = async (): Promise<void> => {
    for (let points = next(kills); points !== null && !isOver; points = next(kills)) await liveThrough(points);
  };
  // All of them have ended before the end of the test ends what they have started.
  await Promise.all(Array.from({ length: atOnce }, work));
  return kills;
};
