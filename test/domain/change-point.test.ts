import { expect } from 'chai';
import { findChanges, testForChange } from '../../lib/domain/change-point.ts';
import { findShifts, type Shift } from '../../lib/domain/slower.ts';
import { toStats } from '../../lib/domain/stats.ts';
import { aBoot, aRandom, aRun } from '../support/runs.ts';

const alpha = 0.05;

/** About normal, by the sum of twelve. */
const bell = (random: () => number): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);

type Noise = (random: () => number) => number;

const noises: Readonly<Record<string, Noise>> = {
  'a bell': (random) => 900 + 60 * bell(random),
  'a long tail': (random) => 900 * Math.exp(0.4 * bell(random)),
  'two modes, cold and warm': (random) => (random() < 0.3 ? 2500 : 900) + 40 * bell(random),
  'a slow boot now and then': (random) => (random() < 0.05 ? 30_000 : 900) + 40 * bell(random),
  'whole hundreds, with many ties': (random) => 100 * Math.round(9 + bell(random)),
};

const series = (seed: number, length: number, noise: Noise): number[] => {
  const random = aRandom(seed);
  return Array.from({ length }, () => noise(random));
};

const runsOf = (times: readonly Readonly<Record<string, number>>[], hashOf = (_run: number): string => 'one') => ({
  runs: times.map((services, index) =>
    aRun(
      index + 1,
      Object.fromEntries(Object.entries(services).map(([name, ms]) => [name, aBoot(ms, { definitionHash: hashOf(index + 1) })])),
    ),
  ),
  folded: {},
});

const shiftsOf = (times: readonly Readonly<Record<string, number>>[], hashOf?: (run: number) => string): Shift[] =>
  findShifts(toStats(runsOf(times, hashOf)));

describe('the test for a change', () => {
  for (const [name, noise] of Object.entries(noises)) {
    it(`with ${name}: sees a change where there is none in about 5 % of all series, as promised`, () => {
      for (const length of [10, 40]) {
        const rounds = 300;
        const alarms = Array.from({ length: rounds }, (_, seed) =>
          testForChange(series(seed + 1, length, noise), { alpha }),
        ).filter((p) => p !== null && p <= alpha).length;
        // 5 % of 300 is 15, with a standard deviation of 3.8; above 30 in four of a hundred thousand tests.
        expect(alarms, `${length} values`).to.be.at.most(30);
      }
    });
  }

  it('finds a step of two standard deviations in 30 boots nearly always, and most often where it is', () => {
    let [found, near] = [0, 0];
    for (let seed = 1; seed <= 100; seed += 1) {
      const values = series(seed, 30, (random) => 900 + 60 * bell(random)).map((ms, index) => (index < 20 ? ms : ms + 120));
      const [change] = findChanges(values, { alpha });
      if (change === undefined) continue;
      found += 1;
      if (Math.abs(change.at - 20) <= 2) near += 1;
    }
    expect(found).to.be.at.least(90);
    expect(near).to.be.at.least(70);
  });

  it('says exactly where a clear step is, also near the end, and its chance', () => {
    const values = series(7, 45, (random) => 900 + 20 * bell(random)).map((ms, index) => (index < 40 ? ms : ms + 1800));
    const [change, ...rest] = findChanges(values, { alpha });
    expect(rest).to.deep.equal([]);
    expect(change?.at).to.equal(40);
    expect(change?.before).to.be.within(880, 920);
    expect(change?.after).to.be.within(2650, 2750);
    expect(change?.p).to.be.above(0).and.below(0.01);
  });

  it('finds every step of a series that went up and came down again', () => {
    const values = series(3, 60, (random) => 900 + 20 * bell(random)).map((ms, index) =>
      index >= 20 && index < 40 ? ms + 600 : ms,
    );
    expect(findChanges(values, { alpha }).map(({ at }) => at)).to.deep.equal([20, 40]);
  });

  it('H7: one absurd value makes no change, wherever it stands, and hides none', () => {
    for (let at = 0; at < 20; at += 1) {
      const values = series(at + 1, 20, (random) => 900 + 20 * bell(random));
      const p = testForChange(values, { alpha });
      const [absurd] = [values.map((ms, index) => (index === at ? 600_000 : ms))];
      if (p !== null && p > 0.2) expect(testForChange(absurd, { alpha }), String(at)).to.be.above(alpha);
    }
    const stepped = series(5, 30, (random) => 900 + 20 * bell(random)).map((ms, index) => (index < 15 ? ms : ms + 900));
    for (const at of [3, 13, 15, 29]) {
      expect(
        findChanges(
          stepped.map((ms, index) => (index === at ? 600_000 : ms)),
          { alpha },
        ).map((change) => change.at),
      ).to.deep.equal([15]);
    }
  });

  it('says nothing of too few values, and nothing of values that are all the same', () => {
    expect(testForChange([1, 1, 1, 1, 2, 2, 2, 2, 2], { alpha })).to.equal(null);
    expect(findChanges([], { alpha })).to.deep.equal([]);
    expect(
      findChanges(
        Array.from({ length: 50 }, () => 900),
        { alpha },
      ),
    ).to.deep.equal([]);
  });

  it('says the same of the same series each time', () => {
    const values = series(11, 40, (random) => 900 + 60 * bell(random));
    expect(testForChange(values, { alpha })).to.equal(testForChange(values, { alpha }));
  });
});

