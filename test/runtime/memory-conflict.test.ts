import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { expect } from 'chai';
import { emptyMemory } from '../../lib/runtime/memory-file.ts';
import { aBoot, aRun } from '../support/runs.ts';
import { aMemory, aRecorded, aRig, dropFolders, memoryName, type Rig, works } from './memory-rig.ts';

const runs = (...ids: readonly number[]) => ids.map((id) => aRun(id, { api: aBoot(id * 10) }, { uid: `run-${id}` }));

const write = async (rig: Rig, ...ids: readonly number[]): Promise<void> => {
  await rig.reopen().save(aMemory({ history: { runs: runs(...ids), folded: {} } }));
};

/** Two branches that recorded their own runs after a common beginning, put together by the real git; `style`: of its marks. */
const mergeByGit = async (rig: Rig, style: string): Promise<void> => {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', `merge.conflictStyle=${style}`, ...args], {
      cwd: rig.folder,
      stdio: 'ignore',
    });
  git('init', '-b', 'main');
  await write(rig, 1, 2);
  git('add', memoryName);
  git('commit', '-m', 'base');
  git('checkout', '-b', 'theirs');
  await write(rig, 1, 2, 4);
  git('commit', '-am', 'theirs');
  git('checkout', 'main');
  await write(rig, 1, 2, 3, 5);
  git('commit', '-am', 'ours');
  expect(() => git('merge', 'theirs')).to.throw();
};

describe('a memory with a merge conflict of git in it', () => {
  afterEach(dropFolders);

  for (const style of ['merge', 'diff3', 'zdiff3']) {
    it(`H1: has the boots of both sides (${style}), says so, and is whole after the next save`, async function () {
      // Without git there is no conflict to be made.
      if (!works('git', '--version')) this.skip();
      const rig = aRig();
      await mergeByGit(rig, style);
      expect(rig.text()).to.include('<<<<<<<');
      const file = rig.reopen();
      const { memory, warning, writable } = await file.read();
      expect(memory.history.runs.map(({ id, uid }) => `${id} ${uid}`)).to.deep.equal(
        [1, 2, 3, 4, 5].map((id) => `${id} run-${id}`),
      );
      expect(warning).to.equal(`${memoryName} holds a merge conflict of git: the 5 boots of both sides were put together`);
      expect(writable).to.equal(true);
      expect(await file.save({ ...emptyMemory, history: memory.history })).to.deep.equal({ ok: true });
      expect(rig.told).to.deep.equal([]);
      const again = await rig.reopen().read();
      expect(again).to.deep.include({ warning: null });
      expect(again.memory.history).to.deep.equal(memory.history);
    });
  }

  it('S-23: adopts nothing of what ran according to either side', async function () {
    if (!works('git', '--version')) this.skip();
    const rig = aRig();
    await mergeByGit(rig, 'merge');
    const { memory } = await rig.reopen().read();
    expect(memory.running).to.deep.equal({});
    expect(memory.supervisor).to.equal(null);
  });

  it('finds the runs of a side that git has left without its commas', async () => {
    const rig = aRig();
    await write(rig, 1, 2);
    const [one = '', two = ''] = rig
      .text()
      .split('\n')
      .filter((line) => line.startsWith('{"id":'));
    rig.put(`{"format":\n<<<<<<< HEAD\n${one}\n=======\n${two}\n>>>>>>> theirs\nand no end`);
    expect((await rig.reopen().read()).memory.history.runs.map(({ uid }) => uid)).to.deep.equal(['run-1', 'run-2']);
  });

  it('H1: is damaged where a mark is missing, or where there is nothing to be read', async () => {
    for (const text of ['<<<<<<< HEAD\n{"id":1}\n=======\n', '<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> theirs\n']) {
      const rig = aRig();
      rig.put(text);
      const { warning } = await rig.reopen().read();
      expect(warning).to.include('is cut off or damaged');
      const [aside] = rig.names().filter((name) => name.includes('.corrupt-'));
      expect(rig.text(aside)).to.equal(text);
    }
  });

  it('is no conflict because a service is called like a mark', async () => {
    const rig = aRig();
    await rig.file.save(aMemory({ running: { api: aRecorded({ state: '<<<<<<< HEAD' }) } }));
    copyFileSync(rig.path, `${rig.path}.copy`);
    expect((await rig.reopen().read()).warning).to.equal(null);
  });
});
