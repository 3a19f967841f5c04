import { expect } from 'chai';
import type { Change } from '../../lib/domain/events.ts';
import { edgeState } from '../../lib/domain/gate.ts';
import type { Service, Stack } from '../../lib/domain/service.ts';
import { isLive, isSettled } from '../../lib/domain/state.ts';
import { bootAll, startBoot, startStop, stopAll } from '../support/drive.ts';
import type { Script } from '../support/fake-runtime.ts';
import { createRandom, type Random } from '../support/random.ts';
import { aDependency, aProbe, aRig, aService, aStack, aTask, type Rig } from '../support/stacks.ts';

const seeds = Array.from({ length: 150 }, (_, index) => index + 1);

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

const aRandomStack = (random: Random): { stack: Stack; scripts: Record<string, readonly Script[]> } => {
  const services: Service[] = [];
  const count = 1 + random.below(25);
  for (let index = 0; index < count; index += 1) services.push(aRandomService(random, `s${index}`, services));
  const scripts = Object.fromEntries(
    services.map((service) => [service.name, Array.from({ length: 1 + random.below(3) }, () => aRandomScript(random, service))]),
  );
  return { stack: aStack(services, { maxParallel: random.chance(0.3) ? 1 + random.below(4) : null }), scripts };
};

/** Fails at the first spawn whose edges did not hold, looked at in the very step of the start. */
const watchStarts = ({ supervisor }: Rig): readonly string[] => {
  const wrong: string[] = [];
  supervisor.subscribe((changes: readonly Change[]) => {
    for (const { name, before, after } of changes) {
      if (after.state.kind !== 'starting' || before.state.kind === 'starting') continue;
      const patience = before.impatient;
      for (const edge of supervisor.stack.services.get(name)?.dependsOn ?? []) {
        const service = supervisor.stack.services.get(edge.on);
        const record = supervisor.records.get(edge.on);
        if (service === undefined || record === undefined || patience.includes(edge.on)) continue;
        if (edgeState(edge, { service, record }) === 'pending') wrong.push(`${name} started before ${edge.on}`);
      }
    }
  });
  return wrong;
};

const statesOf = ({ supervisor }: Rig) => [...supervisor.records].map(([name, { state }]) => `${name}: ${state.kind}`);

describe('random stacks with random failures', () => {
  it('C6: every boot and every shutdown ends, and every service is in a final or running state', async () => {
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const rig = aRig(stack, scripts);
      await bootAll(rig);
      const open = [...rig.supervisor.records].filter(
        ([name, { state, late }]) => !isSettled(state) && !(late && stack.services.get(name)?.optional),
      );
      expect(open, `seed ${seed}: ${statesOf(rig).join(', ')}`).to.deep.equal([]);
      await stopAll(rig);
      const live = [...rig.supervisor.records.values()].filter(({ state }) => isLive(state));
      expect(live, `seed ${seed}: ${statesOf(rig).join(', ')}`).to.deep.equal([]);
      expect(
        rig.runtime.spawned.filter(({ endedAt }) => endedAt === null),
        `seed ${seed}`,
      ).to.deep.equal([]);
    }
  });

  it('C6: a stop at any moment of the boot ends, and leaves nothing running', async () => {
    for (const seed of seeds) {
      const random = createRandom(seed);
      const { stack, scripts } = aRandomStack(random);
      const rig = aRig(stack, scripts);
      startBoot(rig);
      await rig.runtime.clock.advance(random.below(3_000));
      const stop = startStop(rig);
      await rig.runtime.clock.runUntil(stop.isDone);
      expect(stop.isDone(), `seed ${seed}: ${statesOf(rig).join(', ')}`).to.equal(true);
      const spawns = rig.runtime.spawned.length;
      await rig.runtime.clock.advance(120_000);
      expect(rig.runtime.spawned.length, `seed ${seed}: a late spawn`).to.equal(spawns);
      expect(
        rig.runtime.spawned.filter(({ endedAt }) => endedAt === null),
        `seed ${seed}`,
      ).to.deep.equal([]);
    }
  });

  it('C7: nothing starts before its conditions hold, and nothing stops before its dependents', async () => {
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const rig = aRig(stack, scripts);
      const wrong = watchStarts(rig);
      await bootAll(rig);
      expect(wrong, `seed ${seed}`).to.deep.equal([]);
      const { length } = rig.runtime.signals;
      const running = new Map(
        rig.runtime.spawned.filter(({ endedAt }) => endedAt === null).map((process) => [process.name, process]),
      );
      await stopAll(rig);
      for (const { name, at } of rig.runtime.signals.slice(length).filter(({ signal }) => signal === 'SIGTERM')) {
        for (const dependent of rig.supervisor.graph.dependentClosureOf([name])) {
          if (dependent === name) continue;
          const end = running.get(dependent)?.endedAt ?? 0;
          expect(end, `seed ${seed}: ${name} was asked to stop before ${dependent} had ended`).to.be.at.most(at);
        }
      }
    }
  });

  it('I2: no two processes of one service live at the same time', async () => {
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const rig = aRig(stack, scripts);
      await bootAll(rig);
      await stopAll(rig);
      for (const name of stack.services.keys()) {
        const own = rig.runtime.spawned.filter((process) => process.name === name);
        own.slice(1).forEach((process, index) => {
          expect(own[index]?.endedAt, `seed ${seed}: ${name}`).to.be.at.most(process.spawnedAt);
        });
      }
    }
  });
});
