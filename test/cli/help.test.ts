import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { renderHelp } from '../../lib/interfaces/cli/help.ts';
import { commands } from '../../lib/interfaces/cli/registry.ts';
import { createTheme } from '../../lib/interfaces/cli/render/theme.ts';
import { createProject, runMuster } from '../support/cli.ts';

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

  it('fits into 100 columns, for people without a wide terminal, also in ASCII where there is nothing else', () => {
    const { text } = createTheme({ colour: false, unicode: false });
    for (const line of [null, ...commands].flatMap((command) => renderHelp(command))) {
      expect(line.length, line).to.be.at.most(100);
      expect(text(line))
        .to.match(/^[ -~]*$/)
        .and.have.property('length')
        .at.most(100);
    }
  });

  it('is in letters that the output has', async () => {
    const { folder } = createProject();
    const env = { LANG: 'C', LC_ALL: 'C' };
    for (const words of [
      ['up', '--help'],
      ['help', 'up'],
    ])
      expect((await runMuster(words, { cwd: folder, env })).stdout).to.match(/^Usage: muster up \[service\.\.\.\] /m);
  });
});
