import { expect } from 'chai';
import type { Adoption } from '../../lib/domain/events.ts';
import type { Earlier } from '../../lib/domain/process.ts';
import { newRecord, noRestarts } from '../../lib/domain/state.ts';
import { toRecorded } from '../../lib/supervisor/recorded.ts';
import { startBoot } from '../support/drive.ts';
import { aProbe, aRig, aService, aStack, type Rig } from '../support/stacks.ts';

const prints = aService('prints', { ready: aProbe({ check: { kind: 'log', pattern: 'LISTEN' } }) });

const recordedOf = ({ supervisor }: Rig): Earlier | null =>
  toRecorded(supervisor.records.get('prints') ?? newRecord, { definitionHash: '', startedAt: null, toWall: (at) => at }).earlier;

describe('what there was before an attempt', () => {
  const aRigWithLogs = () => {
    const rig = aRig(aStack([prints]), { prints: [{ readyAfter: null }] });
    const targets: unknown[] = [];
    const { startProbing, clock } = rig.runtime;
    Object.assign(rig.runtime.logs, {
      prepare: async () => ({ offset: 700, base: 4_096 }),
      endBefore: (_path: string, moment: number) => ({ offset: moment - clock.wall(), base: 0 }),
    });
    Object.assign(rig.runtime, {
      startProbing: (run: Parameters<typeof startProbing>[0]) => {
        targets.push(run.target.logs);
        return startProbing(run);
      },
    });
    return { ...rig, targets };
  };
  const adopt = (rig: Rig, earlier: Adoption['earlier'], was: 'starting' | 'ready' = 'starting'): void => {
    const as = { kind: 'running', identity: { pid: 5, startTime: '5', bootId: 'fake' }, was, spawnedAt: 0 } as const;
    const adoption = { number: 3, ports: [], restarts: noRestarts, as };
    rig.supervisor.post({
      name: 'prints',
      event: { type: 'adopted', adoption: earlier === undefined ? adoption : { ...adoption, earlier } },
    });
  };
  const path = '/logs/prints.log';

  it('is written down with its process, and its probe does not see it', async () => {
    const rig = aRigWithLogs();
    startBoot(rig);
    await rig.runtime.clock.advance(100);
    const from = { offset: 700, base: 4_096 };
    expect(recordedOf(rig)).to.deep.equal({ logs: [from], sign: null });
    expect(rig.targets).to.deep.equal([[{ path, from }]]);
  });

  it('goes with it from one supervisor to the next, and to the one after that', () => {
    const rig = aRigWithLogs();
    const earlier = { logs: [{ offset: 12, base: 0 }], sign: 'a mark' };
    adopt(rig, earlier);
    expect(recordedOf(rig)).to.deep.equal(earlier);
    expect(rig.targets).to.deep.equal([[{ path, from: { offset: 12, base: 0 } }]]);
  });

  it('is looked for where nobody has told it, by when the attempt began', async () => {
    const rig = aRigWithLogs();
    await rig.runtime.clock.advance(1_000);
    adopt(rig, { before: 250 });
    expect(recordedOf(rig)).to.equal(null);
    expect(rig.targets).to.deep.equal([[{ path, from: { offset: -750, base: 0 } }]]);
  });

  it('is of no interest where it was ready', () => {
    const rig = aRigWithLogs();
    adopt(rig, undefined, 'ready');
    expect([rig.stateOf('prints'), rig.targets]).to.deep.equal(['ready', []]);
  });
});
