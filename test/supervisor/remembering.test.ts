import { expect } from 'chai';
import type { Journal } from '../../lib/runtime/journal.ts';
import { emptyMemory } from '../../lib/runtime/memory-file.ts';
import { createRemembering } from '../../lib/supervisor/remembering.ts';
import { bootAll } from '../support/drive.ts';
import { aRig, aService, aStack } from '../support/stacks.ts';

describe('the memory of what runs', () => {
  it('F43: while it cannot be saved, the journal is kept short with all that runs, and begins anew when it can', async () => {
    const rig = aRig(aStack([aService('a'), aService('b')]));
    const told: string[] = [];
    const journal: Journal = {
      predecessor: null,
      recorded: {},
      note: () => undefined,
      beginAnew: (entries) => void told.push(`anew ${Object.keys(entries).join(' ')}`),
      shorten: (entries) => void told.push(`shorten ${Object.keys(entries).join(' ')}`),
      close: () => undefined,
    };
    let isFull = true;
    const reasons: string[] = [];
    createRemembering({
      supervisor: rig.supervisor,
      runtime: rig.runtime,
      memoryFile: {
        read: async () => ({ memory: emptyMemory, warning: null, writable: true }),
        save: async () => (isFull ? { ok: false, reason: 'the disk is full' } : { ok: true }),
      },
      memory: emptyMemory,
      journal,
      recorded: {},
      self: { pid: 1, startTime: '1', bootId: 'fake' },
      done: new Map(),
      notices: { onUnsaved: (reason) => void reasons.push(reason) },
    });
    await bootAll(rig);
    await rig.runtime.clock.advance(1_000);
    expect(told).to.deep.equal(['shorten a b']);
    expect(reasons).to.deep.equal(['the disk is full']);
    isFull = false;
    rig.runtime.crash('b', { code: 1, signal: null });
    await rig.runtime.clock.advance(1_000);
    expect(told).to.deep.equal(['shorten a b', 'anew a b']);
  });
});
