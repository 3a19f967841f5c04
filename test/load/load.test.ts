import { expect } from 'chai';
import { load } from './load.ts';

const services = 30;
const lines = 3_000;

describe('many services that write all the time', () => {
  it(`F191: ${services} of them, ${lines} lines each, while their logs are rotated: each line is there once, for who follows, too`, async function () {
    const tell = (): void => undefined;
    const result = await load({ services, lines, rate: 1_000, maxSize: '64KB', patience: 120_000, tell });
    if (result === null) this.skip();
    expect(result.lines).to.equal(services * lines);
    expect(result.rotated).to.be.at.least(services);
  });
});
