import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { until } from '../support/procs.ts';

type Row = { readonly text: string };
type Buffer = { readonly rows: (search: string) => readonly Row[] };
type Buffers = { readonly createLogBuffer: () => Buffer };
type Following = {
  readonly names: readonly string[];
  readonly buffer: Buffer;
  readonly signal: AbortSignal;
  readonly onPhase: (phase: string) => void;
  readonly onLines: () => void;
};
type Logs = { readonly followLogs: (following: Following) => Promise<void> };
type Hidden = { readonly whenHidden: (act: () => void, after: number) => () => void };

describe('the log that the page follows', () => {
  let page: PretendedPage;
  let streams: ReadableStreamDefaultController<Uint8Array>[];
  let closing: AbortController;
  let phases: string[];
  beforeEach(() => {
    page = pretendPage();
    [streams, phases, closing] = [[], [], new AbortController()];
    page.pretend('fetch', async (_path: string, { signal }: { signal: AbortSignal }) => {
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => {
          streams.push(stream);
          signal.addEventListener('abort', () => stream.error(new Error('aborted')));
        },
      });
      return new Response(body);
    });
  });
  afterEach(() => {
    closing.abort();
    page.restore();
  });

  const tell = (index: number, type: string, data: object): void =>
    streams[index]?.enqueue(new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
  const lines = (text: string): object => ({ service: 'api', stream: 'stdout', at: null, skipped: 0, lines: [text] });

  const follow = async (): Promise<{ readonly texts: () => readonly string[]; readonly over: Promise<void> }> => {
    const buffer = (await partOfPage<Buffers>('log-buffer.ts')).createLogBuffer();
    const { followLogs } = await partOfPage<Logs>('log-stream.ts');
    const onPhase = (phase: string): void => void phases.push(phase);
    const over = followLogs({ names: ['api'], buffer, signal: closing.signal, onPhase, onLines: () => undefined });
    return { texts: () => buffer.rows('').map(({ text }) => text), over };
  };

  it('is being read until all of before is there, is said to be broken where it is not, and what was read stays until it comes again', async () => {
    const { texts, over } = await follow();
    await until('it has asked', () => streams.length === 1);
    tell(0, 'lines', lines('one'));
    await until('it is there', () => texts().length === 1);
    expect(phases).to.deep.equal(['reading']);
    streams[0]?.close();
    await until('it is broken', () => phases.length === 2);
    await until('it has asked again', () => streams.length === 2);
    expect(texts()).to.deep.equal(['one']);
    tell(1, 'lines', lines('two'));
    tell(1, 'live', {});
    await until('it is live', () => phases.length === 3);
    expect(phases).to.deep.equal(['reading', 'broken', 'live']);
    expect(texts()).to.deep.equal(['two']);
    closing.abort();
    await over;
    expect(page.listeners('visibilitychange')).to.equal(0);
  });

  it('is not asked for while the page is hidden', async () => {
    page.hide();
    const { over } = await follow();
    await new Promise(setImmediate);
    expect(streams.length).to.equal(0);
    page.show();
    await until('it has asked', () => streams.length === 1);
    closing.abort();
    await over;
  });

  it('is let go of when the page has been hidden for a while, and not when it was looked at before', async () => {
    const { whenHidden } = await partOfPage<Hidden>('hidden.ts');
    let count = 0;
    const leave = whenHidden(() => {
      count += 1;
    }, 1);
    page.hide();
    page.show();
    page.hide();
    await until('it acts', () => count === 1);
    leave();
    expect(page.listeners('visibilitychange')).to.equal(0);
  });
});
