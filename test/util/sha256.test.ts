import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sha256 } from '../../lib/util/sha256.ts';
import { createRandom } from '../support/random.ts';

describe('SHA-256', () => {
  it("is that of Node's crypto, for every length around the borders of blocks", () => {
    const random = createRandom(256);
    for (let length = 0; length < 300; length += 1) {
      const message = Uint8Array.from({ length }, () => random.below(256));
      expect(sha256(message), `${length} bytes`).to.equal(createHash('sha256').update(message).digest('hex'));
    }
  });
});