describe('what got slower', () => {
  const random = aRandom(1);
  const boots = Array.from({ length: 60 }, (_, index) => ({
    db: 300 + 10 * bell(random),
    api: (index < 40 ? 900 : 2700) + 40 * bell(random),
  }));

  it('names the service, by how much, since which run and that its definition changed then', () => {
    const shifts = shiftsOf(boots, (run) => (run < 41 ? 'one' : 'two'));
    expect(shifts.map(({ service }) => service)).to.have.members([null, 'api']);
    const api = shifts.find(({ service }) => service === 'api');
    expect(api).to.deep.include({
      direction: 'slower',
      since: { run: 41, at: 1_700_000_000_000 + 41 * 60_000 },
      definitionChanged: true,
      boots: [40, 20],
    });
    expect(api?.before).to.be.within(850, 950);
    expect(api?.now).to.be.within(2600, 2800);
    expect(api?.confidence).to.be.above(0.95);
  });

  it('does not say that the definition changed when it did at another time', () => {
    const [api] = shiftsOf(boots, (run) => (run < 30 ? 'one' : 'two')).filter(({ service }) => service === 'api');
    expect(api?.definitionChanged).to.equal(false);
  });

  it('of 20 services that did not change, in 100 histories: a false alarm in at most 5 % of the histories', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const draw = aRandom(seed);
      const history = Array.from({ length: 25 }, () =>
        Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, 400 * Math.exp(0.3 * bell(draw))])),
      );
      if (shiftsOf(history).length > 0) alarms += 1;
    }
    // 5 of 100 are promised at most, with a standard deviation of 2.2.
    expect(alarms).to.be.at.most(11);
  });

  it('leaves out what nobody notices', () => {
    expect(shiftsOf(Array.from({ length: 40 }, (_, index) => ({ api: (index < 20 ? 900 : 910) + index / 100 })))).to.deep.equal(
      [],
    );
    expect(shiftsOf(Array.from({ length: 40 }, (_, index) => ({ api: (index < 20 ? 5 : 12) + index / 100 })))).to.deep.equal([]);
  });

  it('looks through 50 services of 200 boots and finds the six that changed', () => {
    const draw = aRandom(9);
    const history = Array.from({ length: 200 }, (_, run) =>
      Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [`s${index}`, (run < 150 || index > 5 ? 400 : 800) + 20 * bell(draw)]),
      ),
    );
    expect(shiftsOf(history).filter(({ service }) => service !== null)).to.have.length(6);
  });
});
