import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { removeDeadDrafts } from '../../lib/runtime/drafts.ts';

describe('what killed processes had begun to write in the runtime folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('F04: is removed; what a living one is about to write stays, and so does all that is whole', () => {
    const dead = spawnSync('true').pid;
    const drafts = (pid: number): string[] => [
      `draft.${pid}.a1b2`,
      `c.${pid}`,
      `up.${pid}.out`,
      `stack.json.${pid}`,
      `crash.json.${pid}`,
    ];
    const whole = ['lock.3', 'journal', 'stack.json', 'control.sock', 'api.notify'];
    for (const name of [...drafts(dead), ...drafts(process.pid), ...whole]) writeFileSync(join(folder, name), '');
    removeDeadDrafts(folder);
    expect(readdirSync(folder).sort()).to.deep.equal([...drafts(process.pid), ...whole].sort());
  });
});
