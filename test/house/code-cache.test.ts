import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import nodeFlags from '../../lib/interfaces/cli/attach/background-flags.json' with { type: 'json' };
import { projectId } from '../../lib/runtime/identity.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { until } from '../support/procs.ts';

const root = dirname(dirname(import.meta.dirname));
const script = pathToFileURL(join(root, 'scripts', 'code-cache.mjs')).href;

describe('the training of a build', () => {
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

describe("V8's notes of a program", () => {
  const programs = join(root, 'dist', 'programs');
  const suffixFor = (flags: readonly string[]): string =>
    `.${[process.versions.v8, process.arch, ...flags.map(encodeURIComponent)].join('.')}.cache`;

  /** Whether this Node, under these flags, takes the notes. */
  const areTaken = (notes: string, flags: readonly string[]): boolean => {
    const filename = join(programs, `${notes.split('.')[0]}.js`);
    const code = `
      const { readFileSync } = require('node:fs');
      const { Script } = require('node:vm');
      const [filename, notes] = ${JSON.stringify([filename, join(programs, notes)])};
      const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readFileSync(notes) });
      process.stdout.write(String(script.cachedDataRejected));`;
    return execFileSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' }) === 'false';
  };

  it('are taken under the flags of the process that they are for', function () {
    const usual = readdirSync(programs).filter((name) => name.endsWith(suffixFor([])));
    // Made by the Node that builds, which may be another.
    if (usual.length === 0) this.skip();
    expect(usual).to.include.members(['up', 'up-client', 'status'].map((name) => name + suffixFor([])));
    for (const name of usual) expect(areTaken(name, []), name).to.equal(true);
    // That of the supervisor in the background, as it is launched.
    expect(areTaken(`up${suffixFor(nodeFlags)}`, nodeFlags)).to.equal(true);
  });
});
