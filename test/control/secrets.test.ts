import { expect } from 'chai';
import type { Failure, ServiceState, StateOf } from '../../lib/domain/state.ts';
import type { View } from '../../lib/interfaces/cli/attach/view.ts';
import { withMask } from '../../lib/interfaces/cli/attach/with-mask.ts';
import { createGrowingMask, maskMirror } from '../../lib/interfaces/control/mask.ts';
import { createMirror } from '../../lib/interfaces/control/mirror.ts';
import { hideInRecord, hideInSnapshot } from '../../lib/interfaces/control/without-secrets.ts';
import { inState, stopping } from '../support/records.ts';
import { aServiceSnapshot, aSnapshot, aStackSnapshot } from '../support/snapshots.ts';
import { aService, aStack } from '../support/stacks.ts';

const notFound: Failure = {
  kind: 'spawn',
  failure: { stage: 'program', code: 'ENOENT', message: 'vite was not found', searched: '/opt/canary/bin', passing: false },
};
const failed = ({ failure }: { readonly failure: Failure }): StateOf<'failed'> => ({
  kind: 'failed',
  since: 0,
  failure,
  restarts: 0,
  breakerOpen: false,
});

const states: Readonly<Record<string, ServiceState>> = {
  'that has failed': failed({ failure: notFound }),
  'that is tried again': { kind: 'backoff', since: 0, until: 9, failure: notFound, retry: 1, of: 5 },
  'that is stopped to be tried again': stopping({ phase: 'after-stop', next: { to: 'retry', failure: notFound } }),
  'that is stopped for good': stopping({ phase: 'after-stop', next: { to: 'fail', failure: notFound } }),
  'whose boot took too long': failed({ failure: { kind: 'boot-timeout', after: 1, last: notFound } }),
};

describe('S-27: the folders of PATH do not leave the supervisor', () => {
  for (const [whose, state] of Object.entries(states)) {
    it(`of a service ${whose}`, () => {
      const record = inState(state, { lastFailure: { failure: notFound, at: 0 } });
      expect(JSON.stringify(hideInRecord(record))).not.to.include('canary');
      const records = { web: record };
      const whole = aSnapshot([aService('web')], records);
      expect(whole.services[0]?.reason).to.include('canary');
      const shown = hideInSnapshot(whole, new Map(Object.entries(records)));
      expect(shown.services[0]?.reason).to.include('vite was not found');
      expect(JSON.stringify(shown)).not.to.include('canary');
    });
  }

  it('a record that holds none of it is the very same', () => {
    const record = inState(stopping());
    expect(hideInRecord(record)).to.equal(record);
  });
});

describe('S-27: a secret that a reason quotes', () => {
  const mask = (text: string): string => text.replaceAll('hunter22', '***');
  const said = aServiceSnapshot('hunter22', 'failed', {
    reason: 'its after_stop hook exited with code 1: hunter22',
    detail: 'hunter22',
  });
  const shown = { name: 'hunter22', reason: 'its after_stop hook exited with code 1: ***', detail: '***' };

  it('leaves nothing of itself where a part of it is known from another side, or is learned later', () => {
    const { mask, learnCaller, learnStack } = createGrowingMask();
    learnCaller({ DB_PASSWORD: 'hunter22' });
    expect(mask('hunter22-of-the-stack')).to.equal('***-of-the-stack');
    const stack = aStack([aService('web', { env: { API_KEY: 'hunter22-of-the-stack' } })]);
    learnStack(stack, new Map([['web', new Set(['API_KEY'])]]));
    expect(mask('hunter22-of-the-stack, hunter22')).to.equal('***, ***');
  });

  it('is in no line of news, no service of another stack, and no report; a name that is the same word stays', async () => {
    const told: unknown[] = [];
    const note = (...args: readonly unknown[]): void => void told.push(args);
    const view: View = {
      begin: note,
      changed: note,
      notice: note,
      applied: async (services) => note(services),
      logs: note,
      booted: note,
      failed: note,
      stopping: note,
      stopped: note,
      close: note,
    };
    const masked = withMask(view, mask);
    masked.changed(said, { type: 'serviceFailed', from: 'starting', text: 'failed: hunter22', cause: 'hunter22' }, 5);
    await masked.applied?.([said]);
    const cause = {
      name: 'hunter22',
      optional: false,
      skipped: [],
      state: failed({ failure: { kind: 'not-ready', after: 1, lastProbe: 'it said hunter22' } }),
    };
    masked.failed([{ cause, label: 'api', logLines: ['hunter22'], logFile: '/logs/api.log', notes: [] }], 6);
    const [changed, applied, failures] = told as [unknown[], unknown[][], unknown[][]];
    expect(changed[0]).to.deep.include(shown);
    expect(changed[1]).to.deep.include({ text: 'failed: ***', cause: '***' });
    expect(applied[0]?.[0]).to.deep.include(shown);
    expect(JSON.stringify(failures)).to.include('it said ***').and.to.include('"name":"hunter22"');
    expect(JSON.stringify(failures)).not.to.include('"hunter22"]');
  });

  it('is not in the table that is drawn while the stack boots', () => {
    const mirror = maskMirror(createMirror(aStackSnapshot([said]), { now: () => 0, wall: () => 0 }), mask);
    expect(mirror.snapshot().services[0]).to.deep.include(shown);
  });

  it('S-27: nor does the mistake of an edited file, in a live view', () => {
    const snapshot = { ...aStackSnapshot([]), edited: { added: [], problem: 'startup_delay: hunter2-hunter2 is no duration' } };
    const mirror = maskMirror(createMirror(snapshot, { now: () => 0, wall: () => 0 }), (text) =>
      text.replaceAll('hunter2-hunter2', '***'),
    );
    expect(mirror.snapshot().edited?.problem).to.equal('startup_delay: *** is no duration');
  });
});
