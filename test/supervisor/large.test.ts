import { expect } from 'chai';
import type { Service, Stack } from '../../lib/domain/service.ts';
import { bootAll, stopAll } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aDependency, aRig, aService, aStack, type Rig } from '../support/stacks.ts';

const chain = (): Service[] =>
  Array.from({ length: 1_000 }, (_, index) =>
    aService(`s${index}`, { dependsOn: index === 0 ? [] : [aDependency(`s${index - 1}`)] }),
  );

const star = (): Service[] => [
  aService('hub'),
  ...Array.from({ length: 999 }, (_, index) => aService(`s${index}`, { dependsOn: [aDependency('hub')] })),
];

const layers = (): Service[] =>
  Array.from({ length: 100 }, (_, index) => {
    const below = index < 10 ? [] : Array.from({ length: 10 }, (_, at) => `s${Math.floor(index / 10) * 10 - 10 + at}`);
    return aService(`s${index}`, { dependsOn: below.map((on) => aDependency(on)) });
  });

const dense = (): Service[] => {
  const random = createRandom(158);
  return Array.from({ length: 500 }, (_, index) => {
    const needs = new Set(Array.from({ length: 20 }, () => `s${random.below(Math.max(1, index))}`));
    return aService(`s${index}`, { dependsOn: index === 0 ? [] : [...needs].map((on) => aDependency(on)) });
  });
};

/** Pairs that started or ended in the wrong order, by the times at which they did. */
const findDisorder = ({ services }: Stack, { runtime }: Rig): string[] => {
  const spawned = new Map(runtime.spawned.map(({ name, spawnedAt }) => [name, spawnedAt]));
  const ended = new Map(runtime.spawned.map(({ name, endedAt }) => [name, endedAt ?? Number.NaN]));
  return [...services.values()].flatMap(({ name, dependsOn }) =>
    dependsOn.flatMap(({ on }) => [
      // Each is ready 5 ms after its spawn, and gone 3 ms after its signal.
      ...((spawned.get(name) ?? 0) >= (spawned.get(on) ?? 0) + 5 ? [] : [`${name} started too early for ${on}`]),
      ...((ended.get(on) ?? 0) >= (ended.get(name) ?? 0) + 3 ? [] : [`${on} ended too early for ${name}`]),
    ]),
  );
};

describe('large stacks', () => {
  for (const [title, services, depth] of [
    ['a chain of 1,000', chain, 1_000],
    ['one that 999 need', star, 2],
    ['ten layers of ten, each of all below', layers, 10],
    ['500 with 20 needs each', dense, null],
  ] as const) {
    it(`F158: ${title}: starts and ends in order, and no later than it must`, async function () {
      const stack = aStack(services());
      const scripts = Object.fromEntries([...stack.services.keys()].map((name) => [name, [{ readyAfter: 5, stopTakes: 3 }]]));
      const rig = aRig(stack, scripts);
      const { outcome, run } = await bootAll(rig);
      expect(outcome.verdict).to.equal('up');
      if (depth !== null) expect(run.duration).to.equal(depth * 5);
      await stopAll(rig);
      expect(findDisorder(stack, rig)).to.deep.equal([]);
    });
  }
});
