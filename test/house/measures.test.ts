import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { root } from './project.ts';

/** Those of the security model that are about what others can reach: pages, users, networks, terminals. */
const numbers = [...Array.from({ length: 16 }, (_, index) => index + 1), 24, 25, 26, 27, 28];

describe('the measures against attacks', () => {
  it('have each a test that carries its number in its title', () => {
    const folder = path.join(root, 'test');
    const titles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .flatMap((file) => readFileSync(path.join(folder, file), 'utf8').match(/\b(?:it|describe)\(\s*['"`].*/g) ?? [])
      .join('\n');
    const missing = numbers.map((number) => `S-${String(number).padStart(2, '0')}`).filter((id) => !titles.includes(id));
    expect(missing).to.deep.equal([]);
  });
});
