import { expect } from 'chai';
import { toBlame } from '../../lib/domain/blame.ts';
import { compareRuns } from '../../lib/domain/compare.ts';
import { findRun, parseRunRef } from '../../lib/domain/run-ref.ts';
import { aBoot, aRandom, aRun } from '../support/runs.ts';

//   db ─► api
const boot = (id: number, db: number, api: number, overrides: Parameters<typeof aBoot>[1] = {}) =>
  aRun(id, { db: aBoot(db), api: aBoot(api, { at: db + 5, releasedBy: 'db', ...overrides }) });

describe('the blame', () => {
  it('db → api: says what each adds to the wall time, longest first, with what it was doing', () => {
    const blame = toBlame(boot(1, 100, 295));
    expect(blame.map(({ service, ms, share }) => [service, ms, share])).to.deep.equal([
      ['api', 295, 295 / 400],
      ['db', 105, 105 / 400],
    ]);
    expect(blame[0]?.kinds).to.deep.equal([{ kind: 'boot', ms: 295 }]);
    expect(blame.reduce((sum, { ms }) => sum + ms, 0)).to.equal(400);
  });
});

describe('two runs side by side', () => {
  it('say who made the difference; it adds up', () => {
    const { difference, services, chainAfter } = compareRuns(boot(1, 100, 295), boot(2, 120, 595, { definitionHash: 'two' }));
    expect(difference).to.equal(320);
    expect(chainAfter).to.deep.equal(['db', 'api']);
    expect(services[0]).to.deep.include({ service: 'api', added: 300, longer: 300, definitionChanged: true });
    expect(services[1]).to.deep.include({ service: 'db', added: 20, longer: 20, definitionChanged: false });
    expect(services.reduce((sum, { added }) => sum + added, 0)).to.equal(difference);
  });

  it('add up for any two runs', () => {
    const random = aRandom(4);
    for (let round = 0; round < 50; round += 1) {
      const [a, b] = [boot(1, 1000 * random(), 1000 * random()), boot(2, 1000 * random(), 1000 * random())];
      const { difference, services } = compareRuns(a, b);
      expect(services.reduce((sum, { added }) => sum + added, 0)).to.be.closeTo(difference, 1e-6);
    }
  });

  it('name a service that only one of them has', () => {
    const { services } = compareRuns(aRun(1, { db: aBoot(100) }), aRun(2, { db: aBoot(100), cache: aBoot(150) }));
    expect(services.find(({ service }) => service === 'cache')).to.deep.include({ before: null, longer: null, added: 150 });
    expect(services.find(({ service }) => service === 'db')).to.deep.include({ added: -100, longer: 0 });
  });
});

describe('the name of a run', () => {
  const runs = [boot(3, 1, 300), boot(4, 1, 100), boot(7, 1, 200)];
  const find = (text: string): number | string => {
    const found = findRun(text, { runs, whole: [3, 4, 7] });
    return found.ok ? found.value.id : `${found.problem}; ${found.hint}`;
  };

  it('is its number, its place from the end, or the best one', () => {
    expect(['4', '#4', 'last', 'last-1', 'last-2', '-1', '-2', 'best'].map(find)).to.deep.equal([4, 4, 7, 4, 3, 7, 4, 4]);
  });

  it('that there is no such run says what there is', () => {
    expect(find('5')).to.equal('there is no run 5; remembered are 3 to 7');
    expect(find('last-9')).to.match(/there is no run last-9/);
    expect(find('yesterday')).to.match(/names no run; write its number, last, last-1/);
    for (const text of ['-0', 'last-', 'api', '4x', '']) expect(parseRunRef(text), text).to.equal(null);
  });
});
