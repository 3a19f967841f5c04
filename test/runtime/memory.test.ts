import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hashMachineId } from '../../lib/runtime/memory-file/machine.ts';
import { createMemoryFile, emptyMemory } from '../../lib/runtime/memory-file.ts';
import { crc32 } from '../../lib/util/crc.ts';
import { aBoot, aHistory, aLongHistory, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aMemory, anIdentity, aRecorded, aRig, dropFolders, facts, memoryName, previousName } from './memory-rig.ts';

describe('the memory file', () => {
  afterEach(dropFolders);

  it('is empty, without a warning, where there is none', async () => {
    expect(await aRig().file.read()).to.deep.equal({ memory: emptyMemory, warning: null, writable: true });
  });

  it('gives back what was saved, with times to a tenth of a millisecond', async () => {
    const rig = aRig();
    const attempt = anAttempt({ begun: 1.04, spawned: 2.06, lastMiss: 3.3, failed: 4, reason: 'exited with code 1 — "so"' });
    const services = {
      api: aBoot(100),
      'a.b-c_1': aTimeline({ satisfied: null, delayed: null, attempts: [attempt], outcome: 'failed' }),
    };
    const memory = aMemory({ history: { runs: [aRun(1, services, { maxParallel: 4 })], folded: {} } });
    expect(await rig.file.save(memory)).to.deep.equal({ ok: true });
    const { memory: read, warning, writable } = await rig.reopen().read();
    expect({ warning, writable }).to.deep.equal({ warning: null, writable: true });
    expect(read.running).to.deep.equal(memory.running);
    expect(read.supervisor).to.deep.equal(memory.supervisor);
    expect(read.history.runs[0]?.services.api).to.deep.equal(services.api);
    const rounded = { ...attempt, begun: 1, spawned: 2.1 };
    expect(read.history).to.deep.equal({
      runs: [aRun(1, { ...services, 'a.b-c_1': { ...services['a.b-c_1'], attempts: [rounded] } }, { maxParallel: 4 })],
      folded: {},
    });
  });

  it('S-28: is closed to others under any umask, also where it was open before', async () => {
    for (const umask of [0o000, 0o077, 0o777]) {
      const rig = aRig();
      const before = process.umask(umask);
      try {
        await rig.file.save(aMemory());
        await rig.file.save(emptyMemory);
      } finally {
        process.umask(before);
      }
      expect(statSync(rig.path).mode & 0o7777).to.equal(0o600);
      expect(statSync(join(rig.folder, previousName)).mode & 0o7777).to.equal(0o600);
    }
  });

  it('is JSON for people, with one run a line', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    const lines = rig.text().split('\n');
    expect(JSON.parse(rig.text())).to.include.keys('format', 'version', 'checksum', 'project', 'history', 'running');
    expect(lines.filter((line) => line.startsWith('{"id":'))).to.have.lengthOf(2);
    expect(lines.filter((line) => line.startsWith('"api":{"attempt":1'))).to.have.lengthOf(1);
  });

  it('keeps the copy before this one beside it, and nothing else', async () => {
    const rig = aRig();
    for (const pid of [10, 11, 12]) await rig.file.save({ ...emptyMemory, supervisor: anIdentity(pid) });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
    expect(JSON.parse(rig.text()).supervisor.pid).to.equal(12);
    expect(JSON.parse(rig.text(previousName)).supervisor.pid).to.equal(11);
  });

  it('goes on where a writer was killed between keeping the previous copy and replacing the file', async () => {
    const rig = aRig();
    await rig.file.save({ ...emptyMemory, supervisor: anIdentity(10) });
    linkSync(rig.path, join(rig.folder, previousName));
    writeFileSync(join(rig.folder, `${previousName}.tmp`), 'x');
    const next = rig.reopen();
    await next.read();
    await next.save({ ...emptyMemory, supervisor: anIdentity(11) });
    await next.save({ ...emptyMemory, supervisor: anIdentity(12) });
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
    expect(JSON.parse(rig.text(previousName)).supervisor.pid).to.equal(11);
  });

  it('F160: joins saves that come while one runs, and writes the newest', async () => {
    const rig = aRig();
    const inodes = new Set<number>();
    const saves = Array.from({ length: 200 }, (_, index) =>
      rig.file.save({ ...emptyMemory, supervisor: anIdentity(100 + index) }).then((saved) => {
        inodes.add(statSync(rig.path).ino);
        return saved;
      }),
    );
    for (const saved of await Promise.all(saves)) expect(saved).to.deep.equal({ ok: true });
    expect(JSON.parse(rig.text()).supervisor.pid).to.equal(299);
    expect(inodes.size).to.be.at.most(2);
  });

  it('never writes two at once, however the callers meet', async () => {
    const rig = aRig();
    const work = Array.from({ length: 8 }, async (_, caller) => {
      for (let turn = 0; turn < 10; turn++)
        expect(await rig.file.save({ ...emptyMemory, supervisor: anIdentity(100 + caller) })).to.deep.equal({ ok: true });
    });
    await Promise.all(work);
    expect(rig.told).to.deep.equal([]);
    expect(rig.names()).to.deep.equal([memoryName, previousName]);
  });

  it('F45: is written again after it was deleted', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    rmSync(rig.path);
    rmSync(join(rig.folder, previousName), { force: true });
    expect(await rig.file.save(aMemory())).to.deep.equal({ ok: true });
    expect((await rig.reopen().read()).memory.running).to.have.all.keys('api', 'db');
  });

  it('F46: sets aside what somebody else put in its place, and what is in memory wins', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    rig.put('edited by hand');
    expect(await rig.file.save(aMemory())).to.deep.equal({ ok: true });
    expect((await rig.reopen().read()).warning).to.equal(null);
    const [aside] = rig.names().filter((name) => name.includes('.replaced-'));
    expect(rig.text(aside)).to.equal('edited by hand');
    expect(rig.told).to.have.lengthOf(1);
    expect(rig.told[0]).to.include(`was changed by somebody else; that file is kept as ${aside}`);
  });

  it('sweeps what a killed writer left, also one that had our pid, and leaves the file of a living one', async () => {
    const rig = aRig();
    rig.put('x', `${memoryName}.tmp-${process.pid}-1`);
    rig.put('x', `${memoryName}.tmp-999999999-1`);
    rig.put('x', `${memoryName}.tmp-${process.ppid}-1`);
    await rig.file.save(aMemory());
    expect(rig.names()).to.deep.equal([memoryName, `${memoryName}.tmp-${process.ppid}-1`]);
  });

  it('F49: stays bounded when 1,000 runs of 50 services are saved, and opens', async () => {
    const rig = aRig();
    await rig.file.save(aMemory({ history: aLongHistory(1000, 50) }));
    expect(statSync(rig.path).size).to.be.lessThan(2_000_000);
    const { memory, warning } = await rig.reopen().read();
    expect(warning).to.equal(null);
    expect(memory.history.runs.at(-1)?.id).to.equal(1000);
    expect(memory.history.folded['service-0']?.boots).to.equal(1000 - memory.history.runs.length);
  });

  it('opens a file that was written without any limit', async () => {
    const rig = aRig();
    const limits = { maxRuns: 1e9, maxSize: 1e9, perEnvironment: 1, forgetAfter: 1e9 };
    await createMemoryFile({ path: rig.path, root: rig.folder, facts, limits }).save(
      aMemory({ history: aLongHistory(1000, 50) }),
    );
    expect((await rig.reopen().read()).memory.history.runs).to.have.lengthOf(1000);
  });

  it('H4: keeps the history of services that were renamed or removed', async () => {
    const rig = aRig();
    await rig.file.save({ ...emptyMemory, history: aHistory({ old: 10 }, { renamed: 10 }) });
    const { runs } = (await rig.reopen().read()).memory.history;
    expect(runs.map(({ services }) => Object.keys(services))).to.deep.equal([['old'], ['renamed']]);
  });

  it('F36: keeps services that are called like what every object has', async () => {
    const rig = aRig();
    const names = ['constructor', 'toString', 'hasOwnProperty'];
    await rig.file.save({ ...emptyMemory, running: Object.fromEntries(names.map((name) => [name, aRecorded()])) });
    expect(Object.keys((await rig.reopen().read()).memory.running)).to.deep.equal(names);
  });

  it('is refused nothing by a second look: reading changes no file', async () => {
    const rig = aRig();
    await rig.file.save(aMemory());
    const before = readFileSync(rig.path);
    await rig.reopen().read();
    await rig.reopen().read();
    expect(readFileSync(rig.path)).to.deep.equal(before);
    expect(rig.names()).to.deep.equal([memoryName]);
  });

  it('tells machines apart without showing the id of this one', async () => {
    expect(hashMachineId()).to.match(/^[0-9a-f]{16}$/);
    expect(hashMachineId()).to.equal(hashMachineId());
  });
});

describe('crc32', () => {
  it('is the one of zip and gzip, and can be summed in parts', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect(crc32(bytes)).to.equal(0xcbf43926);
    expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).to.equal(0xcbf43926);
    expect(crc32(new Uint8Array())).to.equal(0);
  });
});
