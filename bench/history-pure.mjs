// What needs no process: the gain of the order from memory, and the file at its largest.
import { statSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, median } from './rig.mjs';
import { load } from './sources.mjs';

const { foldHistory } = await load('lib/domain/fold.ts');
const { buildGraph } = await load('lib/domain/graph.ts');
const { toPlan } = await load('lib/domain/plan.ts');
const { simulate } = await load('lib/domain/schedule.ts');
const { createMemoryFile, emptyMemory } = await load('lib/runtime/memory-file.ts');
const { createRandom } = await load('test/support/random.ts');
const { aHistory, aLongHistory } = await load('test/support/runs.ts');
const { aSlotGraph } = await load('test/support/slot-graphs.ts');

/** On random graphs, whose times the memory knows. What is possible at most: all slots busy all the time, or the longest chain. */
export const measureOrder = (graphs) => {
  const [gains, possible] = [[], []];
  for (let seed = 1; seed <= graphs; seed += 1) {
    const { stack, times } = aSlotGraph(createRandom(seed), 2);
    const plan = toPlan(stack, buildGraph(stack.services), aHistory(times));
    const services = [...plan.services.values()];
    const order = services.map(({ name }) => name).sort();
    const ranks = services.map(({ name }) => order.indexOf(name));
    const nothing = { begun: null, settled: null };
    const byName = simulate({ ...plan.model, ranks, now: 0, remaining: () => 0, progress: () => nothing }).total;
    const work = Object.values(times).reduce((sum, ms) => sum + ms, 0);
    gains.push(byName / (plan.total ?? byName) - 1);
    possible.push(byName / Math.max(work / 2, ...services.map(({ remaining }) => remaining)) - 1);
  }
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  return {
    what: 'order from memory with 2 slots: 10 % ÷ its mean gain over names',
    ratio: 0.1 / mean(gains),
    limit: 1,
    note: `${percent(mean(gains))}, never below ${percent(Math.min(...gains))}; at most possible were ${percent(mean(possible))}`,
  };
};

/** 1,000 runs of 50 services, as they are stored: bytes and time to open. */
export const measureFile = async () => {
  const folder = makeFolder();
  const open = () =>
    createMemoryFile({
      path: path.join(folder, '.server_memory.json'),
      root: folder,
      facts: { uid: process.getuid?.() ?? null, machine: 'bench', bootId: 'bench' },
    });
  const history = foldHistory(aLongHistory(1000, 50));
  await open().save({ ...emptyMemory, history });
  const { size } = statSync(path.join(folder, '.server_memory.json'));
  const times = [];
  for (let round = 0; round < 7; round += 1) {
    const began = performance.now();
    await open().read();
    times.push(performance.now() - began);
  }
  const took = median(times);
  const what = '1,000 runs of 50 services';
  return [
    {
      what: `${what}: file ÷ 2 MB`,
      ratio: size / 2e6,
      limit: 1,
      note: `${(size / 1e6).toFixed(2)} MB, the last ${history.runs.length} in full`,
    },
    {
      what: `${what}: open ÷ 100 ms`,
      ratio: took / 100,
      limit: 1,
      note: `${took.toFixed(0)} ms, the first time ${times[0]?.toFixed(0)} ms`,
    },
  ];
};
