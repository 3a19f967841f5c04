import { expect } from 'chai';
import { appendRun, foldHistory, usualLimits } from '../../lib/domain/fold.ts';
import { emptyHistory, type History, type RunRecord } from '../../lib/domain/history.ts';
import { countNew, mergeHistories } from '../../lib/domain/merge-history.ts';
import { createRandom, type Random } from '../support/random.ts';
import { aBoot, anAttempt, aRun, aTimeline } from '../support/runs.ts';

const aRunAt = (uid: string, minute: number, overrides: Partial<RunRecord> = {}): RunRecord => ({
  ...aRun(1, { api: aBoot(100 + minute) }),
  uid,
  startedAt: 1_700_000_000_000 + minute * 60_000,
  ...overrides,
});

const limits = { ...usualLimits, perEnvironment: 1 };

/** Runs one after the other, as a project that goes on from `history` records them. */
const goOn = (history: History, runs: readonly RunRecord[], maxRuns = 200): History =>
  runs.reduce(
    (before, run) => appendRun(before, { ...run, id: (before.runs.at(-1)?.id ?? 0) + 1 }, { ...limits, maxRuns }),
    history,
  );

const told = ({ runs }: History): string[] => runs.map(({ id, uid }) => `${id} ${uid}`);

describe('merging two histories', () => {
  const base = goOn(emptyHistory, [aRunAt('a', 1), aRunAt('b', 2)]);
  const ours = goOn(base, [aRunAt('c', 3), aRunAt('e', 5)]);
  const theirs = goOn(base, [aRunAt('d', 4)]);

  it('has every run once, by date, and gives new numbers where two had the same', () => {
    expect(told(mergeHistories(ours, theirs))).to.deep.equal(['1 a', '2 b', '3 c', '4 d', '5 e']);
    expect(mergeHistories(theirs, ours)).to.deep.equal(mergeHistories(ours, theirs));
    expect(countNew(ours, theirs)).to.equal(1);
    expect(countNew(theirs, ours)).to.equal(2);
  });

  it('with nothing, or with itself, is what it was', () => {
    expect(mergeHistories(ours, emptyHistory)).to.deep.equal(ours);
    expect(mergeHistories(emptyHistory, ours)).to.deep.equal(ours);
    expect(mergeHistories(ours, ours)).to.deep.equal(ours);
  });

  it('keeps the stop of a run that the other saw still running', () => {
    const stop = { startedAt: 0, took: 5, hurried: false, services: {} };
    const stopped = { ...ours, runs: ours.runs.map((run) => ({ ...run, stop })) };
    for (const merged of [mergeHistories(ours, stopped), mergeHistories(stopped, ours)])
      expect(merged.runs.every((run) => run.stop !== null)).to.equal(true);
  });

  it('does not count a run twice that one of them has folded away already', () => {
    const folded = foldHistory(ours, { ...limits, maxRuns: 1 });
    expect(folded.runs.map(({ uid }) => uid)).to.deep.equal(['e']);
    for (const merged of [mergeHistories(folded, theirs), mergeHistories(theirs, folded)]) {
      expect(told(merged)).to.deep.equal(['3 d', '4 e']);
      expect(merged.folded['api']?.boots).to.equal(3);
    }
  });

  it('adds up what two strangers have folded, and takes the larger where they come from one', () => {
    const [one, other] = [
      goOn(
        emptyHistory,
        [1, 2, 3].map((at) => aRunAt(`x${at}`, at)),
        1,
      ),
      goOn(
        emptyHistory,
        [4, 5].map((at) => aRunAt(`y${at}`, at)),
        1,
      ),
    ];
    expect(mergeHistories(one, other).folded['api']).to.deep.include({ boots: 3, quantiles: [101, 102, 104] });
    expect(mergeHistories(one, other).foldedRuns?.count).to.equal(3);
    expect(mergeHistories(other, one)).to.deep.equal(mergeHistories(one, other));
    const [longer, shorter] = [goOn(one, [aRunAt('p', 8), aRunAt('q', 9)], 1), goOn(one, [aRunAt('r', 7)], 1)];
    expect(mergeHistories(shorter, longer).folded['api']?.boots).to.equal(4);
  });

  it('H4: keeps services that only one of them knows, and their failures', () => {
    const failed = aTimeline({ attempts: [anAttempt({ failed: 5 })], outcome: 'failed' });
    const merged = mergeHistories(ours, goOn(emptyHistory, [aRunAt('z', 9, { services: { gone: failed } })]));
    expect(merged.runs.at(-1)?.services['gone']?.outcome).to.equal('failed');
  });

  it('C6: on random histories that went apart: the same in both orders, and merging again changes nothing', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const [one, other] = partAndGoOn(random);
      const merged = mergeHistories(one, other);
      expect(mergeHistories(other, one), `seed ${seed}`).to.deep.equal(merged);
      expect(mergeHistories(merged, other), `seed ${seed}`).to.deep.equal(merged);
      expect(mergeHistories(one, merged), `seed ${seed}`).to.deep.equal(merged);
      expect(mergeHistories(merged, merged), `seed ${seed}`).to.deep.equal(merged);
      const uids = merged.runs.map(({ uid }) => uid);
      expect(new Set(uids).size, `seed ${seed}`).to.equal(uids.length);
      for (const [index, { id }] of merged.runs.entries()) expect(id).to.be.greaterThan(merged.runs[index - 1]?.id ?? 0);
    }
  });
});

const partAndGoOn = (random: Random): readonly [History, History] => {
  let minute = 0;
  const some = (prefix: string, most: number): RunRecord[] =>
    Array.from({ length: random.below(most) }, () => {
      minute += 1;
      return aRunAt(`${prefix}${minute}`, minute, {
        environment: random.pick(['development', 'test']),
        warm: random.chance(0.3),
      });
    });
  const maxRuns = 1 + random.below(12);
  const base = random.chance(0.8) ? goOn(emptyHistory, some('b', 15), maxRuns) : emptyHistory;
  return [goOn(base, some('o', 10), maxRuns), goOn(base, some('t', 10), maxRuns)];
};
