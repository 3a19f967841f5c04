import { expect } from 'chai';
import {
  delayTogether,
  nextCommandDelay,
  nextCommandDelayAround,
  nextLookDelayAround,
  nextProbeDelay,
  nextProbeDelayAround,
  shareOut,
  spreadOf,
  toWindow,
} from '../../lib/util/ramp.ts';

const times = (until: number, next: (elapsed: number) => number): readonly number[] => {
  const found: number[] = [];
  for (let at = 0; at < until; at += next(at)) found.push(at);
  return found;
};

describe('how densely a probe asks until it is ready', () => {
  it('B8: asks again within 20 ms as long as the start is young, and after 2 ms at first', () => {
    expect(nextProbeDelay(0)).to.equal(2);
    for (let elapsed = 0; elapsed < 10_000; elapsed += 7) expect(nextProbeDelay(elapsed)).to.be.within(2, 20);
  });

  it('is never denser than 100 ms after 10 s, and than 250 ms after a minute', () => {
    expect(nextProbeDelay(10_000)).to.equal(100);
    expect(nextProbeDelay(59_999)).to.equal(100);
    expect(nextProbeDelay(60_000)).to.equal(250);
    expect(nextProbeDelay(1e9)).to.equal(250);
  });

  it('asks a bounded number of times in all', () => {
    expect(times(10_000, nextProbeDelay).length).to.be.lessThan(700);
    expect(times(60_000, nextProbeDelay).length).to.be.lessThan(1250);
    expect(times(10_000, nextCommandDelay).length).to.be.lessThan(100);
  });

  it('starts a process at most every 25 ms', () => {
    for (let elapsed = 0; elapsed < 100_000; elapsed += 100) expect(nextCommandDelay(elapsed)).to.be.within(25, 250);
  });

  it('is sparse before the time at which it usually happens, dense in it, and begins anew after it', () => {
    const window = { from: 1000, to: 1200 };
    expect([0, 500, 990, 999].map((elapsed) => nextProbeDelayAround(elapsed, window))).to.deep.equal([20, 20, 10, 3]);
    expect([1000, 1100, 1200].map((elapsed) => nextProbeDelayAround(elapsed, window))).to.deep.equal([3, 3, 3]);
    expect([1700, 3200].map((elapsed) => nextProbeDelayAround(elapsed, window))).to.deep.equal([7, 20]);
    expect([0, 500, 980, 1100].map((elapsed) => nextCommandDelayAround(elapsed, window))).to.deep.equal([250, 250, 25, 25]);
    expect([0, 994, 1100].map((elapsed) => nextLookDelayAround(elapsed, window))).to.deep.equal([10, 6, 1]);
  });

  it('takes fewer checks with memory than without, and is denser where it counts', () => {
    for (const usual of [300, 1000, 3000]) {
      const window = toWindow([usual * 0.98, usual, usual * 1.02]);
      const around = (elapsed: number): number => nextProbeDelayAround(elapsed, window);
      expect(times(usual, around).length).to.be.lessThan(times(usual, nextProbeDelay).length);
      const command = (elapsed: number): number => nextCommandDelayAround(elapsed, window);
      expect(command(usual)).to.be.lessThan(nextCommandDelay(usual));
    }
  });

  it('B8: with memory it still asks again within 20 ms, however early the service is for once', () => {
    const window = toWindow([5000, 5000]);
    for (let elapsed = 0; elapsed < 6000; elapsed += 7) expect(nextProbeDelayAround(elapsed, window)).to.be.at.most(20);
  });

  it('knows no window where nothing is remembered', () => {
    expect(toWindow([])).to.equal(null);
    expect(nextProbeDelayAround(500, null)).to.equal(nextProbeDelay(500));
  });

  it('does not mind a clock that gives nothing sensible', () => {
    expect(nextProbeDelay(-5)).to.equal(2);
    expect(nextCommandDelay(-5)).to.equal(25);
  });

  it('F143: shares out the load when a thousand probes are in their ramp', () => {
    expect(shareOut(2, 1, 0.5)).to.equal(2);
    expect(shareOut(2, 1000, 0.5)).to.equal(500);
  });

  it('F143: spreads a thousand services over the interval, always the same way', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let number = 0; number < 1000; number += 1) {
      const spread = spreadOf(`p/service-${number}`);
      expect(spread).to.be.within(0, 1);
      expect(spreadOf(`p/service-${number}`)).to.equal(spread);
      tenths[Math.floor(spread * 10)] = (tenths[Math.floor(spread * 10)] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).to.be.within(60, 140);
  });

  it('F143: makes checks of one interval come fifty times in it, each near its own time, without a drift', () => {
    const moments = new Set<number>();
    for (let begun = 0; begun < 5000; begun += 3.7) {
      let now = begun;
      for (let check = 1; check <= 20; check += 1) {
        const pause = delayTogether(5000, now);
        expect(pause).to.be.within(4949.999, 5050.001);
        // The check itself takes a while.
        now += pause + 2;
        expect(now - begun).to.be.within(check * 5000 - 60, check * 5000 + 60);
      }
      moments.add(Math.round((now - 2) / 100));
    }
    expect(moments.size).to.be.within(50, 52);
  });
});
