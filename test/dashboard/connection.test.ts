import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type PretendedPage, partOfPage, pretendPage } from '../support/pretended-page.ts';
import { until } from '../support/procs.ts';

type Result = { readonly ok: boolean; readonly failure?: { readonly code: string } };
type Stream = {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly silence: number;
  readonly onEvent: (type: string) => void;
};
type Api = {
  readonly get: (path: string, within?: number) => Promise<Result>;
  readonly post: (path: string, body?: unknown, within?: number) => Promise<Result>;
  readonly readStream: (stream: Stream) => Promise<string>;
};

describe('what the page asks of a supervisor', () => {
  let page: PretendedPage;
  let server: Server;
  let answer: RequestListener;
  let freed: string[];

  beforeEach(async () => {
    freed = [];
    server = createServer((request, response) => {
      request.resume();
      response.once('close', () => freed.push(`${request.method} ${request.url}`));
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const browserFetch = fetch;
    page = pretendPage();
    page.pretend('fetch', (path: string, options: RequestInit) => browserFetch(`http://127.0.0.1:${port}${path}`, options));
  });
  afterEach(async () => {
    page.restore();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('and is not told in time, as it is frozen, or the tunnel to it is dead, is given up, and said to be so', async () => {
    answer = () => undefined;
    const { get } = await partOfPage<Api>('api.ts');
    const { ok, failure } = await get('usage', 50);
    expect([ok, failure?.code]).to.deep.equal([false, 'late']);
    await until('the connection is free', () => freed.length === 1);
  });

  it('to be done, and takes long to settle, holds no connection, and counts as accepted', async () => {
    answer = () => undefined;
    const { post } = await partOfPage<Api>('api.ts');
    expect((await post('services/api/restart', {}, 50)).ok).to.equal(true);
    await until('the connection is free', () => freed.length === 1);
    expect(freed).to.deep.equal(['POST /api/v1/services/api/restart']);
  });

  it('to be done, and is refused, is told with why', async () => {
    answer = (_request, response) => {
      response.writeHead(409, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'needed', message: 'web needs it', hint: null } }));
    };
    const { post } = await partOfPage<Api>('api.ts');
    const { ok, failure } = await post('services/api/stop');
    expect([ok, failure?.code]).to.deep.equal([false, 'needed']);
  });

  for (const [how, begin] of [
    ['from the beginning on', ''],
    ['after its first event', 'event: live\ndata: {}\n\n'],
  ] as const) {
    it(`and goes on, is let go of when nothing comes any more ${how}`, async () => {
      answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`:\n\n${begin}`);
      };
      const { readStream } = await partOfPage<Api>('api.ts');
      const heard: string[] = [];
      const { signal } = new AbortController();
      const end = await readStream({ path: 'events', signal, silence: 100, onEvent: (type) => heard.push(type) });
      expect(end).to.equal('gone');
      await until('the connection is free', () => freed.length === 1);
      expect(heard).to.deep.equal(begin === '' ? [] : ['live']);
    });
  }
});
