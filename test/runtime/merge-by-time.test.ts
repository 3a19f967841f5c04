import { expect } from 'chai';
import { mergeByTime } from '../../lib/runtime/logs/merge.ts';
import type { TimedLines } from '../../lib/runtime/logs/timed-lines.ts';
import { createRandom } from '../support/random.ts';

const batch = (order: number, text: string): TimedLines => ({ texts: [text], at: order, order });

const merged = async (...logs: readonly (readonly [string, readonly TimedLines[]])[]): Promise<string[]> => {
  const texts: string[] = [];
  for await (const { source, lines } of mergeByTime(logs)) texts.push(...lines.texts.map((text) => `${source}${text}`));
  return texts;
};

describe('merging logs by time', () => {
  it('takes the earliest each time; of two at once the one that was named first', async () => {
    const a = [batch(1, '1'), batch(3, '3'), batch(3, '3b')];
    const b = [batch(2, '2'), batch(3, '3'), batch(9, '9')];
    expect(await merged(['a', a], ['b', b], ['c', []])).to.deep.equal(['a1', 'b2', 'a3', 'a3b', 'b3', 'b9']);
    expect(await merged()).to.deep.equal([]);
  });

  it('loses none and turns none round, whatever the logs are', async () => {
    const random = createRandom(20_261_129);
    for (let round = 0; round < 200; round += 1) {
      const logs = Array.from({ length: 1 + random.below(6) }, (_, log) => {
        let time = 0;
        const lines = Array.from({ length: random.below(20) }, (__, line) => {
          time += random.below(3);
          return batch(time, `${line}@${time}`);
        });
        return [`${log}:`, lines] as const;
      });
      const texts = await merged(...logs);
      const times = texts.map((text) => Number(text.split('@')[1]));
      expect(times).to.deep.equal([...times].sort((a, b) => a - b));
      for (const [name, lines] of logs)
        expect(texts.filter((text) => text.startsWith(name))).to.deep.equal(lines.map(({ texts: [text] }) => `${name}${text}`));
    }
  });
});
