import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { until } from '../support/procs.ts';

const root = dirname(dirname(import.meta.dirname));
const script = pathToFileURL(join(root, 'scripts', 'code-cache.mjs')).href;

describe('the training of a build', function () {
  this.timeout(180_000);

  it('takes its stacks down and removes its folders, also when the build is killed', async () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'muster-train-')));
    const temporary = join(base, 'tmp');
    const dist = join(base, 'dist');
    mkdirSync(temporary);
    mkdirSync(join(base, 'run'), { mode: 0o700 });
    symlinkSync(join(root, 'node_modules'), join(base, 'node_modules'));
    cpSync(join(root, 'dist'), dist, { recursive: true });
    const code = `import { buildCodeCache } from ${JSON.stringify(script)}; await buildCodeCache(${JSON.stringify(dist)});`;
    const build = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { PATH: process.env.PATH, HOME: base, TMPDIR: temporary, XDG_RUNTIME_DIR: join(base, 'run') },
      stdio: 'ignore',
    });
    const processes = createProcesses();
    const marked = async (): Promise<number> => {
      const folders = readdirSync(temporary).map((name) => join(temporary, name));
      const found = await Promise.all(folders.map((folder) => processes.findMarked(projectId(folder))));
      return found.flat().length;
    };
    try {
      await until('its stack runs', async () => (await marked()) > 0);
      const ids = readdirSync(temporary).map((name) => projectId(join(temporary, name)));
      build.kill('SIGKILL');
      await once(build, 'close');
      await until('its folders are gone', () => readdirSync(temporary).length === 0);
      const left = await Promise.all(ids.map((id) => processes.findMarked(id)));
      expect(left.flat()).to.deep.equal([]);
    } finally {
      // Also when it has failed: without the build, the training ends and removes what it has made.
      build.kill('SIGKILL');
      await until('its folders are gone', () => readdirSync(temporary).length === 0);
      rmSync(base, { recursive: true });
    }
  });
});
