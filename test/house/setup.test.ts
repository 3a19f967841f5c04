import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createTree, type Job, type Tree } from './rig.ts';

/** Writes down how it was called; then does what the files beside it say. */
const fakeNpm = `
import { appendFileSync, existsSync, mkdirSync, rmSync, watch, writeFileSync } from 'node:fs';
appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
console.log('noise of npm');
mkdirSync('node_modules/half', { recursive: true });
if (existsSync('npm-fails')) { rmSync('npm-fails'); process.exit(1); }
if (existsSync('npm-waits')) {
  const watcher = watch('.', () => { if (!existsSync('npm-waits')) watcher.close(); });
  process.stderr.write('npm is at work\\n');
  if (!existsSync('npm-waits')) watcher.close();
}
`;
const fakeBuild = `
import { appendFileSync, mkdirSync } from 'node:fs';
appendFileSync('calls', 'build\\n');
console.log('noise of the build');
mkdirSync('dist', { recursive: true });
`;

describe('setup', function () {
  let tree: Tree;

  const setUp = (env: Readonly<Record<string, string>> = {}): Job =>
    tree.start([process.execPath, 'scripts/setup.mjs'], { npm_execpath: path.join(tree.folder, 'npm-cli.mjs'), ...env });
  const calls = (): string[] => (tree.has('calls') ? tree.read('calls').trim().split('\n') : []);

  beforeEach(() => {
    tree = createTree(['scripts/setup.mjs', 'scripts/setup-lock.mjs', 'scripts/npm.mjs']);
    tree.write('npm-cli.mjs', fakeNpm);
    tree.write('scripts/build.mjs', fakeBuild);
    tree.write('package-lock.json', '{}');
    tree.write('package.json', '{}');
    tree.write('lib/index.ts', 'export {};');
  });

  afterEach(() => tree.remove());

  it('installs and builds in a fresh clone, and leaves stdout to muster', async () => {
    const { code, stdout, stderr } = await setUp().done;
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('');
    expect(stderr).to.contain('noise of npm').and.to.contain('noise of the build');
    expect(calls().map((call) => call.split(' ').slice(0, 2).join(' '))).to.deep.equal(['npm ci', 'build']);
  });

  it('does nothing and says nothing when everything is there', async () => {
    await setUp().done;
    const again = await setUp().done;
    expect(again).to.deep.equal({ code: 0, stdout: '', stderr: '' });
    expect(calls()).to.have.length(2);
  });

  it('builds again, and only that, when a source has changed', async () => {
    await setUp().done;
    tree.write('lib/index.ts', 'export const changed = true;');
    await setUp().done;
    expect(calls().slice(2)).to.deep.equal(['build']);
  });

  it('installs and builds again when the lock file has changed', async () => {
    await setUp().done;
    tree.write('package-lock.json', '{"changed":true}');
    await setUp().done;
    expect(
      calls()
        .slice(2)
        .map((call) => call.split(' ')[0]),
    ).to.deep.equal(['npm', 'build']);
  });

  it('asks for the development packages whatever NODE_ENV and npm are set to', async () => {
    await setUp({ NODE_ENV: 'production', npm_config_omit: 'dev' }).done;
    expect(calls()[0]).to.contain('--include=dev');
  });

  it('repeats an installation that did not come to its end', async () => {
    tree.write('npm-fails', '');
    const first = await setUp().done;
    expect(first.code).to.equal(1);
    expect(first.stderr).to.contain('npm could not install the packages (exit code 1)');
    expect(tree.has('node_modules/half')).to.equal(true);
    const second = await setUp().done;
    expect(second.code, second.stderr).to.equal(0);
    expect(calls().map((call) => call.split(' ')[0])).to.deep.equal(['npm', 'npm', 'build']);
  });

  it('lets one of two that start at once do the work, and the other wait for it', async () => {
    tree.write('npm-waits', '');
    const first = setUp();
    await first.said('npm is at work');
    const second = setUp();
    await second.said('waiting for another setup in this folder');
    rmSync(path.join(tree.folder, 'npm-waits'));
    const [one, two] = await Promise.all([first.done, second.done]);
    expect([one.code, two.code]).to.deep.equal([0, 0]);
    expect(calls().map((call) => call.split(' ')[0])).to.deep.equal(['npm', 'build']);
  });

  it('starts twelve at once and works once', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => setUp().done));
    expect(all.map(({ code }) => code)).to.deep.equal(all.map(() => 0));
    expect(calls()).to.have.length(2);
  });

  it('does not wait for a setup that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    tree.write(`.setup-lock.${pid}`, '');
    const { code, stderr } = await setUp().done;
    expect(code, stderr).to.equal(0);
    expect(stderr).not.to.contain('waiting');
  });

  it('takes npm from the PATH when another package manager, or none, started it', async () => {
    tree.write('bin/npm', '#!/bin/sh\necho "npm from the path" >>calls\n', 0o755);
    tree.write('bin/pnpm.cjs', 'throw new Error("not npm")');
    mkdirSync(path.join(tree.folder, 'node_modules'));
    const env = { npm_execpath: path.join(tree.folder, 'bin/pnpm.cjs'), PATH: `${tree.folder}/bin:${process.env.PATH}` };
    const { code, stderr } = await setUp(env).done;
    expect(code, stderr).to.equal(0);
    expect(calls()[0]).to.equal('npm from the path');
  });

  it('says that a folder cannot be written, and what to do', async function () {
    // Root may write everywhere, so it takes somebody else.
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const isRoot = process.getuid?.() === 0;
    if (isRoot && spawnSync('setpriv', ['--version']).status !== 0) return this.skip();
    chmodSync(tree.folder, 0o555);
    const job = tree.start([...(isRoot ? asNobody : []), process.execPath, 'scripts/setup.mjs']);
    const { code, stderr } = await job.done;
    chmodSync(tree.folder, 0o755);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^muster: cannot write to .* \(EACCES\): .*Make it writable, or copy it elsewhere\n$/);
    return undefined;
  });
});
