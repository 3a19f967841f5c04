import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { tsxPath } from '../support/procs.ts';

/**
 * `MUSTER_FUZZ_SEED` runs what was run before, `MUSTER_FUZZ_RUNS` more or fewer. One seed alone:
 * `node --import tsx test/fuzz/loader-worker.ts SEED 1`.
 */
const firstSeed = Number(process.env['MUSTER_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['MUSTER_FUZZ_RUNS'] ?? 50_000);
const workers = 2;

/** The loader's own limit, so that a memory that grows is the end of the worker and not of the machine. In MB. */
const heap = 160;

/** A worker tells where it is every 500 files; one that does not for so long, in ms, is in a loop without end. */
const patience = 60_000;

type Told = {
  readonly seed?: number;
  readonly problem?: string;
  readonly at?: number;
  readonly done?: number;
  readonly whole?: number;
  readonly kinds?: number;
};

/** Everything that a worker tells. Ends also when the worker hangs, with that as a problem. */
const runWorker = (seed: number, count: number): Promise<Told[]> =>
  new Promise((resolve) => {
    const args = [
      `--max-old-space-size=${heap}`,
      '--import',
      tsxPath,
      join(import.meta.dirname, 'loader-worker.ts'),
      String(seed),
      String(count),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const told: Told[] = [];
    let last = seed;
    let stderr = '';
    const hang = (): void => {
      told.push({ problem: `hangs after seed ${last}` });
      child.kill('SIGKILL');
    };
    let timer = setTimeout(hang, patience);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as Told;
      clearTimeout(timer);
      timer = setTimeout(hang, patience);
      if (event.at === undefined) told.push(event);
      else last = event.at;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) told.push({ problem: `ended with ${code ?? signal} after seed ${last}: ${stderr}` });
      resolve(told);
    });
  });

describe('any file at all', () => {
  it(`A16: ${runs} damaged files from seed ${firstSeed}: none crashes the reader, holds it up, or is told of at a place outside`, async function () {
    this.timeout(600_000);
    const each = Math.ceil(runs / workers);
    const told = (
      await Promise.all(Array.from({ length: workers }, (_, index) => runWorker(firstSeed + index * each, each)))
    ).flat();
    expect(told.filter(({ problem }) => problem !== undefined)).to.deep.equal([]);
    const sum = (pick: (event: Told) => number | undefined): number => told.reduce((all, event) => all + (pick(event) ?? 0), 0);
    expect(sum(({ done }) => done)).to.equal(each * workers);
    // Else all of them stop at the same first door.
    expect(sum(({ whole }) => whole)).to.be.above(runs / 100);
    expect(Math.max(...told.map(({ kinds = 0 }) => kinds))).to.be.above(30);
  });
});
