import fs, {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RecordedService } from '../../lib/domain/recorded.ts';
import { type Journal, journalIn, openJournal } from '../../lib/runtime/journal.ts';
import { anIdentity, aRecorded } from './memory-rig.ts';

describe('the journal of decisions', () => {
  let folder: string;
  const problems: string[] = [];
  const open = (overrides: { readonly bootId?: string; readonly pid?: number } = {}): Journal =>
    openJournal({
      folder,
      self: anIdentity(overrides.pid ?? 100, { bootId: overrides.bootId ?? 'boot' }),
      onProblem: (reason) => problems.push(reason),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-journal-'));
    problems.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('F05: gives the newest entry of each service to the next supervisor, with who wrote it', () => {
    const first = open();
    first.note({ api: aRecorded({ state: 'starting', process: null }), db: aRecorded() });
    first.note({ api: aRecorded({ state: 'starting', attempt: 2 }) });
    const next = open({ pid: 101 });
    expect(next.predecessor?.pid).to.equal(100);
    expect(next.recorded).to.deep.equal({ api: aRecorded({ state: 'starting', attempt: 2 }), db: aRecorded() });
  });

  it('F06: gives what earlier attempts had left, also as an older muster wrote it, and nothing that makes no sense', () => {
    const earlier = {
      logs: [
        { offset: 12, base: 4096 },
        { offset: 0, base: null },
      ],
      sign: null,
    };
    const { earlier: _none, ...older } = aRecorded();
    const first = open();
    first.note({ api: aRecorded({ earlier }), db: older as RecordedService });
    first.note({ web: { ...aRecorded(), earlier: { logs: [{ offset: -1, base: null }], sign: null } } });
    expect(open({ pid: 101 }).recorded).to.deep.equal({ api: aRecorded({ earlier }), db: aRecorded() });
  });

  it('F13: a second one that is killed before it has decided anything takes nothing away', () => {
    open().note({ api: aRecorded() });
    open({ pid: 101 });
    expect(open({ pid: 102 }).recorded).to.deep.equal({ api: aRecorded() });
  });

  it('F33: when the memory file was saved it begins anew with what runs, so that nobody needs that file to know it', () => {
    const first = open();
    first.note({ api: aRecorded(), gone: aRecorded() });
    first.beginAnew({ api: aRecorded({ attempt: 2 }) });
    first.note({ db: aRecorded() });
    const next = open({ pid: 101 });
    expect([next.predecessor?.pid, next.recorded]).to.deep.equal([100, { api: aRecorded({ attempt: 2 }), db: aRecorded() }]);
  });

  it('F43: where the memory file cannot be saved it is shortened when it has grown, to all that runs', () => {
    const first = open();
    first.note({ api: aRecorded(), gone: aRecorded() });
    const size = (): number => statSync(journalIn(folder)).size;
    const small = size();
    first.shorten({ api: aRecorded({ attempt: 2 }) });
    expect(size(), 'a small one stays as it is').to.equal(small);
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`s${index}`, aRecorded()]));
    for (let times = 0; size() < 3_000_000; times += 1) {
      first.note(many);
      first.shorten({ api: aRecorded({ attempt: 3 }) });
      if (times > 100) break;
    }
    expect(size()).to.be.lessThan(1_500_000);
    first.note({ db: aRecorded() });
    const next = open({ pid: 101 });
    expect(next.predecessor?.pid).to.equal(100);
    expect(next.recorded).to.include.keys('api', 'db');
    expect(next.recorded.api?.attempt).to.equal(3);
    expect(next.recorded).not.to.have.property('gone');
  });

  describe('on a disk that is full for a while', () => {
    const { writeSync } = fs;
    const disturbed = (room: { left: number }): typeof writeSync =>
      ((fd: number, data: Uint8Array | string, offset?: number) => {
        const bytes = Buffer.from(data as Uint8Array).subarray(offset ?? 0);
        if (room.left === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        const count = Math.min(bytes.length, room.left);
        room.left -= count;
        return writeSync(fd, bytes, 0, count, null);
      }) as typeof writeSync;
    const room = { left: Number.POSITIVE_INFINITY };

    beforeEach(() => {
      room.left = Number.POSITIVE_INFINITY;
      fs.writeSync = disturbed(room);
      syncBuiltinESMExports();
    });
    afterEach(() => {
      fs.writeSync = writeSync;
      syncBuiltinESMExports();
    });

    it('F40: what cannot be shortened stays as it is, with all that is known', () => {
      const first = open();
      const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`s${index}`, aRecorded()]));
      const size = (): number => statSync(journalIn(folder)).size;
      while (size() < 1_500_000) first.note(many);
      const before = readFileSync(journalIn(folder), 'utf8');
      room.left = 10;
      first.shorten({ api: aRecorded() });
      expect(problems).to.deep.equal(['ENOSPC: no space left on device, write']);
      expect(readFileSync(journalIn(folder), 'utf8') === before, 'it is what it was').to.equal(true);
      expect(readdirSync(folder)).to.deep.equal(['journal']);
      room.left = Number.POSITIVE_INFINITY;
      first.shorten({ api: aRecorded() });
      first.note({ db: aRecorded() });
      expect(Object.keys(open({ pid: 101 }).recorded)).to.have.members(['api', 'db']);
    });

    it('F40: a line that broke off takes no other with it, and it is told each time that it begins', () => {
      const first = open();
      first.note({ api: aRecorded() });
      room.left = 40;
      first.note({ lost: aRecorded() });
      first.note({ lost: aRecorded() });
      room.left = Number.POSITIVE_INFINITY;
      first.note({ db: aRecorded() });
      room.left = 0;
      first.note({ lost: aRecorded() });
      room.left = Number.POSITIVE_INFINITY;
      first.note({ web: aRecorded() });
      expect(problems).to.deep.equal(Array.from({ length: 2 }, () => 'ENOSPC: no space left on device, write'));
      expect(Object.keys(open({ pid: 101 }).recorded)).to.have.members(['api', 'db', 'web']);
    });
  });

  it('after an ordered end there was nobody', () => {
    const first = open();
    first.note({ api: aRecorded() });
    first.close(true);
    expect(open().predecessor).to.equal(null);
  });

  it('one in which nothing was decided leaves it as it found it: none, or that of the one before', () => {
    open().close(false);
    expect(existsSync(journalIn(folder))).to.equal(false);
    open({ pid: 101 }).note({ api: aRecorded() });
    const before = readFileSync(journalIn(folder), 'utf8');
    open({ pid: 102 }).close(false);
    expect(readFileSync(journalIn(folder), 'utf8')).to.equal(before);
    expect(open({ pid: 103 }).predecessor?.pid).to.equal(101);
  });

  it('a line that was cut off by a kill is left out, and the next one stands alone', () => {
    open().note({ api: aRecorded() });
    appendFileSync(journalIn(folder), '{"running":{"db":');
    open({ pid: 101 }).note({ web: aRecorded() });
    expect(open({ pid: 102 }).recorded).to.have.all.keys('api', 'web');
  });

  it('F16: of another boot it tells nothing', () => {
    open({ bootId: 'before' }).note({ api: aRecorded() });
    const next = open();
    expect([next.predecessor, next.recorded]).to.deep.equal([null, {}]);
    expect(open({ pid: 101 }).recorded, 'nor does it to the one after the next').to.deep.equal({});
  });

  it('F34, F36: entries that make no sense are left out', () => {
    writeFileSync(
      journalIn(folder),
      `{"supervisor":{"pid":"x"}}\n[1]\n{"running":{"__proto__":{"a":1},"api":{"attempt":-1},"db":${JSON.stringify(aRecorded())}}}\n`,
    );
    expect(open().recorded).to.deep.equal({ db: aRecorded() });
    expect(({} as Record<string, unknown>).a).to.equal(undefined);
  });

  it('F47: does not write through a symbolic link, and says so', () => {
    const target = join(folder, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, journalIn(folder));
    open().note({ api: aRecorded() });
    expect(readFileSync(target, 'utf8')).to.equal('precious');
    expect(problems).to.have.length(1);
  });
});
