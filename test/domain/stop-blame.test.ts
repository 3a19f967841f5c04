import { expect } from 'chai';
import { toKilled } from '../../lib/domain/stop-blame.ts';

describe('who had to be killed in a stop', () => {
  it('is told with the time since it was asked to stop, the longest first', () => {
    const gone = { asked: 0, signalled: 0, releasedBy: null, killed: null, gone: 10 };
    const services = {
      db: gone,
      web: { ...gone, signalled: 100, killed: 1_100 },
      api: { ...gone, signalled: null, killed: 5_000 },
    };
    expect(toKilled({ startedAt: 0, took: 5_100, hurried: false, services })).to.deep.equal([
      { name: 'api', after: 5_000 },
      { name: 'web', after: 1_000 },
    ]);
  });
});
