import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { followFile } from '../../lib/runtime/logs/follow.ts';
import { readBack } from '../../lib/runtime/logs/read-back.ts';
import { bundleProgram } from '../support/bundle.ts';
import { createProject, runMuster, startMuster } from '../support/cli.ts';
import { bases, createFolder, numbersOf, startFlood } from '../support/log-files.ts';
import { programPath, until } from '../support/procs.ts';

/** Every line from the first on, and none twice. Answers how many. */
const expectEvery = (lines: readonly string[]): number => {
  const numbers = numbersOf(lines);
  const wrong = numbers.findIndex((number, index) => number !== index);
  expect(wrong, `line ${wrong} is ${String(numbers[wrong])}`).to.equal(-1);
  return numbers.length;
};

const all = { count: Number.POSITIVE_INFINITY, wants: null, since: null, isFollowed: false };
const enoughRotations = 9;

// Three processes, as in real life: one writes, one rotates, one reads.
describe('reading a log while it is written and rotated at full speed', () => {
  const programs = createFolder();
  let rotator: string;
  before(async () => {
    rotator = await bundleProgram(programPath('rotates-log.ts'), programs.path);
  });
  after(() => programs.remove());

  const children: ChildProcess[] = [];
  const folders: ReturnType<typeof createFolder>[] = [];
  const makeLog = (base?: string): string => {
    const folder = createFolder(base);
    folders.push(folder);
    return path.join(folder.path, 'web.log');
  };
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    for (const folder of folders.splice(0)) folder.remove();
  });

  type Flooded = {
    /** It was rotated as often as a reading must have seen. */
    readonly isRotated: () => boolean;
    /** Ends the writing and then the rotating; resolves with how many lines were written. */
    readonly calm: () => Promise<number>;
  };

  const flood = async (log: string): Promise<Flooded> => {
    const keeping = spawn(process.execPath, [rotator, log], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(keeping);
    await once(keeping.stdout, 'data');
    const { child, rotations, enough } = startFlood(log, 50);
    children.push(child);
    const calm = async (): Promise<number> => {
      const count = await enough();
      const exited = once(keeping, 'exit');
      keeping.stdin.end();
      expect(await exited).to.deep.equal([0, null]);
      return count;
    };
    return { isRotated: () => rotations() >= enoughRotations, calm };
  };

  for (const base of bases()) {
    it(`F185: reading back below ${base} gives every line once and in order`, async () => {
      const log = makeLog(base);
      const { isRotated, calm } = await flood(log);
      const read = async (): Promise<string[]> => {
        const lines: string[] = [];
        await readBack({ path: log, ...all }, async ({ texts }) => {
          lines.push(...texts);
          return true;
        });
        return lines;
      };
      for (let readings = 0; readings < 4 || !isRotated(); readings += 1) {
        // The last one may be half there.
        expectEvery((await read()).slice(0, -1));
        await new Promise(setImmediate);
      }
      const count = await calm();
      expect(expectEvery(await read())).to.equal(count);
    });

    it(`F190: following below ${base} misses none and tells none twice`, async () => {
      const log = makeLog(base);
      const { isRotated, calm } = await flood(log);
      const lines: string[] = [];
      const follower = followFile({
        path: log,
        stream: 'stdout',
        from: 0,
        onLines: (some) => lines.push(...some.map(({ text }) => text)),
      });
      await until('it is rotated often enough', isRotated, 200_000);
      const count = await calm();
      await follower.drain();
      follower.stop();
      expect(expectEvery(lines)).to.equal(count);
    });
  }

  it('F195: a log that others read and lock (tail -f, an editor, a backup) is written and rotated all the same', async () => {
    const log = makeLog();
    writeFileSync(log, '');
    const others = [
      spawn('tail', ['-f', log], { stdio: 'ignore' }),
      spawn('flock', ['--no-fork', '--exclusive', log, 'sh', '-c', 'echo locked; exec sleep 600'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ] as const;
    children.push(...others);
    await once(others[1].stdout, 'data');
    const editor = openSync(log, 'r+');
    const { isRotated, calm } = await flood(log);
    await until('it is rotated often enough', isRotated, 200_000);
    const count = await calm();
    closeSync(editor);
    const lines: string[] = [];
    await readBack({ path: log, ...all }, async ({ texts }) => {
      lines.push(...texts);
      return true;
    });
    expect(expectEvery(lines)).to.equal(count);
    expect(others.map(({ exitCode }) => exitCode)).to.deep.equal([null, null]);
  });

  const project = { 'services.yaml': 'services:\n  api: { command: sleep 1 }\n', 'logs/.keep': '' };
  const linesOf = (stdout: string): string[] => stdout.split('\n').slice(0, -1);

  it('F185: logs -n all gives every line once and in order', async () => {
    const here = createProject(project);
    const { isRotated, calm } = await flood(here.path('logs', 'api.log'));
    const read = (): ReturnType<typeof runMuster> => runMuster(['logs', 'api', '-n', 'all', '--raw'], { cwd: here.folder });
    for (let readings = 0; readings < 2 || !isRotated(); readings += 1) {
      const { code, stdout, stderr } = await read();
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expectEvery(linesOf(stdout).slice(0, -1));
    }
    const count = await calm();
    expect(expectEvery(linesOf((await read()).stdout))).to.equal(count);
  });

  it('F190: logs -n all -f, which begins in the middle of it, misses none and tells none twice', async () => {
    const here = createProject(project);
    const { isRotated, calm } = await flood(here.path('logs', 'api.log'));
    const following = startMuster(['logs', 'api', '-f', '-n', 'all', '--raw'], { cwd: here.folder });
    await following.waitForLine(/^line 0 /);
    await until('it is rotated often enough', isRotated, 200_000);
    const count = await calm();
    await following.waitForLine(new RegExp(`^line ${count - 1} `));
    following.signal('SIGINT');
    const { code, stdout } = await following.done;
    expect(code).to.equal(130);
    expect(expectEvery(linesOf(stdout))).to.equal(count);
  });
});
