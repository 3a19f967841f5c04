import { expect } from 'chai';
import type { Change } from '../../lib/domain/events.ts';
import { edgeState } from '../../lib/domain/gate.ts';
import { isLive, isSettled } from '../../lib/domain/state.ts';
import { bootAll, startBoot, startStop, stopAll } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aRandomStack } from '../support/random-stack.ts';
import { aRig, type Rig } from '../support/stacks.ts';

const seeds = Array.from({ length: 150 }, (_, index) => index + 1);

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
