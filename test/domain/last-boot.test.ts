import { expect } from 'chai';
import type { RunOutcome, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import { failedLast } from '../../lib/domain/last-boot.ts';

type Outcomes = Readonly<Record<string, ServiceTimeline['outcome']>>;

const run = (outcome: RunOutcome, services: Outcomes): RunRecord =>
  ({
    outcome,
    services: Object.fromEntries(
      Object.entries(services).map(([name, its]) => [name, { outcome: its, reason: its === 'failed' ? 'broke' : null }]),
    ),
  }) as unknown as RunRecord;

const failedIn = (...runs: readonly RunRecord[]): readonly string[] | null =>
  failedLast({ runs, folded: {} }, (name) => name === 'mail')?.failed.map(({ name, reason }) => `${name} ${reason}`) ?? null;

describe('what failed in the last boot', () => {
  it('is told of the newest boot alone', () => {
    const failed = run('failed', { db: 'ready', api: 'failed', web: 'skipped' });
    expect(failedIn(failed)).to.deep.equal(['api broke']);
    expect(failedIn(failed, run('up', { api: 'ready' }))).to.equal(null);
    expect(failedIn(run('interrupted', { api: 'failed' }))).to.equal(null);
    expect(failedIn()).to.equal(null);
  });

  it('names what is optional last: it was not the reason', () => {
    expect(failedIn(run('timed-out', { mail: 'failed', api: 'failed' }))).to.deep.equal(['api broke', 'mail broke']);
  });
});
