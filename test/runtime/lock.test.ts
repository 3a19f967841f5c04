import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { acquireLock } from '../../lib/runtime/lock.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { bundleProgram } from '../support/bundle.ts';
import { quickEnvironment } from '../support/environment.ts';
import { programPath, until } from '../support/procs.ts';

type Answer = { readonly won: boolean; readonly holder?: number };
type Held = { readonly held: string };

/** A process that takes locks as it is told. */
type Contender = {
  readonly pid: number;
  readonly take: (folder: string) => Promise<Answer>;
  /** As `take`, only that it stops short of its nth change of a lock file, if it makes as many. */
  readonly takeUpTo: (nth: number, folder: string) => Promise<Answer | Held>;
  readonly goOn: () => Promise<Answer>;
  readonly release: () => Promise<unknown>;
  readonly kill: () => Promise<void>;
};

const fewContenders = 25;
const rounds = 25;

describe('the lock of a project', () => {
  let base: string;
  let contends: string;
  const children: ChildProcess[] = [];

  const startContender = async (): Promise<Contender> => {
    const child = spawn(process.execPath, [contends], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: quickEnvironment() });
    children.push(child);
    const answer = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', () => reject(new Error('a contender ended')));
      });
    const ask = (message: object): Promise<unknown> => {
      const answered = answer();
      child.send(message);
      return answered;
    };
    await answer();
    child.setMaxListeners(0);
    return {
      pid: child.pid ?? 0,
      take: async (folder) => (await ask({ folder })) as Answer,
      takeUpTo: async (nth, folder) => (await ask({ folder, holdAt: nth })) as Answer | Held,
      goOn: async () => (await ask({ goOn: true })) as Answer,
      release: () => ask({ release: true }),
      kill: async () => {
        child.removeAllListeners('exit');
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      },
    };
  };
  const locksIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('lock.'));

  before(async () => {
    base = mkdtempSync(join(tmpdir(), 'muster-test-'));
    contends = await bundleProgram(programPath('contends.ts'), base);
  });
  after(async () => {
    for (const child of children) {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
    }
    await until('the contenders are gone', () => children.every(({ exitCode, signalCode }) => exitCode ?? signalCode));
    rmSync(base, { recursive: true, force: true });
  });

  it('F86: has one owner wherever one that takes over from a dead owner is held up while another does so', async function () {
    const [slow, quick] = await Promise.all([startContender(), startContender()]);
    const dead = JSON.stringify({ ...readIdentity(process.pid), startTime: '1' });
    const heldAt: string[] = [];
    for (let nth = 1; ; nth += 1) {
      const folder = join(base, `held-${nth}`);
      mkdirSync(folder, { mode: 0o700 });
      for (const number of [1, 2]) writeFileSync(join(folder, `lock.${number}`), dead);
      const first = await slow.takeUpTo(nth, folder);
      if (!('held' in first)) break;
      heldAt.push(first.held);
      const answers = [await quick.take(folder), await slow.goOn()];
      expect(
        answers.filter(({ won }) => won),
        `held before ${first.held}: ${JSON.stringify(answers)}`,
      ).to.have.length(1);
      await Promise.all([quick.release(), slow.release()]);
      expect(locksIn(folder), `held before ${first.held}: what is left`).to.deep.equal([]);
    }
    // It links its own, and removes those of the dead.
    expect(heldAt).to.have.length(3);
  });

  it('F85: has one owner in 25 rounds of 25 processes at once, whatever dead owners have left', async function () {
    const contenders = await Promise.all(Array.from({ length: fewContenders }, () => startContender()));
    for (let round = 0; round < rounds; round += 1) {
      const folder = join(base, `round-${round}`);
      mkdirSync(folder, { mode: 0o700 });
      // In two of three rounds somebody was killed before; once in between with a file that says nothing.
      const dead = JSON.stringify({ ...readIdentity(process.pid), startTime: '1' });
      if (round % 3 !== 0) for (const number of [3, 7]) writeFileSync(join(folder, `lock.${number}`), dead);
      if (round % 3 === 2) writeFileSync(join(folder, 'lock.9'), '{"pid":');
      const answers = await Promise.all(contenders.map(async (each) => ({ each, ...(await each.take(folder)) })));
      const winners = answers.filter(({ won }) => won);
      expect(
        winners.map(({ each }) => each.pid),
        `round ${round}`,
      ).to.have.length(1);
      const [winner] = winners;
      // Who was about to withdraw, and held up there, could be told, too; now that all are done, only the owner is.
      const others = answers.filter(({ won }) => !won);
      expect(contenders.map(({ pid }) => pid)).to.include.members(others.map(({ holder }) => holder));
      const again = await Promise.all(others.map(({ each }) => each.take(folder)));
      expect(new Set(again.map(({ holder }) => holder)), `round ${round}: who is told to be the owner`).to.deep.equal(
        new Set([winner?.each.pid]),
      );
      await winner?.each.release();
      expect(locksIn(folder), `round ${round}: what is left`).to.deep.equal([]);
    }
    await Promise.all(contenders.map((each) => each.kill()));
  });

  it('F85, F92: passes on from one killed owner to the next, many times, and never to two', async function () {
    const folder = join(base, 'killed');
    const contenders = await Promise.all(Array.from({ length: 10 }, () => startContender()));
    const living = new Set(contenders);
    while (living.size > 1) {
      const answers = await Promise.all([...living].map(async (each) => ({ each, ...(await each.take(folder)) })));
      const winners = answers.filter(({ won }) => won).map(({ each }) => each);
      expect(winners).to.have.length(1);
      for (const winner of winners) {
        await winner.kill();
        living.delete(winner);
      }
    }
  });

  it('F86: one that was held up while it took over loses to whoever has done so meanwhile', async () => {
    const folder = join(base, 'stalled');
    mkdirSync(folder, { mode: 0o700 });
    const [stalled, quick] = await Promise.all([startContender(), startContender()]);
    expect(await stalled.takeUpTo(1, folder))
      .to.have.property('held')
      .that.match(/^link /);
    expect(await quick.take(folder)).to.deep.equal({ won: true });
    expect(await stalled.goOn()).to.deep.equal({ won: false, holder: quick.pid });
    await quick.kill();
    expect((await stalled.take(folder)).won).to.equal(true);
  });

  it('F50: is not held by whoever has the number of a dead owner now', async () => {
    const folder = join(base, 'reused');
    mkdirSync(folder, { mode: 0o700 });
    const self = readIdentity(process.pid);
    if (self === null) throw new Error('the system does not show this process');
    writeFileSync(join(folder, 'lock.1'), JSON.stringify({ ...self, startTime: String(Number(self.startTime) - 100) }));
    const outcome = await acquireLock({ folder, self, isAlive: createProcesses().isAlive });
    expect(outcome.ok).to.equal(true);
    if (outcome.ok) await outcome.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('F150: one that cannot look whether others live does not own it, and leaves nothing that looks as if it did', async () => {
    const folder = join(base, 'blind');
    mkdirSync(folder, { mode: 0o700 });
    const self = readIdentity(process.pid);
    if (self === null) throw new Error('the system does not show this process');
    writeFileSync(join(folder, 'lock.1'), JSON.stringify({ ...self, pid: self.pid + 1 }));
    let looks = 0;
    const isAlive = (): boolean => {
      looks += 1;
      if (looks === 2) throw new Error('EMFILE: too many open files');
      return false;
    };
    const refused = await acquireLock({ folder, self, isAlive }).catch((error: Error) => error.message);
    expect(refused).to.equal('EMFILE: too many open files');
    expect(readdirSync(folder)).to.deep.equal(['lock.1']);
  });

  it('F86: one that withdraws while it is looked at again is not who is said to own it', async () => {
    const folder = join(base, 'withdraws');
    mkdirSync(folder, { mode: 0o700 });
    const self = readIdentity(process.pid);
    if (self === null) throw new Error('the system does not show this process');
    const other = { ...self, pid: self.pid + 1 };
    writeFileSync(join(folder, 'lock.1'), JSON.stringify(other));
    let looks = 0;
    const isAlive = ({ pid }: { readonly pid: number }): boolean => {
      if (pid === other.pid) looks += 1;
      // Seen twice from afar, and once more from near.
      if (looks === 3) rmSync(join(folder, 'lock.1'), { force: true });
      return true;
    };
    const outcome = await acquireLock({ folder, self, isAlive });
    expect(outcome.ok).to.equal(true);
    if (outcome.ok) await outcome.release();
  });
});
