import { expect } from 'chai';
import { decide, dueAt, forgive, newWatch, noteChange, type Verdict, type WatchState } from '../../lib/domain/watch/decide.ts';

const debounce = 500;

/** A service that is spawned at once after each restart, and ready 100 ms later; what it does then is up to the test. */
const aService = () => {
  let state: WatchState = newWatch;
  let spawnedAt: number | null = 0;
  let readyAt: number | null = 100;
  const verdicts: Verdict[] = [];
  const change = (file: string, at: number, exists = true): void => {
    state = noteChange(state, { file, exists, at });
  };
  const ask = (now: number, isStarting = false): Verdict => {
    const answer = decide(state, { now, debounce, spawnedAt, readyAt, isStarting });
    ({ state } = answer);
    verdicts.push(answer.verdict);
    if (answer.verdict.kind === 'restart') [spawnedAt, readyAt] = [now, now + 100];
    return answer.verdict;
  };
  return {
    change,
    ask,
    /** Decides when it is due. */
    settle: (isStarting = false): Verdict => ask(dueAt(state, debounce) ?? 0, isStarting),
    state: () => state,
    forgive: () => {
      state = forgive(state);
    },
    verdicts: () => verdicts.map(({ kind }) => kind),
    upAt: () => readyAt ?? 0,
  };
};

describe('when a change of a file restarts a service', () => {
  it('F165: a burst of a thousand changes is one restart, after the last of them', () => {
    const web = aService();
    for (let index = 0; index < 1_000; index += 1) web.change(`src/${index}.js`, 5_000 + index);
    expect(dueAt(web.state(), debounce)).to.equal(6_499);
    expect(web.ask(6_000).kind).to.equal('wait');
    expect(web.ask(6_499)).to.deep.include({ kind: 'restart', file: 'src/999.js' });
    expect(dueAt(web.state(), debounce)).to.equal(null);
  });

  it('F165: while git has its lock it waits for git, but not for a lock that was left behind', () => {
    const question = { debounce, spawnedAt: 0, readyAt: 100, isStarting: false };
    let state = noteChange(newWatch, { file: 'src/a.js', exists: true, at: 20_000 });
    const ask = (now: number, isBusy: boolean): string => {
      const answer = decide(state, { ...question, now, isBusy });
      ({ state } = answer);
      return answer.verdict.kind;
    };
    expect(ask(20_500, true)).to.equal('wait');
    expect(dueAt(state, debounce)).to.equal(21_000);
    state = noteChange(state, { file: 'src/b.js', exists: true, at: 21_700 });
    expect(dueAt(state, debounce)).to.equal(22_200);
    expect(ask(22_200, true)).to.equal('wait');
    expect(ask(22_700, false)).to.equal('restart');
    state = noteChange(state, { file: 'src/c.js', exists: true, at: 40_000 });
    expect(ask(49_000, true)).to.equal('wait');
    expect(ask(50_000, true)).to.equal('restart');
  });

  it('F166: names the file that is there when the editor is done, not the one that it made on the way', () => {
    const web = aService();
    web.change('src/a.js', 5_000, false);
    web.change('src/a.js.tmp', 5_001, false);
    web.change('src/a.js', 5_002, true);
    web.change('src/a.js.tmp', 5_003, false);
    expect(web.settle()).to.deep.equal({ kind: 'restart', file: 'src/a.js', more: 1 });
  });

  it('F169: a service that writes its own watched file is paused after three restarts, and the file is named', () => {
    const web = aService();
    web.change('src/a.js', 60_000);
    web.settle();
    for (let round = 0; round < 3; round += 1) {
      web.change('src/build.json', web.upAt() + 20);
      web.settle();
    }
    expect(web.verdicts()).to.deep.equal(['restart', 'restart', 'restart', 'pause']);
    web.change('src/a.js', 70_000);
    expect(dueAt(web.state(), debounce)).to.equal(null);
    web.forgive();
    web.change('src/a.js', 80_000);
    expect(web.settle().kind).to.equal('restart');
  });

  it('F169: also one that takes its time, and is ready only seconds after it has written', () => {
    const web = aService();
    web.change('src/a.js', 60_000);
    web.settle();
    let kind = 'restart';
    let rounds = 0;
    for (; kind === 'restart' && rounds < 20; rounds += 1) {
      web.change('data.json', web.upAt() + 8_000);
      kind = web.settle(true).kind;
    }
    expect([kind, rounds]).to.deep.equal(['pause', 6]);
  });

  it('F169: also one that writes it every five seconds', () => {
    const web = aService();
    let kind = 'restart';
    let rounds = 0;
    for (; kind === 'restart' && rounds < 20; rounds += 1) {
      web.change('data.json', web.upAt() + 4_500);
      kind = web.settle().kind;
    }
    expect([kind, rounds]).to.deep.equal(['pause', 11]);
  });

  it('somebody who saves one file again and again, and looks at the result in between, is not taken for a loop', () => {
    const web = aService();
    for (let round = 0; round < 30; round += 1) {
      web.change('src/a.js', web.upAt() + 6_000);
      expect(web.settle().kind).to.equal('restart');
    }
  });

  it('somebody who saves one file after the other in a hurry is not taken for a loop', () => {
    const web = aService();
    for (let round = 0; round < 30; round += 1) {
      web.change(`src/${round}.js`, web.upAt() + 10);
      expect(web.settle().kind).to.equal('restart');
    }
  });

  it('a file that never comes to rest restarts nothing, and is told once', () => {
    const web = aService();
    for (let at = 5_000; at < 40_000; at += 100) {
      web.change('debug.log', at);
      web.ask(at + 50);
    }
    expect(web.verdicts().filter((kind) => kind !== 'wait')).to.deep.equal(['restless']);
    expect(web.settle()).to.deep.equal({ kind: 'restart', file: 'debug.log', more: 0 });
  });
});
