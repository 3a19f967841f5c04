import type { Service, Stack } from '../../lib/domain/service.ts';
import type { Script } from './fake-runtime.ts';
import type { Random } from './random.ts';
import { aDependency, aProbe, aService, aStack, aTask } from './stacks.ts';

const aRandomService = (random: Random, name: string, earlier: readonly Service[]): Service => {
  const dependsOn = earlier
    .filter(() => random.chance(Math.min(0.5, 3 / (earlier.length + 1))))
    .map((on) =>
      aDependency(on.name, {
        condition: on.type === 'task' ? 'completed' : random.pick(['healthy', 'started'] as const),
        required: random.chance(0.8),
        waitUpTo: random.chance(0.1) ? random.below(2_000) : null,
        onLoss: random.pick(['ignore', 'restart', 'stop'] as const),
      }),
    );
  const shared = {
    dependsOn,
    optional: random.chance(0.15),
    waitBeforeStart: random.chance(0.15) ? random.below(500) : 0,
    restart: {
      ...aService(name).restart,
      policy: random.pick(['no', 'on-failure', 'always'] as const),
      max: random.below(4),
    },
  };
  if (random.chance(0.15)) return aTask(name, { ...shared, restart: { ...shared.restart, policy: 'no' } });
  return aService(name, {
    ...shared,
    startupDelay: random.chance(0.15) ? random.below(500) : 0,
    healthTimeout: 500 + random.below(2_000),
    ready: random.chance(0.8) ? aProbe({ successes: 1 }) : null,
  });
};

const aRandomScript = (random: Random, service: Service): Script => {
  const stopTakes = random.chance(0.1) ? null : random.below(400);
  if (service.type === 'task') return { stopTakes, exits: { after: random.below(800), code: random.chance(0.2) ? 1 : 0 } };
  if (random.chance(0.1)) return { stopTakes, readyAfter: null, exits: { after: random.below(500), code: random.below(3) } };
  if (random.chance(0.07)) return { stopTakes, readyAfter: null };
  if (random.chance(0.05)) return { spawnFails: { stage: 'program', code: 'ENOENT', message: 'was not found', passing: false } };
  return { stopTakes, readyAfter: random.below(900) };
};

/** Up to 25 services with random edges, delays, failures, retries and slots; what each of them does is in its scripts. */
export const aRandomStack = (random: Random): { stack: Stack; scripts: Record<string, readonly Script[]> } => {
  const services: Service[] = [];
  const count = 1 + random.below(25);
  for (let index = 0; index < count; index += 1) services.push(aRandomService(random, `s${index}`, services));
  const scripts = Object.fromEntries(
    services.map((service) => [service.name, Array.from({ length: 1 + random.below(3) }, () => aRandomScript(random, service))]),
  );
  return { stack: aStack(services, { maxParallel: random.chance(0.3) ? 1 + random.below(4) : null }), scripts };
};
