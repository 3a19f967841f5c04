import { expect } from 'chai';
import type { RunOutcome, RunRecord, ServiceTimeline } from '../../lib/domain/history.ts';
import { explainLast, failedLast } from '../../lib/domain/last-boot.ts';

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

describe('why a service did not come up in the last boot', () => {
  type Ends = Readonly<Record<string, readonly [ServiceTimeline['outcome'], string | null]>>;
  const why = (name: string, ends: Ends, needs: Readonly<Record<string, readonly string[]>>): string[] => {
    const services = Object.fromEntries(Object.entries(ends).map(([of, [outcome, reason]]) => [of, { outcome, reason }]));
    return explainLast(name, { run: { services } as unknown as RunRecord }, (of) => needs[of] ?? []).map(
      ({ service, state, because, depth }) => `${depth ?? '-'} ${service} (${state}) ${because}`,
    );
  };
  const ends: Ends = {
    web: ['skipped', 'migrate failed'],
    api: ['skipped', 'migrate failed'],
    migrate: ['failed', 'exited with code 1'],
    cache: ['failed', 'port 5601 was not free'],
    db: ['ready', null],
  };

  // web ─► api ─► migrate ─► db,  web ─► cache
  it('each chain down to its root; what came up is no reason', () => {
    expect(why('web', ends, { web: ['api', 'cache'], api: ['migrate', 'db'], migrate: ['db'] })).to.deep.equal([
      '- web (skipped) was not started, because it needs api, cache',
      '- api (skipped) was not started, because it needs migrate',
      '- migrate (failed) exited with code 1',
      '1 cache (failed) failed: port 5601 was not free',
    ]);
    expect(why('db', ends, {})).to.deep.equal([]);
    expect(why('constructor', ends, {})).to.deep.equal([]);
  });

  it('where the file says by now that it needs nothing, the root is the one that was written down', () => {
    expect(why('web', ends, {})).to.deep.equal([
      '- web (skipped) was not started, because it needs migrate',
      '- migrate (failed) exited with code 1',
    ]);
    expect(why('web', { web: ['skipped', 'gone failed'] }, {})).to.deep.equal([
      '- web (skipped) was not started, because gone failed',
    ]);
  });
});

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
