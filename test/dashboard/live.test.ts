import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { until } from '../support/procs.ts';
import { aServiceSnapshot } from '../support/snapshots.ts';

/** Of the page, which has types of its own, as far as it is looked at here. */
type Live = { readonly hearEvents: () => Promise<void> };
type Answered = { readonly takeAnswer: (stack: object) => boolean };
type State = {
  readonly phase: { readonly kind: string };
  readonly stopping: boolean;
  readonly order: readonly string[];
  readonly selected: string | null;
  readonly isOpen: boolean;
  readonly logsOf: readonly string[];
  readonly survivors: readonly unknown[];
};
type App = { readonly app: { readonly get: () => State; readonly set: (patch: Readonly<Record<string, unknown>>) => void } };

const aStackAnswer = (names: readonly string[], fields: object = {}) => ({
  services: names.map((name) => aServiceSnapshot(name, 'ready', { definition: name })),
  booting: false,
  stopping: false,
  verdict: 'up',
  ...fields,
});

describe('the connection of the page', () => {
  let page: PretendedPage;
  let streams: ReadableStreamDefaultController<Uint8Array>[];
  let asked: (string | undefined)[];
  let app: App['app'];
  let before: State;
  beforeEach(async () => {
    page = pretendPage();
    [streams, asked] = [[], []];
    page.pretend('fetch', async (_path: string, { headers }: { headers: Record<string, string> }) => {
      asked.push(headers['last-event-id']);
      return new Response(new ReadableStream<Uint8Array>({ start: (stream) => void streams.push(stream) }));
    });
    ({ app } = await partOfPage<App>('app.ts'));
    before = app.get();
  });
  afterEach(() => {
    app.set(before);
    page.restore();
  });

  const say = (index: number, text: string): void => streams[index]?.enqueue(new TextEncoder().encode(text));
  const tell = (index: number, type: string, data: object): void =>
    say(index, `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);

  /** Resolves when the page has heard the last event. */
  const hear = async (): Promise<{ readonly over: Promise<void> }> => ({
    over: (await partOfPage<Live>('live.ts')).hearEvents(),
  });

  it('that was lost is there again as soon as the page is let in, although nothing was missed and nothing happens', async () => {
    const phase = (): string => app.get().phase.kind;
    const hearing = await hear();
    await until('it has asked', () => streams.length === 1);
    say(0, `id: a-7\nevent: stack\ndata: ${JSON.stringify({ services: [], booting: false, verdict: 'up' })}\n\n`);
    await until('it is live', () => phase() === 'live');
    streams[0]?.close();
    await until('it is lost', () => phase() === 'lost');
    await until('it has asked again', () => streams.length === 2);
    say(1, ':\n\n');
    await until('it is live again', () => phase() === 'live', 10_000);
    expect(asked).to.deep.equal([undefined, 'a-7']);
    say(1, 'event: ended\ndata: {}\n\n');
    streams[1]?.close();
    await hearing.over;
  });

  it('begins anew where going on from the last event brings nothing', async () => {
    const { over } = await hear();
    await until('it has asked', () => streams.length === 1);
    say(0, 'id: a-7\n');
    tell(0, 'stack', aStackAnswer([]));
    await until('it is live', () => app.get().phase.kind === 'live');
    for (let index = 0; index < 3; index += 1) {
      streams[index]?.close();
      await until('it has asked again', () => streams.length === index + 2);
    }
    expect(asked).to.deep.equal([undefined, 'a-7', 'a-7', undefined]);
    tell(3, 'ended', { result: null });
    streams[3]?.close();
    await over;
  });

  it('tells what an up took away: it is not chosen any more, nor is its log', async () => {
    const { over } = await hear();
    await until('it has asked', () => streams.length === 1);
    tell(0, 'stack', aStackAnswer(['db', 'old']));
    await until('it is live', () => app.get().phase.kind === 'live');
    app.set({ selected: 'old', isOpen: true, logsOf: ['old'] });
    tell(0, 'applied', { services: aStackAnswer(['db']).services });
    await until('it is gone', () => app.get().order.length === 1);
    expect(app.get()).to.deep.include({ selected: null, isOpen: false, logsOf: [], isStackDue: true });
    tell(0, 'ended', { result: null });
    streams[0]?.close();
    await over;
  });

  it('says that all goes down, also to who comes then, and who survived that', async () => {
    const { over } = await hear();
    await until('it has asked', () => streams.length === 1);
    tell(0, 'stack', aStackAnswer(['db'], { stopping: true }));
    await until('it is live', () => app.get().phase.kind === 'live');
    expect(app.get().stopping).to.equal(true);
    const survivors = [{ name: 'db', pids: [7], text: 'pid 7 of root', processes: [] }];
    tell(0, 'ended', { result: { took: 1, survivors } });
    streams[0]?.close();
    await over;
    expect(app.get()).to.deep.include({ phase: { kind: 'ended' }, survivors });
  });

  it('brings what an answer that is older than it does not undo', async () => {
    const { takeAnswer } = await partOfPage<Answered>('live.ts');
    app.set({ heard: 'a-10', order: ['new'], services: new Map() });
    expect(takeAnswer(aStackAnswer(['old'], { lastEventId: 'a-9' }))).to.equal(false);
    expect(app.get().order).to.deep.equal(['new']);
    for (const lastEventId of ['a-10', 'a-11', 'b-1'])
      expect(takeAnswer(aStackAnswer([lastEventId], { lastEventId })), lastEventId).to.equal(true);
    expect(app.get().order).to.deep.equal(['b-1']);
  });
});
