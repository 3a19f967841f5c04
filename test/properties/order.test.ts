import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import { toPlan } from '../../lib/domain/plan.ts';
import { bootAll } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aHistory } from '../support/runs.ts';
import { aSlotGraph, type SlotGraph } from '../support/slot-graphs.ts';
import { aRig } from '../support/stacks.ts';

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

/** A whole boot by the real supervisor, with make-believe processes that take their times. */
const bootIn = async ({ stack, times }: SlotGraph, priority: (name: string) => number): Promise<number> => {
  const scripts = Object.fromEntries(Object.entries(times).map(([name, readyAfter]) => [name, [{ readyAfter }]]));
  const { run } = await bootAll(aRig(stack, scripts, new Map(), priority));
  return run.duration;
};

describe('the order from memory, on random graphs with two slots', () => {
  it('is never worse than by name, and a tenth better on average', async () => {
    let gain = 0;
    for (const seed of seeds) {
      const graph = aSlotGraph(createRandom(seed), 2);
      const names = [...graph.stack.services.keys()].sort();
      const plan = toPlan(graph.stack, buildGraph(graph.stack.services), aHistory(graph.times));
      const byName = await bootIn(graph, (name) => -names.indexOf(name));
      const byMemory = await bootIn(graph, (name) => plan.services.get(name)?.priority ?? 0);
      expect(byMemory, `seed ${seed}`).to.be.at.most(byName);
      expect(plan.total, `seed ${seed}: the plan is what happens`).to.equal(byMemory);
      gain += byName / byMemory - 1;
    }
    expect(gain / seeds.length).to.be.at.least(0.1);
  });

  it('is still good where the times are off by up to a fifth', async () => {
    let gain = 0;
    for (const seed of seeds) {
      const random = createRandom(seed);
      const graph = aSlotGraph(random, 2);
      const names = [...graph.stack.services.keys()].sort();
      const remembered = Object.entries(graph.times).map(([name, ms]) => [name, ms * (0.8 + 0.4 * random.next())] as const);
      const plan = toPlan(graph.stack, buildGraph(graph.stack.services), aHistory(Object.fromEntries(remembered)));
      const byName = await bootIn(graph, (name) => -names.indexOf(name));
      gain += byName / (await bootIn(graph, (name) => plan.services.get(name)?.priority ?? 0)) - 1;
    }
    expect(gain / seeds.length).to.be.at.least(0.08);
  });
});
