import { expect } from 'chai';
import type { Processes } from '../../lib/runtime/processes.ts';
import { bootAll, startStop, stopAll } from '../support/drive.ts';
import { aRig, aService, aStack, type Rig } from '../support/stacks.ts';

type Action = 'signalTree' | 'awaitTreeEnd' | 'killTree';

/** As when no file can be opened for so many milliseconds from now on: no process can be looked at. */
const disturb = ({ runtime }: Rig, action: Action, duration: number): void => {
  const { clock, processes } = runtime;
  const until = clock.now() + duration;
  const works = processes[action] as (...args: unknown[]) => unknown;
  const disturbed = async (...args: unknown[]): Promise<unknown> => {
    if (clock.now() < until) throw new Error('EMFILE: too many open files');
    return works(...args);
  };
  Object.assign(processes, { [action]: disturbed as Processes[Action] });
};

const aReadyRig = async (stopTakes: number | null): Promise<Rig & { readonly sent: () => readonly string[] }> => {
  const rig = aRig(aStack([aService('a')]), { a: [{ stopTakes }] });
  await bootAll(rig);
  const began = rig.runtime.clock.now();
  return { ...rig, sent: () => rig.runtime.signals.map(({ signal, at }) => `${signal}@${at - began}`) };
};

describe('a stop in a moment in which no process can be looked at', () => {
  it('gives its signal a moment later, and kills nothing', async () => {
    const rig = await aReadyRig(50);
    disturb(rig, 'signalTree', 250);
    await stopAll(rig);
    expect(rig.sent()).to.deep.equal(['SIGTERM@300']);
    expect(rig.stateOf('a')).to.equal('stopped');
  });

  it('sees its end a moment later', async () => {
    const rig = await aReadyRig(50);
    disturb(rig, 'awaitTreeEnd', 250);
    await stopAll(rig);
    expect(rig.sent()).to.deep.equal(['SIGTERM@0']);
    expect(rig.stateOf('a')).to.equal('stopped');
  });

  it('that lasts is followed by the kill when its grace is over, and that by another one if need be', async () => {
    const rig = await aReadyRig(50);
    disturb(rig, 'signalTree', 60_000);
    disturb(rig, 'killTree', 5_250);
    await stopAll(rig);
    expect(rig.sent()).to.deep.equal(['SIGKILL@5300']);
    expect(rig.stateOf('a')).to.equal('stopped');
  });

  it('only what could not even be killed has survived', async () => {
    const rig = await aReadyRig(null);
    disturb(rig, 'killTree', 60_000);
    const { done, isDone } = startStop(rig);
    await rig.runtime.clock.runUntil(isDone);
    expect((await done).survivors.map(({ name }) => name)).to.deep.equal(['a']);
    expect(rig.sent()).to.deep.equal(['SIGTERM@0']);
  });
});
