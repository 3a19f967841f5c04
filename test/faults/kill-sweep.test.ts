import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createKiller, type Killer } from '../support/killer.ts';
import { createRandom } from '../support/random.ts';
import { canTrace, countCalls, traced } from '../support/strace.ts';
import { countLife, createChain } from '../support/sweep.ts';
import { type Chain, parseChain, toChains, toPoints } from '../sweep/points.ts';
import { sweep } from '../sweep/sweep.ts';

/**
 * `MUSTER_SWEEP=rename:3,write:40,after:250`: one chain of kills, as a failure has told it. `MUSTER_SEED`: the same choice again.
 * Every system call of both lives: `npm run sweep`.
 */
const asked = process.env.MUSTER_SWEEP ?? '';
const seed = Number(process.env.MUSTER_SEED ?? Math.floor(Math.random() * 1e9));
const fewest = 200;
const atOnce = 5;

/** In milliseconds: where nothing counts calls, the supervisor is killed at times by chance. */
const longestLife = 2_500;

describe('the supervisor is killed with -9 at any system call of a boot, a restart, an apply, a stop and a down', () => {
  let canaries: Canaries;
  let killer: Killer | null;
  before(async () => {
    killer = createKiller();
    canaries = await startCanaries({ program: 'listens.mjs' });
  });
  after(async () => {
    killer?.remove();
    await canaries.stop();
  });

  const sweepThrough = async (next: (kills: number) => Chain | null): Promise<number> => {
    const failures: Error[] = [];
    const failed = (error: Error): boolean => {
      failures.push(error);
      return false;
    };
    const kills = await sweep({ next, atOnce, killer, canaries, failed });
    if (failures[0] !== undefined) throw failures[0];
    return kills;
  };

  it('F13: nothing is lost, started twice or left, whoever lives is taken over, and no stranger is hurt', async function () {
    this.timeout(900_000);
    const random = createRandom(seed);
    if (asked !== '') {
      const chains = [parseChain(asked)];
      await sweepThrough(() => chains.pop() ?? null);
      return;
    }
    const all = { part: 1, of: 1 };
    const chains = killer
      ? toChains(
          { first: toPoints(await countLife(true, killer), all), again: toPoints(await countLife(false, killer), all) },
          random,
        )
      : Array.from({ length: 250 }, () => Array.from({ length: 5 }, () => ({ after: random.below(longestLife) })));
    const how = killer ? `${chains.flat().length} system calls` : 'times by chance (no compiler)';
    const took = performance.now();
    const kills = await sweepThrough((soFar) => (soFar >= fewest ? null : (chains.shift() ?? null)));
    console.log(`      ${kills} kills of ${how}, in ${Math.round((performance.now() - took) / 1000)} s, seed ${seed}`);
    expect(kills).to.be.at.least(fewest);
  });

  it('F13: none of those calls is missed: as many as strace sees', async function () {
    if (killer === null || !canTrace()) return this.skip();
    const chain = createChain(killer);
    const path = (name: string): string => join(dirname(chain.project.folder), name);
    const through = traced(path('trace'), killer.environment({ CALLS_TO: path('calls') }));
    expect(await chain.live({ through })).to.equal('ended');
    expect([...killer.countsIn(path('calls'))]).to.have.deep.members([...countCalls(readFileSync(path('trace'), 'utf8'))]);
  });
});
