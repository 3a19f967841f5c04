import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { planted } from '../mutations/planted.ts';

const root = join(import.meta.dirname, '..', '..');

describe('the planted bugs', () => {
  for (const { name, edits, tests } of planted) {
    it(`${name}: can still be planted, and the tests that are asked are there`, () => {
      for (const { file, find } of edits) expect(readFileSync(join(root, file), 'utf8').split(find), find).to.have.length(2);
      for (const test of tests) expect(readFileSync(join(root, test), 'utf8')).to.include('it(');
    });
  }
});
