import { expect } from 'chai';
import { renderHelp } from '../../../lib/interfaces/cli/help.ts';
import { commands } from '../../../lib/interfaces/cli/registry.ts';
import { renderStacks } from '../../../lib/interfaces/cli/render/stacks.ts';
import { wrapHanging } from '../../../lib/interfaces/cli/render/wrap.ts';

describe('in a narrow terminal', () => {
  it('a line goes on behind an indent, between words; what fits, or counts no columns, is as it was', () => {
    expect(wrapHanging('blame: api 2 s, db 1 s', 12, '  ')).to.deep.equal(['blame: api', '  2 s, db 1', '  s']);
    expect(wrapHanging('  next: a b', 9, '  ')).to.deep.equal(['  next: a', '  b']);
    expect(wrapHanging('a b', 3, '  ')).to.deep.equal(['a b']);
    expect(wrapHanging('a b c d', null, '  ')).to.deep.equal(['a b c d']);
  });

  it('help fits, and breaks no word', () => {
    const words = (lines: readonly string[]): readonly string[] => lines.join(' ').split(/\s+/);
    for (const command of [null, ...commands]) {
      const lines = renderHelp(command, 60);
      expect(words(lines)).to.deep.equal(words(renderHelp(command)));
      for (const line of lines) if (line.includes('  ')) expect(line.length, line).to.be.at.most(60);
    }
  });

  it('ls has the folders below their stacks', () => {
    const stack = {
      ...{ state: 'up', name: 'shop', root: `/srv/${'deep/'.repeat(8)}shop`, environment: 'development', supervisor: 12 },
      ...{ since: 0, services: { up: 1, total: 1 }, problem: null },
    };
    const look = { colour: false, unicode: true };
    const lines = renderStacks([stack], { ...look, width: 60 }, 1_000);
    expect(lines).to.have.length(3);
    expect(lines[2]).to.equal(`  ${stack.root}`);
    expect(renderStacks([stack], { ...look, width: 200 }, 1_000)).to.have.length(2);
  });
});
