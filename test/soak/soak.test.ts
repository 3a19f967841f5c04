import { expect } from 'chai';
import { soak } from './soak.ts';

const seed = Number(process.env['MUSTER_SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('a stack that is never left alone', () => {
  it(`F162: thirty random commands and kills from seed ${seed}: after each the next up makes everything well`, async function () {
    this.timeout(300_000);
    const told: string[] = [];
    try {
      const { done } = await soak({ seed, goesOn: (count) => count < 30, tell: (text) => told.push(text) });
      expect(done).to.equal(30);
    } catch (error) {
      throw new Error(`${told.join('\n')}\n${error instanceof Error ? error.message : String(error)}`);
    }
  });
});
