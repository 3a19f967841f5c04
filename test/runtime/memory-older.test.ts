import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { toSegments } from '../../lib/domain/critical-path.ts';
import type { RunRecord, StopRecord } from '../../lib/domain/history.ts';
import { emptyMemory } from '../../lib/runtime/memory-file.ts';
import { aBoot, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aMemory, aRig, dropFolders } from './memory-rig.ts';

/** Written by muster 0.1.0, before runs had a uid, a machine and a stop: three boots of four services. */
const older = readFileSync(new URL('../data/memory-0.1.0.txt', import.meta.url));

describe('the memory of an older muster', () => {
  afterEach(dropFolders);

  it('F38: is read without a warning: nothing is guessed, and every run has a name that is the same whenever it is read', async () => {
    const rig = aRig();
    rig.put(older);
    const { memory, warning } = await rig.reopen().read();
    expect(warning).to.equal(null);
    const { runs } = memory.history;
    expect(runs.map(({ id, outcome, machine, warm, stop }) => ({ id, outcome, machine, warm, stop }))).to.deep.equal(
      [1, 2, 3].map((id) => ({ id, outcome: 'degraded', machine: '', warm: false, stop: null })),
    );
    expect(new Set(runs.map(({ uid }) => uid)).size).to.equal(3);
    expect((await rig.reopen().read()).memory.history).to.deep.equal(memory.history);
    expect(runs[0]?.services.db?.attempts[0]).to.deep.equal(
      anAttempt({ begun: 0.5, portsClear: 32.1, spawned: 47.7, firstProbe: 47.7, lastMiss: 237.1, ready: 245.2 }),
    );
  });

  it('still has a critical path that adds up', async () => {
    const rig = aRig();
    rig.put(older);
    for (const run of (await rig.reopen().read()).memory.history.runs)
      expect(toSegments(run).reduce((sum, { ms }) => sum + ms, 0)).to.equal(Math.round(run.duration));
  });

  it('is the same after it was saved by this one', async () => {
    const rig = aRig();
    rig.put(older);
    const { history } = (await rig.reopen().read()).memory;
    await rig.file.read();
    await rig.file.save({ ...emptyMemory, history });
    expect((await rig.reopen().read()).memory.history).to.deep.equal(history);
  });
});

describe('the memory of a run', () => {
  afterEach(dropFolders);

  const stop: StopRecord = {
    startedAt: 1_700_000_000_000,
    took: 812.5,
    hurried: true,
    services: {
      api: { asked: 0, signalled: 0, releasedBy: null, killed: 500, gone: 510 },
      db: { asked: 0, signalled: 510, releasedBy: 'api', killed: null, gone: null },
    },
  };

  it('gives back every segment of an attempt, the stop, the machine and the kinds of what was folded', async () => {
    const attempt = anAttempt({ queued: 1, begun: 2, signed: 3, held: 4, checks: 5, cpu: 42, lastMiss: 3, ready: 4, ended: 9 });
    const services = {
      api: aTimeline({ attempts: [attempt], ready: 4 }),
      db: aTimeline({ outcome: 'stopped', settled: 7 }),
      web: aBoot(3),
    };
    const run: RunRecord = aRun(9, services, { warm: true, machine: 'linux-x64-8-ci', ownCpu: 140, stop });
    const sketch = { boots: 2, failures: 1, quantiles: [5, 6] };
    const kinds = [{ environment: 'test', machine: 'linux-x64-8', warm: false, ...sketch }];
    const history = {
      runs: [run],
      folded: { api: { ...sketch, lastRun: 8, kinds } },
      foldedRuns: { count: 8, uids: ['a', 'b'] },
    };
    const rig = aRig();
    await rig.file.save(aMemory({ history }));
    expect((await rig.reopen().read()).memory.history).to.deep.equal(history);
  });

  it('leaves out an entry of a stop that makes no sense, and keeps the run', async () => {
    const rig = aRig();
    await rig.putDocument((document) => {
      document.history = { folded: {}, runs: [{ ...aRun(1, {}), stop: { ...stop, services: { api: { asked: 'x' } } } }] };
    });
    const { memory, warning } = await rig.reopen().read();
    expect(warning).to.include('history.runs[0].stop.services.api.asked: expected a time');
    expect(memory.history.runs[0]?.stop).to.deep.equal({ ...stop, services: {} });
  });
});
