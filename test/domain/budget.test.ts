import { expect } from 'chai';
import { judge, type Verdict } from '../../lib/domain/budget.ts';
import { type Budget, parseBudget } from '../../lib/domain/budget-words.ts';
import { emptyHistory, type History } from '../../lib/domain/history.ts';
import { findShifts } from '../../lib/domain/slower.ts';
import { toStats } from '../../lib/domain/stats.ts';
import { aHistory } from '../support/runs.ts';

const known = ['db', 'api', 'api.v2'];

const read = (text: string): Budget => {
  const parsed = parseBudget(text, known);
  if (!parsed.ok) throw new Error(`${parsed.problem}; ${parsed.hint}`);
  return parsed.value;
};

const problem = (text: string): string => {
  const parsed = parseBudget(text, known);
  return parsed.ok ? 'read' : `${parsed.problem}; ${parsed.hint}`;
};

const check = (history: History, ...texts: readonly string[]): Verdict[] => {
  const stats = toStats(history, { services: known });
  return judge(texts.map(read), { stats, shifts: findShifts(stats), run: history.runs.at(-1) ?? null });
};

const boots = (count: number, last: number) =>
  aHistory(...Array.from({ length: count }, (_, index) => ({ db: 100, api: index === count - 1 ? last : 500 })));

describe('a budget', () => {
  it('holds the boot, a service, its share of the boot, and what got slower, to a limit', () => {
    const verdicts = check(
      boots(20, 800),
      'boot<1s',
      'boot<=800ms',
      'api<0.5s',
      'api.p50<=500ms',
      'api.max<801ms',
      'critical.api<50%',
      'slower<1',
    );
    expect(verdicts.map(({ budget, ok }) => [budget.text, ok])).to.deep.equal([
      ['boot<1s', true],
      ['boot<=800ms', true],
      ['api<0.5s', false],
      ['api.p50<=500ms', true],
      ['api.max<801ms', true],
      ['critical.api<50%', false],
      ['slower<1', true],
    ]);
    expect(verdicts.map(({ reason }) => reason).slice(2, 6)).to.deep.equal([
      'api<0.5s: not kept, it is 800 ms over 20 boots',
      'api.p50<=500ms: it is 500 ms over 20 boots',
      'api.max<801ms: it is 800 ms over 20 boots',
      'critical.api<50%: not kept, it is 100 % in run 20',
    ]);
  });

  describe('of a service with replicas', () => {
    const groups = new Map([['api', ['api-1', 'api-2']]]);
    const history = aHistory({ db: 10, 'api-1': 100, 'api-2': 400 }, { db: 10, 'api-1': 300, 'api-2': 200 });
    const hold = (past: History, text: string): Verdict | undefined => {
      const stats = toStats(past, { services: ['db', 'api', 'api-1', 'api-2'] });
      return judge([read(text)], { stats, shifts: [], run: past.runs.at(-1) ?? null, groups })[0];
    };

    it('the worst of them is judged, and named', () => {
      expect(hold(history, 'api<250ms')?.reason).to.equal('api<250ms: not kept, it is 300 ms (api-1) over 2 boots');
      expect(hold(history, 'api.max<350ms')?.reason).to.equal('api.max<350ms: not kept, it is 400 ms (api-2) over 2 boots');
      expect(hold(history, 'api>250ms')).to.include({ ok: false, value: 200 });
      expect(hold(history, 'critical.api<50%')).to.include({ ok: false });
    });

    it('boots of one that has the name for itself, or of some replicas only, are nothing to judge by', () => {
      const alone = aHistory({ db: 10, api: 100 });
      const first = aHistory({ db: 10, 'api-1': 100 });
      for (const text of ['api<3s', 'api.p95<3s', 'critical.api<100%'])
        for (const past of [alone, first]) expect(hold(past, text), text).to.include({ ok: false, value: null });
    });
  });

  it('counts failures as a number or as a share', () => {
    const [some, share, flaky] = check(boots(4, 500), 'api.failures<1', 'api.failures<=25%', 'api.flakiness<10%');
    expect([some?.ok, share?.ok, flaky?.ok]).to.deep.equal([true, true, true]);
  });

  it('is not kept when there is nothing to judge by', () => {
    for (const { ok, value, reason } of check(emptyHistory, 'boot<20s', 'api.p95<3s', 'critical.api<50%')) {
      expect(ok).to.equal(false);
      expect(value).to.equal(null);
      expect(reason).to.match(/nothing to judge by/);
    }
  });

  it('"slower" is judged from ten boots of a service or of the stack on', () => {
    expect(check(boots(10, 500), 'slower<1')[0]).to.include({ ok: true, value: 0 });
    for (const past of [emptyHistory, boots(9, 500)]) expect(check(past, 'slower<1')[0]).to.include({ ok: false, value: null });
  });

  it('knows a service with a dot in its name from a figure', () => {
    expect(read('api.v2<1s').measure).to.deep.equal({ of: 'service', service: 'api.v2', stat: 'last' });
    expect(read('api.v2.p99<1s').measure).to.deep.equal({ of: 'service', service: 'api.v2', stat: 'p99' });
    expect(read(' api.p95 < 3s ')).to.deep.include({ text: 'api.p95<3s', limit: 3000 });
  });

  it('may be of a service that is called by one of our words', () => {
    const measure = (text: string) => {
      const parsed = parseBudget(text, ['critical', 'api', 'boot']);
      return parsed.ok ? parsed.value.measure : parsed.problem;
    };
    expect(measure('critical.p95<3s')).to.deep.equal({ of: 'service', service: 'critical', stat: 'p95' });
    expect(measure('critical.api<50%')).to.deep.equal({ of: 'critical', service: 'api' });
    expect(measure('critical.critical<50%')).to.deep.equal({ of: 'critical', service: 'critical' });
    expect(measure('critical.p59<3s')).to.equal('budget "critical.p59<3s": unknown figure "p59"');
    expect(measure('boot.flakiness<3%')).to.deep.equal({ of: 'service', service: 'boot', stat: 'flakiness' });
  });

  it('says what it cannot read, and what is allowed', () => {
    expect(problem('boot')).to.match(/^cannot read the budget "boot"; write for example boot<20s/);
    expect(problem('boot=20s')).to.match(/^cannot read the budget/);
    expect(problem('boot<20')).to.equal('budget "boot<20": duration "20" has no unit; write 20s or 20ms');
    expect(problem('apl.p95<3s')).to.equal('budget "apl.p95<3s": unknown service "apl"; did you mean "api"?');
    expect(problem('api.p59<3s')).to.match(/unknown figure "p59"; (did you mean "p5?9?5?0?"\?|write one of)/);
    expect(problem('api.p95<50%')).to.equal('budget "api.p95<50%": "50%" is no limit for it; write a duration such as 2s');
    expect(problem('api.flakiness<3')).to.match(/write a share such as 50%/);
    expect(problem('critical.apl<50%')).to.match(/did you mean "api"/);
  });
});
