import { expect } from 'chai';
import { buildGraph } from '../../lib/domain/graph.ts';
import type { RunRecord } from '../../lib/domain/history.ts';
import { play, toReplay, toSlack } from '../../lib/domain/replay.ts';
import type { Ms, Stack } from '../../lib/domain/service.ts';
import { type Prediction, predict } from '../../lib/domain/what-if.ts';
import { type Change, parseWhatIf } from '../../lib/domain/what-if-words.ts';
import { aBoot, anAttempt, aRun, aTimeline } from '../support/runs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

const ask = (text: string, stack: Stack): Change => {
  const parsed = parseWhatIf(text, [...stack.services.keys()]);
  if (!parsed.ok) throw new Error(`${parsed.problem}; ${parsed.hint}`);
  return parsed.value;
};

type Asked = { readonly run: RunRecord; readonly stack: Stack; readonly usual?: Ms };

const whatIf = ({ run, stack, usual }: Asked, ...texts: readonly string[]): Prediction =>
  predict({
    run,
    stack,
    graph: buildGraph(stack.services),
    changes: texts.map((text) => ask(text, stack)),
    usual: () => usual ?? null,
  });

//   db (0..300) ─► api (310..900) ─► web (905..1000)
//   cache (0..200) ─► api            mail (0..50)
const stack = aStack([
  aService('db'),
  aService('cache'),
  aService('mail'),
  aService('api', { dependsOn: [aDependency('db'), aDependency('cache')] }),
  aService('web', { dependsOn: [aDependency('api')] }),
]);
const run = aRun(7, {
  db: aBoot(300),
  cache: aBoot(200),
  mail: aBoot(50),
  api: aBoot(590, { at: 310, releasedBy: 'db' }),
  web: aBoot(95, { at: 905, releasedBy: 'api' }),
});
const asked = { run, stack };

describe('a boot that is played again', () => {
  it('db, cache → api → web: takes exactly what it took, with what muster itself needed in between', () => {
    const replay = toReplay(run, stack, buildGraph(stack.services));
    const schedule = play(replay);
    expect(schedule.total).to.equal(run.duration);
    for (const [job, name] of replay.names.entries())
      expect(schedule.jobs[job]?.settled, name).to.equal(run.services[name]?.ready);
  });

  it('tells how much slower each could have been', () => {
    expect(Object.fromEntries(toSlack(toReplay(run, stack, buildGraph(stack.services))))).to.deep.equal({
      db: 0,
      cache: 100,
      mail: 950,
      api: 0,
      web: 0,
    });
  });

  it('keeps a service that is gone from the stack, where the record says who waited for it', () => {
    const smaller = aStack([...stack.services.values()].filter(({ name }) => name !== 'db'));
    expect(play(toReplay(run, smaller, buildGraph(smaller.services))).total).to.equal(1000);
  });

  it('leaves out an edge that the stack did not have then', () => {
    const more = aStack(
      [...stack.services.values()].map((one) => (one.name === 'cache' ? { ...one, dependsOn: [aDependency('db')] } : one)),
    );
    expect(play(toReplay(run, more, buildGraph(more.services))).total).to.equal(1000);
  });
});

