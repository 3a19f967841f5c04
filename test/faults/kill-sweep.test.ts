import { expect } from 'chai';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createRandom, type Random } from '../support/random.ts';
import { type CallKind, canTrace } from '../support/strace.ts';
import { countLife, createChain, type Point, tellPoint } from '../support/sweep.ts';

/**
 * `MUSTER_SWEEP=all`: every system call of both lives, which takes minutes. `MUSTER_SWEEP=rename:3,write:40,after:250`: one chain
 * of kills, as a failure has told it. `MUSTER_SEED`: the same choice again.
 */
const asked = process.env.MUSTER_SWEEP ?? '';
const seed = Number(process.env.MUSTER_SEED ?? Math.floor(Math.random() * 1e9));
const fewest = 200;
/** Lives of one project before it ends in order: each next one takes over what the last one left. */
const inARow = 5;
/** Projects at once: most of the time they wait. */
const atOnce = 5;

const shuffle = <T>(items: readonly T[], random: Random): T[] =>
  items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

const isDurable = (kind: CallKind): boolean => kind !== 'write' && kind !== 'clone' && kind !== 'kill';

/** First the calls that leave something on the disk, then the many others. */
const toPoints = (counts: ReadonlyMap<CallKind, number>, random: Random): Point[] => {
  const all = [...counts].flatMap(([kind, most]) => Array.from({ length: most }, (_, index) => ({ kind, nth: index + 1 })));
  const points = shuffle(all, random);
  return [...points.filter(({ kind }) => isDurable(kind)), ...points.filter(({ kind }) => !isDurable(kind))];
};

const longestLife = 2_500;

const toTimes = (random: Random): Point[] => Array.from({ length: 1_000 }, () => ({ after: random.below(longestLife) }));

const parse = (text: string): Point[] =>
  text.split(',').map((each) => {
    const [kind = '', number = ''] = each.split(':');
    return kind === 'after' ? { after: Number(number) } : { kind: kind as CallKind, nth: Number(number) };
  });

describe('the supervisor is killed with -9 at any system call of a boot, a restart, an apply, a stop and a down', () => {
  let canaries: Canaries;
  before(async () => {
    canaries = await startCanaries({ program: 'listens.mjs' });
  });
  after(() => canaries.stop());

  /** Works through chains of points, several at once, until there are none, or enough were killed. */
  const sweep = async (next: (kills: number) => readonly Point[] | null): Promise<number> => {
    let kills = 0;
    let chains = 0;
    let isBroken = false;
    const work = async (): Promise<void> => {
      for (let points = next(kills); points !== null && !isBroken; points = next(kills)) {
        chains += 1;
        const byCommands = chains % 10 === 0;
        const chain = createChain();
        try {
          for (const point of points) {
            if ((await chain.live(point)) === 'killed') kills += 1;
            canaries.assertUnhurt();
          }
          await chain.end(byCommands);
          canaries.assertUnhurt();
        } catch (error) {
          isBroken = true;
          const again = `MUSTER_SWEEP=${points.map(tellPoint).join(',')}`;
          throw new Error(`${again} (seed ${seed}; ${chain.told()}): ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
    };
    // All of them have ended before the end of the test ends what they have started.
    const ends = await Promise.allSettled(Array.from({ length: atOnce }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return kills;
  };

  it('F13: nothing is lost, started twice or left, whoever lives is taken over, and no stranger is hurt', async function () {
    this.timeout(asked === 'all' ? 3_600_000 : 900_000);
    const random = createRandom(seed);
    if (asked !== '' && asked !== 'all') {
      const chains = [parse(asked)];
      await sweep(() => chains.pop() ?? null);
      return;
    }
    const isTraced = canTrace();
    const [first, again] = isTraced
      ? [toPoints(await countLife(true), random), toPoints(await countLife(false), random)]
      : [toTimes(random), toTimes(random)];
    const [every, inAll] = [inARow - 1, first.length + again.length];
    const how = isTraced ? `${inAll} system calls` : 'times by chance (no strace)';
    const took = performance.now();
    const kills = await sweep((soFar) => {
      if (asked === 'all' ? first.length + again.length === 0 : soFar >= fewest) return null;
      const points = [...first.splice(0, 1), ...again.splice(0, every)];
      return points.length === 0 ? null : points;
    });
    console.log(`      ${kills} kills of ${how}, in ${Math.round((performance.now() - took) / 1000)} s, seed ${seed}`);
    expect(kills).to.be.at.least(fewest);
  });
});
