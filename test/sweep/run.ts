// Kills the supervisor at every system call of its life, in parts that are each a run of their own:
//   npm run sweep [-- --part 3/40 | --from 3/40] [--seed N] [--at-once N]
// Without --part all parts, one after the other. Prints the seed, and after each part how far it is; a chain of kills that did
// not end well is told with what to type to see it again. Ends with 1 when there was one.
import { parseArgs } from 'node:util';
import { startCanaries } from '../support/canaries.ts';
import { cleanUpProjects } from '../support/cli.ts';
import { createKiller } from '../support/killer.ts';
import { createRandom } from '../support/random.ts';
import { countLife } from '../support/sweep.ts';
import { toChains, toPoints } from './points.ts';
import { sweep } from './sweep.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    'at-once': { type: 'string', default: '5' },
  },
});

const toNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`"${text}" is no number from 1`);
  return number;
};
const [asked = '1', outOf = '40'] = (values.part ?? values.from ?? '1/40').split('/');
const [first, of] = [toNumber(asked), toNumber(outOf)];
const last = values.part === undefined ? of : first;
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : toNumber(values.seed);
const atOnce = toNumber(values['at-once']);

const killer = createKiller();
if (killer === null) throw new Error('the sweep needs Linux and a C compiler');
const failures: string[] = [];
try {
  const [booting, takingOver] = [await countLife(true, killer), await countLife(false, killer)];
  const count = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, each) => sum + each, 0);
  console.log(`seed ${seed}: ${count(booting)} calls of a life that boots, ${count(takingOver)} of one that takes over`);
  for (let part = first; part <= last; part += 1) {
    const began = performance.now();
    const canaries = await startCanaries({ program: 'listens.mjs' });
    try {
      const share = { part, of };
      const points = { first: toPoints(booting, share), again: toPoints(takingOver, share) };
      const chains = toChains(points, createRandom(seed + part));
      const failed = (error: Error): boolean => {
        failures.push(error.message);
        console.error(error.message);
        return true;
      };
      const kills = await sweep({ next: () => chains.shift() ?? null, atOnce, killer, canaries, failed });
      const told = `${kills} kills of ${points.first.length + points.again.length} points`;
      console.log(
        `part ${part}/${of}: ${told}, ${Math.round((performance.now() - began) / 1000)} s, ${failures.length} failed so far`,
      );
    } finally {
      await canaries.stop();
      await cleanUpProjects();
    }
  }
} finally {
  killer.remove();
  await cleanUpProjects();
}
if (failures.length > 0) process.exitCode = 1;
