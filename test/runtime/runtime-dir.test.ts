import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runtimeDir, socketPath } from '../../lib/runtime/runtime-dir.ts';

describe('the runtime folder', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'muster-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const inHome = (): ReturnType<typeof runtimeDir> => runtimeDir('ab12', { XDG_RUNTIME_DIR: home });
  const reasonOf = (result: ReturnType<typeof runtimeDir>): string => (result.ok ? '' : result.reason);

  it('S1, S-15: is made under XDG_RUNTIME_DIR, closed to others, and found again', () => {
    expect(inHome()).to.deep.equal({ ok: true, path: join(home, 'muster', 'ab12') });
    expect(inHome()).to.deep.equal({ ok: true, path: join(home, 'muster', 'ab12') });
    for (const path of [join(home, 'muster'), join(home, 'muster', 'ab12')]) expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('F180: falls back to the temporary folder where there is none, or it is not ours', () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = home;
    try {
      const expected = { ok: true, path: join(home, `muster-${process.getuid?.()}`, 'ab12') };
      expect(runtimeDir('ab12', {})).to.deep.equal(expected);
      expect(runtimeDir('ab12', { XDG_RUNTIME_DIR: join(home, 'nowhere') })).to.deep.equal(expected);
      expect(runtimeDir('ab12', { XDG_RUNTIME_DIR: 'relative' })).to.deep.equal(expected);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  it('S-17: a planted link or file is refused and left as it is', () => {
    const target = join(home, 'target');
    mkdirSync(target);
    symlinkSync(target, join(home, 'muster'));
    expect(reasonOf(inHome())).to.include('is a symbolic link');
    expect(lstatSync(join(home, 'muster')).isSymbolicLink()).to.equal(true);
    rmSync(join(home, 'muster'));
    writeFileSync(join(home, 'muster'), '');
    expect(reasonOf(inHome())).to.include('is not a folder');
  });

  it('S-15: a folder that others may write into is refused; one that they may only read is closed', () => {
    mkdirSync(join(home, 'muster'));
    chmodSync(join(home, 'muster'), 0o755);
    expect(inHome()).to.have.property('ok', true);
    expect(statSync(join(home, 'muster')).mode & 0o777).to.equal(0o700);
    chmodSync(join(home, 'muster'), 0o770);
    expect(reasonOf(inHome())).to.include('others may write');
  });

  it('S-15: a folder that another user made in advance is refused', function () {
    if (process.getuid?.() !== 0) this.skip();
    mkdirSync(join(home, 'muster'), { mode: 0o700 });
    chownSync(join(home, 'muster'), 65_534, 65_534);
    expect(reasonOf(inHome())).to.include('belongs to another user (uid 65534)');
  });

  it('F93: a socket path that the system would cut off is refused', () => {
    expect(socketPath('/run/user/1000/muster/ab12', 'control.sock')).to.deep.include({ ok: true });
    const long = socketPath(`/${'x'.repeat(90)}`, 'control.sock');
    expect(reasonOf(long)).to.include('104 bytes').and.to.include('XDG_RUNTIME_DIR');
    expect(socketPath(`/${'x'.repeat(89)}`, 'control.sock')).to.have.property('ok', true);
  });
});
