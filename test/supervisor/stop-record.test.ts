import { expect } from 'chai';
import type { StopRecord } from '../../lib/domain/history.ts';
import { bootAll, startStop } from '../support/drive.ts';
import type { Script } from '../support/fake-runtime.ts';
import { aSession } from '../support/sessions.ts';
import { aDependency, aRig, aService, aStack, type Rig } from '../support/stacks.ts';

/** db ← api ← web */
const chain = aStack([
  aService('db'),
  aService('api', { dependsOn: [aDependency('db')] }),
  aService('web', { dependsOn: [aDependency('api')] }),
]);

const stopOf = async (rig: Rig, hurryAt: number | null = null): Promise<StopRecord> => {
  await bootAll(rig);
  const stop = startStop(rig);
  if (hurryAt !== null) {
    await rig.runtime.clock.advance(hurryAt);
    stop.hurry(0);
  }
  await rig.runtime.clock.runUntil(stop.isDone);
  return (await stop.done).record;
};

const taking = (times: Readonly<Record<string, number | null>>): Record<string, readonly Script[]> =>
  Object.fromEntries(Object.entries(times).map(([name, stopTakes]) => [name, [{ stopTakes }]]));

describe('the record of a stop', () => {
  it('db ← api ← web: says who was asked when, who released whom, and how long the whole took', async () => {
    const { took, hurried, services } = await stopOf(aRig(chain, taking({ web: 100, api: 200, db: 50 })));
    expect({ took, hurried }).to.deep.equal({ took: 350, hurried: false });
    expect(services).to.deep.equal({
      web: { asked: 0, signalled: 0, releasedBy: null, killed: null, gone: 100 },
      api: { asked: 0, signalled: 100, releasedBy: 'web', killed: null, gone: 300 },
      db: { asked: 0, signalled: 300, releasedBy: 'api', killed: null, gone: 350 },
    });
  });

  it('E6: says who had to be killed, and when', async () => {
    const { services } = await stopOf(aRig(aStack([aService('deaf')]), taking({ deaf: null })));
    expect(services['deaf']).to.deep.equal({ asked: 0, signalled: 0, releasedBy: null, killed: 5_000, gone: 5_000 });
  });

  it('E3: says that somebody was in a hurry', async () => {
    const { hurried, took } = await stopOf(aRig(chain, taking({ web: null, api: 200, db: 50 })), 700);
    expect({ hurried, took }).to.deep.equal({ hurried: true, took: 700 });
  });

  it('E10: has no end of one that could not be ended', async () => {
    const { services } = await stopOf(aRig(aStack([aService('stone')]), { stone: [{ stopTakes: null, immortal: true }] }));
    expect(services['stone']).to.deep.include({ killed: 5_000, gone: null });
  });

  it('holds nothing of what was not up', async () => {
    const rig = aRig(aStack([aService('up'), aService('bad', { optional: true })]), {
      bad: [{ spawnFails: { stage: 'program', code: 'ENOENT', message: 'was not found', passing: false } }],
    });
    expect(Object.keys((await stopOf(rig)).services)).to.deep.equal(['up']);
  });

  it('is remembered with the run that began what it ended', async () => {
    const { session, move } = aSession(chain, taking({ web: 100 }));
    await move(session.boot(session.graph.order, 'up'));
    expect(session.history().runs.map(({ stop }) => stop)).to.deep.equal([null]);
    await move(session.stopAll().done);
    const [run] = session.history().runs;
    expect(run?.stop).to.deep.include({ hurried: false });
    expect(run?.stop?.services['web']).to.deep.include({ gone: 100 });
    await session.close();
  });
});
