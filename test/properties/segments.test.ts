import { expect } from 'chai';
import { toCriticalPath, toSegments } from '../../lib/domain/critical-path.ts';
import type { RunRecord } from '../../lib/domain/history.ts';
import { bootAll, startBoot, startStop } from '../support/drive.ts';
import { createRandom } from '../support/random.ts';
import { aRandomStack } from '../support/random-stack.ts';
import { aRig } from '../support/stacks.ts';

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

/** Whole milliseconds, one after the other, from the beginning to the end, and none of them empty. */
const expectToAddUp = (run: RunRecord, seed: number): void => {
  let at = 0;
  let sum = 0;
  for (const { from, to, ms } of toSegments(run)) {
    expect(from, `seed ${seed}`).to.equal(at);
    expect(Number.isInteger(to) && ms > 0, `seed ${seed}`).to.equal(true);
    at = to;
    sum += ms;
  }
  expect(sum, `seed ${seed}`).to.equal(Math.round(run.duration));
};

describe('the critical path of boots by the real supervisor, on random stacks', () => {
  it('adds up to the millisecond, and nothing of it is unexplained', async () => {
    let [failed, queued, retried] = [0, 0, 0];
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const { run } = await bootAll(aRig(stack, scripts));
      expectToAddUp(run, seed);
      const segments = toSegments(run);
      // The system of these boots takes no time for anything, so there is nothing of muster's own to account for.
      expect(
        segments.filter(({ kind }) => kind === 'overhead'),
        `seed ${seed}: ${JSON.stringify(segments)} ${JSON.stringify(run, null, 1)}`,
      ).to.deep.equal([]);
      if (run.outcome === 'failed' || run.outcome === 'timed-out') failed += 1;
      if (segments.some(({ kind }) => kind === 'queue')) queued += 1;
      if (segments.some(({ kind }) => kind === 'backoff')) retried += 1;
    }
    expect(Math.min(failed, queued, retried), 'the stacks are as varied as they are meant to be').to.be.greaterThan(20);
  });

  it('each service on it was released by the one before, or took its slot, or could not have ended later', async () => {
    for (const seed of seeds) {
      const { stack, scripts } = aRandomStack(createRandom(seed));
      const { run } = await bootAll(aRig(stack, scripts));
      const { chain } = toCriticalPath(run);
      for (const [index, name] of chain.entries()) {
        const next = run.services[chain[index + 1] ?? ''];
        if (next !== undefined && next.satisfied !== null) expect(next.releasedBy, `seed ${seed}`).to.equal(name);
      }
    }
  });

  it('adds up as well when the boot is cut off at any moment', async () => {
    for (const seed of seeds) {
      const random = createRandom(seed);
      const { stack, scripts } = aRandomStack(random);
      const rig = aRig(stack, scripts);
      const interruption = new AbortController();
      const { result, done } = startBoot(rig, { interrupted: interruption.signal });
      await rig.runtime.clock.advance(random.below(3_000));
      interruption.abort();
      await rig.runtime.clock.runUntil(done);
      expectToAddUp((await result).run, seed);
      const stop = startStop(rig);
      await rig.runtime.clock.runUntil(stop.isDone);
    }
  });
});
