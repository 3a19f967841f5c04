import childProcess, { spawnSync } from 'node:child_process';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { dropFront } from '../../lib/runtime/logs/drop-front.ts';
import { createFolderWatches } from '../../lib/runtime/watcher/folder-watches.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { programPath, tsxPath } from '../support/procs.ts';

const want = (code: string): Error => Object.assign(new Error(`spawn ${code}`), { code });

describe('F150, F153: where the system has no more of something', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-no-more-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('a program for which there is no descriptor is one that could not be started', () => {
    const line = `ulimit -n 128; exec "${process.execPath}" --import "${tsxPath}" "${programPath('runs-without-descriptors.ts')}"`;
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each) as unknown),
    ).to.deep.equal([
      { code: null, stdout: '', lines: ['spawn true EMFILE'] },
      { ok: false, problem: 'kubectl cannot be run: spawn kubectl EMFILE' },
      { code: 0, stdout: '', lines: [] },
    ]);
  });

  it('a rotation whose helper there is no memory for is one that failed', async () => {
    const { spawn } = childProcess;
    childProcess.spawn = () => {
      throw want('ENOMEM');
    };
    syncBuiltinESMExports();
    const handle = await open(join(folder, 'log'), 'w');
    try {
      expect(await dropFront(handle, 0, 4096)).to.deep.equal({ ok: false, reason: 'spawn ENOMEM' });
    } finally {
      childProcess.spawn = spawn;
      syncBuiltinESMExports();
      await handle.close();
    }
  });

  it('a folder that is left out while it is looked at for want of a watch is not looked at any more', async () => {
    const { watch } = fs;
    fs.watch = () => {
      throw want('ENOSPC');
    };
    syncBuiltinESMExports();
    const clock = createFakeClock();
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const each of [one, two]) fs.mkdirSync(each);
    const told: string[] = [];
    const watches = createFolderWatches({
      clock,
      onProblem: () => undefined,
      isWorthPolling: () => true,
      onEvent: (of, name) => {
        told.push(`${of === one ? 'one' : 'two'} ${name}`);
        watches.remove(two);
      },
    });
    try {
      watches.add(one);
      watches.add(two);
      fs.writeFileSync(join(one, 'a'), '');
      fs.writeFileSync(join(two, 'b'), '');
      await clock.advance(5_000);
      expect(told).to.deep.equal(['one a']);
      expect(watches.count()).to.equal(1);
    } finally {
      watches.close();
      fs.watch = watch;
      syncBuiltinESMExports();
    }
  });
});
