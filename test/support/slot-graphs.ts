import type { Ms, ServiceName, Stack } from '../../lib/domain/service.ts';
import type { Random } from './random.ts';
import { aDependency, aService, aStack } from './stacks.ts';

export type SlotGraph = { readonly stack: Stack; readonly times: Readonly<Record<ServiceName, Ms>> };

/**
 * Services that each need some of the few before them, with names that say nothing about their place: short and long chains side
 * by side, as stacks have them. Times of 50 ms to 1 s.
 */
export const aSlotGraph = (random: Random, slots: number): SlotGraph => {
  const count = 12 + random.below(19);
  const names = shuffle(
    Array.from({ length: count }, (_, index) => `s${index}`),
    random,
  );
  const times: Record<ServiceName, Ms> = {};
  const services = names.map((name, index) => {
    times[name] = Math.round(50 * Math.exp(3 * random.next()));
    const near = names.slice(Math.max(0, index - 4), index).filter(() => random.chance(0.3));
    return aService(name, { dependsOn: near.map((on) => aDependency(on)) });
  });
  return { stack: aStack(services, { maxParallel: slots }), times };
};

const shuffle = <T>(items: readonly T[], random: Random): T[] => {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const [a, b] = [shuffled[index], shuffled[other]];
    if (a === undefined || b === undefined) continue;
    shuffled[index] = b;
    shuffled[other] = a;
  }
  return shuffled;
};
