import { chmodSync, chownSync, cpSync } from 'node:fs';
import { expect } from 'chai';
import { aMemory, anIdentity, aRecorded, aRig, asUser, dropFolders, facts, isRoot, nobody, ourUid } from './memory-rig.ts';

describe('whose memory it is (S-23)', () => {
  afterEach(dropFolders);

  it('F60: a copy of the folder adopts nothing and keeps the history', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    const copy = aRig();
    cpSync(rig.path, copy.path);
    const { memory, warning, writable } = await copy.reopen().read();
    expect(memory.running).to.deep.equal({});
    expect(memory.supervisor).to.equal(null);
    expect(memory.history.runs).to.have.lengthOf(2);
    expect(writable).to.equal(true);
    expect(warning).to.equal(`nothing that ran according to .server_memory.json is adopted: it was written for ${rig.folder}`);
  });

  it('F61: the file of another machine or user adopts nothing', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    const elsewhere = await rig.reopen({ machine: 'other' }).read();
    expect(elsewhere.memory.running).to.deep.equal({});
    expect(elsewhere.warning).to.include('it comes from another machine');
    await rig.putDocument((document) =>
      Object.assign(document, { project: { root: rig.folder, uid: 1_234_567, machine: facts.machine } }),
    );
    const another = await rig.reopen().read();
    expect(another.memory.running).to.deep.equal({});
    expect(another.warning).to.include('another user wrote it');
  });

  it('brings a history along without a word, as the cache of a CI does', async () => {
    const rig = aRig();
    await rig.file.save(aMemory({ running: {}, supervisor: null }));
    const { warning, memory } = await rig.reopen({ machine: 'other', root: '/elsewhere' }).read();
    expect(warning).to.equal(null);
    expect(memory.history.runs).to.have.lengthOf(2);
  });

  it('S-23: a file that others could have written adopts nothing, until we have written it', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    chmodSync(rig.path, 0o664);
    const file = rig.reopen();
    const { memory, warning } = await file.read();
    expect(memory.running).to.deep.equal({});
    expect(memory.history.runs).to.have.lengthOf(2);
    expect(warning).to.include('others could have written it');
    await file.save(aMemory());
    expect((await rig.reopen().read()).memory.running).to.have.all.keys('api', 'db');
  });

  it('H3, F16: after a reboot everything recorded counts as stopped, and no process of it is known', async () => {
    const rig = aRig();
    await rig.file.save(aMemory({ running: { api: aRecorded(), intent: aRecorded({ process: null, state: 'starting' }) } }));
    const { memory, warning } = await rig.reopen({ bootId: 'the next one' }).read();
    expect(warning).to.equal('stopped by a reboot: api, intent');
    expect(memory.supervisor).to.equal(null);
    const stopped = { desired: 'stopped', state: 'stopped', process: null, startedAt: null, lastHealth: null } as const;
    expect(memory.running.api).to.deep.equal(aRecorded(stopped));
    expect(memory.history.runs).to.have.lengthOf(2);
  });

  it('keeps what was started in this boot', async () => {
    const rig = aRig();
    const running = { old: aRecorded({ process: anIdentity(5000, { bootId: 'before' }) }), now: aRecorded() };
    await rig.file.save(aMemory({ running }));
    const { memory } = await rig.reopen().read();
    expect(memory.running.old?.process).to.equal(null);
    expect(memory.running.now).to.deep.equal(running.now);
  });

  it('F44: a file of root is named with its owner and how to mend it, and is left alone', async function () {
    if (!isRoot) this.skip();
    const rig = aRig();
    await rig.file.save(aMemory());
    chmodSync(rig.path, 0o000);
    await asUser(rig.folder, async () => {
      const file = rig.reopen({ uid: nobody });
      const { warning, writable } = await file.read();
      expect(writable).to.equal(false);
      expect(warning).to.equal(
        `nothing is remembered: .server_memory.json belongs to root and cannot be read: run "sudo chown $(id -u) ${rig.path}", or remove it`,
      );
      expect((await file.save(aMemory())).ok).to.equal(false);
    });
  });

  it('S-36: root does not take over the memory of a user', async function () {
    if (!isRoot) this.skip();
    const rig = aRig();
    await rig.file.save(aMemory());
    chownSync(rig.path, nobody, nobody);
    const { memory, warning, writable } = await rig.reopen({ uid: ourUid }).read();
    expect(writable).to.equal(false);
    expect(memory.running).to.deep.equal({});
    expect(memory.history.runs).to.have.lengthOf(2);
    expect(warning).to.include('belongs to the user with uid 65534');
  });
});
