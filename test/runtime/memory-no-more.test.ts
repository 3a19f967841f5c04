import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { expect } from 'chai';
import { aMemory, anIdentity, aRig, dropFolders, memoryName, type Rig } from './memory-rig.ts';

describe('F150: a memory file that cannot be opened just now, as nothing can', () => {
  const { open } = promises;
  let refusals = 0;

  beforeEach(() => {
    refusals = 0;
    promises.open = (...args: Parameters<typeof open>) => {
      const isOfMemory = String(args[0]).endsWith(memoryName);
      if (!isOfMemory || refusals === 0) return open(...args);
      refusals -= 1;
      return Promise.reject(Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' }));
    };
    syncBuiltinESMExports();
  });
  afterEach(() => {
    promises.open = open;
    syncBuiltinESMExports();
    dropFolders();
  });

  const aSavedRig = async (): Promise<Rig> => {
    const rig = aRig();
    await rig.file.save({ ...aMemory(), supervisor: anIdentity(10) });
    return rig;
  };

  it('is read a moment later, and is not taken for damaged', async () => {
    const rig = await aSavedRig();
    refusals = 3;
    const { memory, warning } = await rig.reopen().read();
    expect([memory.supervisor?.pid, warning, refusals]).to.deep.equal([10, null, 0]);
  });

  it('is left as it is where that lasts, by who reads and by who saves', async () => {
    const rig = await aSavedRig();
    const before = rig.text();
    const names = rig.names();
    refusals = Number.POSITIVE_INFINITY;
    const file = rig.reopen();
    const refused = await file.read().catch((error: Error) => error.message);
    expect(refused).to.match(/\.server_memory\.json cannot be opened just now \(EMFILE\)$/);
    const saved = await file.save({ ...aMemory(), supervisor: anIdentity(11) });
    expect(saved).to.have.property('ok', false);
    expect([rig.text(), rig.names()]).to.deep.equal([before, names]);
    refusals = 0;
    expect(await file.save({ ...aMemory(), supervisor: anIdentity(11) })).to.deep.equal({ ok: true });
  });
});
