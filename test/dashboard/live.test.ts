import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { until } from '../support/procs.ts';

/** Of the page, which has types of its own, as far as it is looked at here. */
type Live = { readonly hearEvents: () => Promise<void> };
type App = { readonly app: { readonly get: () => { readonly phase: { readonly kind: string } } } };

describe('the connection of the page', () => {
  let page: PretendedPage;
  beforeEach(() => {
    page = pretendPage();
  });
  afterEach(() => page.restore());

  it('that was lost is there again as soon as the page is let in, although nothing was missed and nothing happens', async () => {
    const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
    const asked: (string | undefined)[] = [];
    page.pretend('fetch', async (_path: string, { headers }: { headers: Record<string, string> }) => {
      asked.push(headers['last-event-id']);
      return new Response(new ReadableStream<Uint8Array>({ start: (stream) => void streams.push(stream) }));
    });
    const say = (index: number, text: string): void => streams[index]?.enqueue(new TextEncoder().encode(text));
    const { app } = await partOfPage<App>('app.ts');
    const { hearEvents } = await partOfPage<Live>('live.ts');
    const phase = (): string => app.get().phase.kind;

    const hearing = hearEvents();
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
    await hearing;
  });
});
