import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectId } from '../../lib/runtime/identity.ts';
import type { LockOutcome } from '../../lib/runtime/lock.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { folderToOwnIn, projectFolder } from '../../lib/runtime/project-folder.ts';
import { takeProject } from '../../lib/runtime/project-lock.ts';
import { folderOfOwner, takeRoot } from '../../lib/runtime/root-lock.ts';
import { asUser, isRoot, nobody } from './memory-rig.ts';

const { isAlive } = createProcesses();

describe('the lock that lies in the project', () => {
  let base: string;
  let root: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'muster-test-'));
    root = join(base, 'project');
    mkdirSync(root);
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  const self = () => readIdentity(process.pid) ?? expect.fail('this process is not shown');
  const folderOf = (of: string): string => join(base, 'run', projectId(of));
  const take = (of = root): Promise<LockOutcome> =>
    takeRoot({ root: of, project: projectId(of), folder: folderOf(of), self: self(), isAlive });
  const nameOf = (number: number): string => join(root, `.server_memory.json.lock-${projectId(root)}.${number}`);

  it('F85: is held by one, who is found by it, and leaves nothing when it is released', async () => {
    expect(folderOfOwner(root, projectId(root))).to.equal(null);
    const first = await take();
    expect(first).to.have.property('ok', true);
    expect(await take()).to.deep.equal({ ok: false, holder: self() });
    expect(folderOfOwner(root, projectId(root))).to.equal(folderOf(root));
    expect(JSON.parse(readFileSync(nameOf(1), 'utf8'))).to.deep.equal({ ...self(), folder: folderOf(root) });
    if (first.ok) await first.release();
    expect(readdirSync(root)).to.deep.equal([]);
  });

  it('F86: that of a dead one is taken over, and leads nowhere', async () => {
    writeFileSync(nameOf(3), JSON.stringify({ ...self(), pid: 2 ** 22 + 1, folder: folderOf(root) }));
    expect(folderOfOwner(root, projectId(root))).to.equal(null);
    expect(await take()).to.have.property('ok', true);
    expect(readdirSync(root).map((name) => join(root, name))).to.deep.equal([nameOf(4)]);
  });

  it('F86: beside the one that a dead owner left, that of its successor is found', async () => {
    for (const [dead, living] of [
      [1, 2],
      [3, 2],
    ] as const) {
      writeFileSync(nameOf(dead), JSON.stringify({ ...self(), pid: 2 ** 22 + 1, folder: folderOf(root) }));
      writeFileSync(nameOf(living), JSON.stringify({ ...self(), folder: folderOf(root) }));
      expect(folderOfOwner(root, projectId(root))).to.equal(folderOf(root));
      rmSync(nameOf(dead));
    }
  });

  it('a copy of the folder is another project: what was copied with it holds nobody up', async () => {
    await take();
    const copy = join(base, 'copy');
    cpSync(root, copy, { recursive: true });
    expect(folderOfOwner(copy, projectId(copy))).to.equal(null);
    expect(await take(copy)).to.have.property('ok', true);
  });

  it('F44: is done without where nothing can be written', async () => {
    const taken = await takeRoot({ root: '/proc/self', project: 'ab12', folder: base, self: self(), isAlive });
    if (!taken.ok) expect.fail('it is held');
    await taken.release();
  });

  it('S-17: a pipe or a link in its place is not read, and holds nobody up', async function () {
    const project = projectId(root);
    writeFileSync(join(base, 'target'), JSON.stringify({ ...self(), folder: folderOf(root) }));
    symlinkSync(join(base, 'target'), nameOf(1));
    expect(folderOfOwner(root, project)).to.equal(null);
    if (spawnSync('mkfifo', [nameOf(2)]).status !== 0) this.skip();
    expect(folderOfOwner(root, project)).to.equal(null);
    expect(await take()).to.have.property('ok', true);
    expect(readFileSync(join(base, 'target'), 'utf8')).not.to.equal('');
  });

  it('F86: whoever only tries to become the owner leads others to itself, and not whoever tries after it', async () => {
    const theirs = folderOf(root);
    mkdirSync(theirs, { recursive: true, mode: 0o700 });
    const env = { XDG_RUNTIME_DIR: join(base, 'own') };
    mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
    const own = join(env.XDG_RUNTIME_DIR, 'muster', projectId(root));
    const tries = await take();
    expect(projectFolder(root, env)).to.deep.equal({ ok: true, path: theirs });
    expect(folderToOwnIn(root, env, projectId(root))).to.deep.equal({ ok: true, path: own });
    if (tries.ok) await tries.release();
    // Its starter waits where it has told it to be.
    const taken = await takeProject({ root, env, self: self(), isAlive, folder: theirs });
    expect(taken).to.include({ ok: true, folder: theirs });
    if (taken.ok) await taken.release();
    const other = await takeProject({ root, env, self: self(), isAlive, folder: '/etc' });
    expect(other).to.include({ ok: true, folder: own });
    if (other.ok) await other.release();
    expect(readdirSync(root)).to.deep.equal([]);
  });

  it("S-36: what root has left in a user's project when it was killed keeps the user from nothing", async function () {
    if (!isRoot) this.skip();
    const left = JSON.stringify({ ...self(), pid: 2 ** 22 + 1, folder: folderOf(root) });
    const run = join(base, 'run');
    mkdirSync(run, { mode: 0o700 });
    chownSync(run, nobody, nobody);
    chmodSync(base, 0o755);
    await asUser(root, async () => {
      const take = () => takeProject({ root, env: { XDG_RUNTIME_DIR: run }, self: self(), isAlive });
      const own = `.server_memory.json.lock-${projectId(root)}.1`;
      const ofRoot = `.server_memory.json.lock-${projectId(root, 0)}.1`;
      const plant = (name: string): void => {
        process.seteuid?.(0);
        writeFileSync(join(root, name), left, { mode: 0o600 });
        process.seteuid?.(nobody);
      };
      // Theirs has another name; one of their own that they may not read is done without.
      for (const [planted, present] of [
        [ofRoot, [own, ofRoot]],
        [own, [own]],
      ] as const) {
        plant(planted);
        expect(folderOfOwner(root, projectId(root))).to.equal(null);
        const taken = await take();
        expect(taken).to.have.property('ok', true);
        expect(readdirSync(root)).to.have.members(present);
        if (taken.ok) await taken.release();
        expect(readdirSync(root)).to.deep.equal([planted]);
        // The folder is theirs: they may clear it.
        rmSync(join(root, planted));
      }
    });
  });

  it('S-23: a folder of another name is not where its owner is', async () => {
    writeFileSync(nameOf(1), JSON.stringify({ ...self(), folder: '/etc' }));
    expect(folderOfOwner(root, projectId(root))).to.equal(null);
    for (const text of ['null', '[]', '{"pid":', `{"pid":${process.pid},"folder":1}`]) {
      writeFileSync(nameOf(1), text);
      expect(folderOfOwner(root, projectId(root)), text).to.equal(null);
    }
  });
});
