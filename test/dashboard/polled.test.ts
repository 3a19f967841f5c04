import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { until } from '../support/procs.ts';

type Asking = {
  readonly keepAsking: (ask: () => Promise<number>, onAnswer: (answer: number) => void, every: number | null) => () => void;
};
type Failure = { readonly message: string };
type Polled = { readonly value: string | null; readonly failure: Failure | null };
type Poll = { readonly toPolled: (before: Polled, result: object) => Polled };

describe('what a view of the page asks for', () => {
  let page: PretendedPage;
  beforeEach(() => {
    page = pretendPage();
  });
  afterEach(() => page.restore());

  const asking = async (every: number | null) => {
    const { keepAsking } = await partOfPage<Asking>('keep-asking.ts');
    const answers: number[] = [];
    let asked = 0;
    const ask = async (): Promise<number> => {
      asked += 1;
      return asked;
    };
    const stop = keepAsking(ask, (answer) => answers.push(answer), every);
    return { answers, stop };
  };

  it('and that falls due while it is hidden is asked for when it is looked at again, also what is asked for only once', async () => {
    page.hide();
    const { answers, stop } = await asking(null);
    page.show();
    await until('it was asked for', () => answers.length === 1);
    page.hide();
    page.show();
    await new Promise(setImmediate);
    expect(answers).to.deep.equal([1]);
    stop();
    expect(page.listeners('visibilitychange')).to.equal(0);
  });

  it('is asked for again, and told no more when the view is left', async () => {
    const { keepAsking } = await partOfPage<Asking>('keep-asking.ts');
    const waiting: ((answer: number) => void)[] = [];
    const answers: number[] = [];
    const ask = (): Promise<number> => new Promise((resolve) => waiting.push(resolve));
    const stop = keepAsking(ask, (answer) => answers.push(answer), 1);
    waiting[0]?.(1);
    await until('it was asked for again', () => waiting.length === 2);
    stop();
    waiting[1]?.(2);
    await new Promise(setImmediate);
    expect(answers).to.deep.equal([1]);
  });

  it('and cannot be had is told with why, beside what was known before', async () => {
    const { toPolled } = await partOfPage<Poll>('polled.ts');
    const failure = { status: 500, code: 'internal', message: 'this is a bug in muster', hint: null };
    const nothing = { value: null, failure: null };
    const first = toPolled(nothing, { ok: false, failure });
    expect(first).to.deep.equal({ value: null, failure });
    const known = toPolled(first, { ok: true, data: 'a' });
    expect(known).to.deep.equal({ value: 'a', failure: null });
    expect(toPolled(known, { ok: false, failure })).to.deep.equal({ value: 'a', failure });
  });
});
