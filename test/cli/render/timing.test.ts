import { expect } from 'chai';
import type { AttemptTimeline, RunRecord, ServiceTimeline } from '../../../lib/domain/history.ts';
import { renderTiming } from '../../../lib/interfaces/cli/render/timing.ts';
import { aRun } from '../../support/runs.ts';

const look = { colour: false, unicode: true };

describe('the timing table', () => {
  const attempt = (spawned: number, ready: number | null, failed: number | null = null): AttemptTimeline => ({
    begun: spawned,
    portsClear: spawned,
    spawned,
    firstProbe: spawned,
    ready,
    failed,
    reason: failed === null ? null : 'exited with code 1',
  });
  const timeline = (
    satisfied: number,
    attempts: readonly AttemptTimeline[],
    more: Partial<ServiceTimeline> = {},
  ): ServiceTimeline => ({
    satisfied,
    releasedBy: null,
    delayed: null,
    attempts,
    ready: attempts.at(-1)?.ready ?? null,
    outcome: 'ready',
    reason: null,
    definitionHash: 'x',
    ...more,
  });
  const run: RunRecord = {
    ...aRun(1, {}),
    duration: 2_000,
    services: {
      db: timeline(0, [attempt(0, 1_000)]),
      api: timeline(1_000, [attempt(1_000, null, 1_200), attempt(1_400, 2_000)]),
      mail: timeline(0, [], { outcome: 'failed' }),
    },
  };

  it('db → api: shows who waited, started and took how long, and marks the critical path', () => {
    expect(renderTiming(run, { ...look, width: 70, critical: ['db', 'api'], order: ['db', 'api', 'mail'] })).to.deep.equal([
      '   SERVICE  WAITED  STARTED AT            BOOT',
      '*  db         0 ms        0 ms           1.0 s  ━━━━━━━━━━━━',
      '*  api       1.0 s       1.4 s  600 ms (try 2)             ─── ━━━━━━━',
      '   mail       0 ms                      failed',
      'total 2.0 s; critical path (*): db → api',
    ]);
  });

  it('what somebody started anew during the boot is its first try, and its time is that of its newest one', () => {
    const anew = (first: AttemptTimeline): string | undefined => {
      const services = { api: timeline(0, [first, attempt(1_400, 2_000)], { ready: first.ready ?? 2_000 }) };
      return renderTiming({ ...run, services }, { ...look, width: 50, critical: [] })[1];
    };
    expect(anew(attempt(0, 900))).to.match(/1\.4 s +600 ms +━/);
    expect(anew({ ...attempt(0, null, 1_200), reason: null })).to.match(/1\.4 s +600 ms +─/);
    expect(anew(attempt(0, null, 1_200))).to.match(/1\.4 s +600 ms \(try 2\)/);
  });

  it('leaves the bars out where there is no room for them', () => {
    const lines = renderTiming(run, { ...look, width: 50, critical: [] });
    expect(lines.join('')).not.to.contain('━');
    expect(lines.at(-1)).to.equal('total 2.0 s');
  });
});