describe('what if', () => {
  it('a service takes another time: until another chain decides', () => {
    expect(whatIf(asked, 'db=250ms')).to.include({ before: 1000, after: 950 });
    const faster = whatIf(asked, 'db=50ms');
    expect(faster.after).to.equal(900);
    expect(faster.chainBefore).to.deep.equal(['db', 'api', 'web']);
    expect(faster.chainAfter).to.deep.equal(['cache', 'api', 'web']);
    expect(faster.moved[0]).to.deep.equal({ service: 'db', before: 300, after: 50 });
    expect(whatIf(asked, 'db=x2')).to.include({ after: 1300 });
    expect(whatIf(asked, 'api=-90ms')).to.include({ after: 910 });
    expect(whatIf(asked, 'mail=+900ms')).to.include({ after: 1000 });
  });

  it('several changes at once', () => {
    expect(whatIf(asked, 'db=50ms', 'cache=50ms').after).to.equal(750);
  });

  it('an edge is taken out, or waits only for the start; a service is gone', () => {
    expect(whatIf(asked, 'api:without=db').after).to.equal(900);
    expect(whatIf(asked, 'api:started=db').after).to.equal(900);
    expect(whatIf(asked, 'web:without=api').after).to.equal(900);
    expect(whatIf(asked, 'db:gone').after).to.equal(900);
    expect(whatIf(asked, 'web:without=db').notes).to.deep.equal(['"web" does not wait for "db"']);
  });

  it('a limit of what starts at once', () => {
    // db, cache, mail one after the other, mail while api is not yet asking.
    expect(whatIf(asked, 'max_parallel=1').after).to.equal(300 + 200 + 50 + 590 + 95 + 5);
    expect(whatIf(asked, 'max_parallel=3')).to.include({ after: 1000 });
  });

  it('a service is optional: nothing changes while it gets ready, and it says so', () => {
    const { after, notes } = whatIf(asked, 'cache:optional');
    expect(after).to.equal(1000);
    expect(notes).to.deep.equal(['"cache" did not fail in run 7; who waits for it would wait as long']);
  });

  it('one that failed is optional: those that were skipped start when it has failed, and take what they usually take', () => {
    // cache (failed at 80) ─► api (skipped)
    const failed = aRun(
      8,
      {
        cache: aTimeline({ attempts: [anAttempt({ failed: 80 })], outcome: 'failed' }),
        api: aTimeline({ satisfied: null, delayed: null, outcome: 'skipped' }),
      },
      { outcome: 'failed', duration: 85 },
    );
    const two = aStack([aService('cache'), aService('api', { dependsOn: [aDependency('cache')] })]);
    expect(whatIf({ run: failed, stack: two, usual: 600 }, 'cache:optional')).to.deep.include({
      after: 685,
      chainAfter: ['cache', 'api'],
      notes: [],
    });
  });

  it('one that failed takes a given time: it gets ready, and so do those that were skipped because of it alone', () => {
    // db (failed) ─► api (skipped) ─► web (skipped) ◄─ cache (failed)
    const four = aStack([
      aService('db'),
      aService('cache'),
      aService('api', { dependsOn: [aDependency('db')] }),
      aService('web', { dependsOn: [aDependency('api'), aDependency('cache')] }),
    ]);
    const skipped = aTimeline({ satisfied: null, delayed: null, outcome: 'skipped' });
    const failed = aRun(
      9,
      {
        db: aTimeline({ attempts: [anAttempt({ failed: 300 })], outcome: 'failed' }),
        cache: aTimeline({ attempts: [anAttempt({ failed: 100 })], outcome: 'failed' }),
        api: skipped,
        web: skipped,
      },
      { outcome: 'failed', duration: 300 },
    );
    const ask = { run: failed, stack: four };
    expect(whatIf({ ...ask, usual: 600 }, 'db=50ms').after).to.equal(650);
    expect(whatIf({ ...ask, usual: 600 }, 'db=50ms', 'cache=50ms').after).to.equal(1250);
    expect(whatIf({ ...ask, usual: 600 }, 'cache=50ms').after).to.equal(300);
    expect(whatIf({ ...ask, usual: 600 }, 'api:without=db').after).to.equal(600);
    expect(whatIf(ask, 'db=50ms').notes).to.deep.equal([
      '"api" was skipped in run 9, and how long it takes is not known; it counts as nothing',
    ]);
  });

  it('a delay is left out: in full without a probe, and as far as anybody knows with one', () => {
    const delayed = (overrides: Parameters<typeof aService>[1]) => ({
      stack: aStack([aService('api', overrides)]),
      run: aRun(1, { api: aBoot(2000) }),
    });
    expect(whatIf(delayed({ startupDelay: 2000, ready: null }), 'api:no-delay').after).to.equal(0);
    const atBest = whatIf(delayed({ startupDelay: 2000 }), 'api:no-delay');
    expect(atBest.after).to.equal(0);
    expect(atBest.notes[0]).to.match(/was ready with its first probe, so how much of its startup_delay it needs is not known/);
    expect(whatIf(delayed({ startupDelay: 500 }), 'api:no-delay').after).to.equal(2000);
    const waited = {
      stack: aStack([aService('api', { waitBeforeStart: 400 })]),
      run: aRun(1, { api: aBoot(100, { at: 400, satisfied: 0 }) }),
    };
    expect(whatIf(waited, 'api:no-delay').after).to.equal(100);
  });

  it('failed attempts are left out of a time that is given', () => {
    const shaky = aTimeline({
      attempts: [anAttempt({ spawned: 5, failed: 100 }), anAttempt({ begun: 1100, spawned: 1105, ready: 1200 })],
      ready: 1200,
    });
    const one = { stack: aStack([aService('api')]), run: aRun(1, { api: shaky }) };
    expect(whatIf(one, 'api=95ms').after).to.equal(100);
    expect(whatIf(one, 'api=x2').after).to.equal(1295);
  });

  it('says what it cannot read, and how to write it', () => {
    const known = ['db', 'api'];
    const problem = (text: string): string => {
      const parsed = parseWhatIf(text, known);
      return parsed.ok ? 'read' : `${parsed.problem}; ${parsed.hint}`;
    };
    expect(problem('dbb=1s')).to.equal('unknown service "dbb"; did you mean "db"?');
    expect(problem('db=5')).to.match(/^duration "5" has no unit; write 5s or 5ms/);
    expect(problem('db')).to.match(/^cannot read "db"; write for example db=0\.5s/);
    expect(problem('db:sometimes')).to.match(/^cannot read "sometimes" after "db:"/);
    expect(problem('api:without=dbb')).to.match(/did you mean "db"/);
    expect(problem('max_parallel=0')).to.match(/whole number from 1 on, or none/);
  });
});
