import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../../lib/runtime/clock.ts';
import { parsePss, parseUsage } from '../../lib/runtime/usage/proc-usage.ts';
import { parseUsageLine } from '../../lib/runtime/usage/ps-usage.ts';
import { createReadUsage } from '../../lib/runtime/usage/read.ts';
import type { ReadUsage, TreeUsage } from '../../lib/runtime/usage.ts';
import { createProcessRig, type ProcessRig, type Started, until } from '../support/procs.ts';

const node = (script: string) => ({ program: process.execPath, args: ['-e', script] });

/** 64 MB that are really there, then a line that says so. */
const hoarder = node(
  'const kept = Buffer.alloc(64 * 1024 * 1024, 1); console.log("kept", kept.length); setInterval(() => kept, 1000)',
);
const sleeper = node('console.log("here"); setInterval(() => undefined, 1000)');
const burner = node('console.log("here"); for (;;) Math.sqrt(2)');
/** The work is done by a child in a session of its own. */
const parent = node(
  `require('node:child_process').spawn(process.execPath, ['-e', 'console.log("here"); for (;;) Math.sqrt(2)'], { detached: true, stdio: 'inherit' }); setInterval(() => undefined, 1000)`,
);

describe('what the process tree of a service uses', () => {
  let rig: ProcessRig;
  beforeEach(() => {
    rig = createProcessRig();
  });
  afterEach(() => rig.cleanUp());

  const readOne = async (read: ReadUsage, { tree }: Started): Promise<TreeUsage> => {
    const [usage] = await read([tree]);
    if (usage === undefined) throw new Error('nothing was read');
    return usage;
  };

  /** Readings are half a second apart at least: waits for one that fits. */
  const readUntil = async (what: string, started: Started, fits: (usage: TreeUsage) => boolean): Promise<TreeUsage> => {
    const read = createReadUsage(rig.processes, systemClock);
    let last: TreeUsage | null = null;
    await until(what, async () => {
      last = await readOne(read, started);
      return fits(last);
    });
    if (last === null) throw new Error('nothing was read');
    return last;
  };

  before(function () {
    if (!existsSync('/proc/self/stat')) this.skip();
  });

  it('memory is that of the processes: one that keeps 64 MB has 64 MB more than one that keeps nothing', async () => {
    const [big, small] = [
      await rig.start(null, { command: hoarder, service: 'big' }),
      await rig.start(null, { command: sleeper }),
    ];
    await big.line(/kept/);
    await small.line(/here/);
    const read = createReadUsage(rig.processes, systemClock);
    const [much, little] = await read([big.tree, small.tree]);
    const more = (much?.memory ?? 0) - (little?.memory ?? 0);
    expect(more / 1024 / 1024).to.be.within(55, 80);
    expect(much).to.include({ memoryKind: 'pss', processes: 1, cpu: null });
  });

  it('the first reading has no percentage, a later one has it: about a whole core for one that only computes', async () => {
    const started = await rig.start(null, { command: burner });
    await started.line(/here/);
    const usage = await readUntil('it is seen to compute', started, ({ cpu }) => (cpu ?? 0) > 1);
    expect(usage.cpu).to.be.below(130);
    expect(usage.cpuTime).to.be.above(0);
  });

  it('a child in a session of its own counts', async () => {
    const started = await rig.start(null, { command: parent });
    await started.line(/here/);
    const usage = await readUntil('the child is seen to compute', started, ({ cpu }) => (cpu ?? 0) > 1);
    expect(usage.processes).to.equal(2);
  });

  it('one that sleeps uses next to nothing', async () => {
    const started = await rig.start(null, { command: { program: 'sleep', args: ['600'] } });
    const usage = await readUntil('there are two readings', started, ({ cpu }) => cpu !== null);
    expect(usage.cpu).to.be.below(5);
  });

  it('several who look within half a second are given the same reading', async () => {
    const started = await rig.start(null, { command: { program: 'sleep', args: ['600'] } });
    const read = createReadUsage(rig.processes, { ...systemClock, now: () => 1_000 });
    expect(await readOne(read, started)).to.equal(await readOne(read, started));
  });

  it('of more than can be read exactly in time, it reads the cheap figure', async () => {
    const started = await rig.start(null, { command: sleeper });
    await started.line(/here/);
    const many = Array.from({ length: 201 }, (_, pid) => ({ pid: pid + 4_200_000, start: 1 }));
    const own = { pid: started.running.identity.pid, start: Number(started.running.identity.startTime) };
    const read = createReadUsage({ listMembers: async () => [[own, ...many]] }, systemClock);
    expect(await readOne(read, started)).to.include({ memoryKind: 'rss' });
  });

  it('what ended meanwhile is left out', async () => {
    const read = createReadUsage({ listMembers: async () => [[{ pid: 4_200_000, start: 1 }]] }, systemClock);
    const [usage] = await read([{ leader: null, marker: { project: 'x', service: 'x', attempt: 1 } }]);
    expect(usage).to.include({ memory: 0, cpuTime: 0 });
  });
});

describe('the figures of the system', () => {
  it('reads user and system time after a name with blanks and brackets', () => {
    const fields = ['S', ...Array.from({ length: 40 }, (_, index) => index)].join(' ');
    expect(parseUsage(`12 (a) b) (c) ${fields}`).cpuTime).to.equal((10 + 11) * 10);
  });

  it('reads the share of memory, or says that it is not told', () => {
    expect(parsePss('5601 ---p [rollup]\nRss:  2 kB\nPss:               1234 kB\nPss_Anon: 3 kB\n')).to.equal(1_263_616);
    expect(parsePss('')).to.equal(null);
  });

  it('reads a line of ps, with minutes, hours and days', () => {
    expect(parseUsageLine('  812   1:02.50  10240')).to.deep.equal([
      [812, { cpuTime: 62_500, memory: 10_485_760, memoryKind: 'rss' }],
    ]);
    expect(parseUsageLine('1 01:02:03 1')?.[0]?.[1].cpuTime).to.equal(3_723_000);
    expect(parseUsageLine('')).to.equal(null);
  });
});
