import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { renderHelp } from '../../lib/interfaces/cli/help.ts';
import { commands } from '../../lib/interfaces/cli/registry.ts';

const golden = join(import.meta.dirname, 'golden', 'help.txt');

/** `UPDATE_GOLDEN=1 npx mocha test/cli/help.test.ts` writes it anew; read the difference before it is kept. */
const update = process.env['UPDATE_GOLDEN'] === '1';

describe('help', () => {
  it('is what it was, for every command', () => {
    const text = [null, ...commands]
      .map((command) => `$ muster ${command?.name ?? ''} --help\n${renderHelp(command).join('\n')}\n`)
      .join('\n');
    if (update) writeFileSync(golden, text);
    expect(text).to.equal(readFileSync(golden, 'utf8'));
  });

  it('fits into 100 columns, for people without a wide terminal', () => {
    for (const line of [null, ...commands].flatMap((command) => renderHelp(command)))
      expect(line.length, line).to.be.at.most(100);
  });
});
