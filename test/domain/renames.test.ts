import { expect } from 'chai';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { followRenames } from '../../lib/domain/renames.ts';
import { aBoot, aHistory, aRun } from '../support/runs.ts';
import { aService } from '../support/stacks.ts';

const service = (name: string, definitionHash: string) => aService(name, { definitionHash });

describe('a service that was renamed', () => {
  // db ← backend
  const history: History = {
    runs: [
      aRun(
        1,
        {
          db: aBoot(10, { definitionHash: 'of-db' }),
          backend: aBoot(20, { at: 10, releasedBy: 'db', definitionHash: 'of-api' }),
        },
        {
          stop: {
            startedAt: 0,
            took: 1,
            hurried: false,
            services: {
              backend: { asked: 0, signalled: 0, releasedBy: null, killed: null, gone: 1 },
              db: { asked: 0, signalled: 1, releasedBy: 'backend', killed: null, gone: 2 },
            },
          },
        },
      ),
    ],
    folded: { backend: { boots: 3, failures: 0, lastRun: 1, quantiles: [1, 2, 3] } },
  };

  it('H4: is known by its definition, and goes on with its times under the new name', () => {
    const renamed = followRenames(history, [service('db', 'of-db'), service('api', 'of-api')]);
    expect(Object.keys(renamed.runs[0]?.services ?? {})).to.deep.equal(['db', 'api']);
    expect(renamed.runs[0]?.stop?.services).to.have.all.keys('api', 'db');
    expect(renamed.runs[0]?.stop?.services['db']?.releasedBy).to.equal('api');
    expect(renamed.folded).to.have.all.keys('api');
    const all = followRenames(history, [service('store', 'of-db'), service('api', 'of-api')]);
    expect(all.runs[0]?.services['api']?.releasedBy).to.equal('store');
  });

  it('is not guessed where two could be meant, where the definition changed as well, or where the name is known', () => {
    for (const services of [
      [service('db', 'of-db'), service('api', 'changed')],
      [service('db', 'of-db'), service('api-1', 'of-api'), service('api-2', 'of-api')],
      [service('db', 'of-api')],
      [service('backend', 'of-api'), service('api', 'of-api')],
    ])
      expect(followRenames(history, services)).to.equal(history);
    const twins = aHistory({ a: 1, b: 1 });
    const alike: History = { ...twins, runs: twins.runs.map((run) => ({ ...run, services: { a: aBoot(1), b: aBoot(1) } })) };
    expect(followRenames(alike, [service('c', 'one')])).to.equal(alike);
    expect(followRenames(emptyHistory, [service('c', 'one')])).to.equal(emptyHistory);
  });
});
