import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../lib/runtime/clock.ts';
import { createWebhookSender, type WebhookSender } from '../../lib/runtime/webhooks.ts';
import { freePort, until } from '../support/procs.ts';

type Got = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly url: string };

const servers: Server[] = [];

/** A loopback server that keeps what it is told. `answer` says with what it answers the n-th request, counted from 0. */
const aServer = async (answer: (response: ServerResponse, count: number) => void) => {
  const requests: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, body, url: request.url ?? '' });
      answer(response, requests.length - 1);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path` };
};

const withStatus =
  (...statuses: readonly number[]) =>
  (response: ServerResponse, count: number): void =>
    void response.writeHead(statuses[Math.min(count, statuses.length - 1)] ?? 200).end('thanks');

const aSender = (
  url: string,
  more: { secret?: string; timeout?: number } = {},
): { sender: WebhookSender; problems: string[] } => {
  const problems: string[] = [];
  const target = { url, secret: more.secret ?? null, timeout: more.timeout ?? 60_000 };
  const sender = createWebhookSender({
    target,
    clock: systemClock,
    onProblem: (text) => void problems.push(text),
    retryAfter: 5,
  });
  return { sender, problems };
};

const aDelivery = (index = 0) => ({ id: `id-${index}`, event: 'serviceFailed', body: JSON.stringify({ index }) });

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('webhooks', () => {
  it('are told as JSON by POST, with the event, an id, and a signature that whoever has the secret can check', async () => {
    const { url, requests } = await aServer(withStatus(204));
    const { sender, problems } = aSender(url, { secret: 'shared' });
    sender.send(aDelivery(1));
    await sender.close(60_000);
    const [request] = requests;
    expect(request?.body).to.equal('{"index":1}');
    expect(request?.headers).to.include({
      'content-type': 'application/json',
      'x-muster-event': 'serviceFailed',
      'x-muster-delivery': 'id-1',
      'x-muster-signature': `sha256=${createHmac('sha256', 'shared').update('{"index":1}').digest('hex')}`,
    });
    expect(problems).to.deep.equal([]);
  });

  it('without a secret are not signed', async () => {
    const { url, requests } = await aServer(withStatus(200));
    const { sender } = aSender(url);
    sender.send(aDelivery());
    await sender.close(60_000);
    expect(requests[0]?.headers).not.to.have.property('x-muster-signature');
  });

  it('are told again after 500, 503 and 429, with the same id, in the order of the events', async () => {
    const { url, requests } = await aServer(withStatus(500, 503, 429, 200));
    const { sender, problems } = aSender(url);
    sender.send(aDelivery(1));
    sender.send(aDelivery(2));
    await sender.close(60_000);
    expect(requests.map(({ headers }) => headers['x-muster-delivery'])).to.deep.equal(['id-1', 'id-1', 'id-1', 'id-1', 'id-2']);
    expect(problems).to.deep.equal([]);
  });

  it('that always fail are told four times, and then once of each further event', async () => {
    const { url, requests } = await aServer(withStatus(503));
    const { sender, problems } = aSender(url);
    sender.send(aDelivery(1));
    sender.send(aDelivery(2));
    await sender.close(30_000);
    expect(requests.map(({ headers }) => headers['x-muster-delivery'])).to.deep.equal(['id-1', 'id-1', 'id-1', 'id-1', 'id-2']);
    expect(problems).to.deep.equal([
      `the webhook at ${new URL(url).origin} does not take what it is told: it answered with 503 (4 tries)`,
    ]);
  });

  it('that refuse are not asked again: 404, and a redirect, which is not followed', async () => {
    const { url, requests } = await aServer((response, count) =>
      count === 0 ? response.writeHead(404).end() : response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    const { sender, problems } = aSender(url);
    sender.send(aDelivery(1));
    sender.send(aDelivery(2));
    await sender.close(60_000);
    expect(requests.map((request) => request.url)).to.deep.equal(['/secret-path', '/secret-path']);
    expect(problems).to.deep.equal([`the webhook at ${new URL(url).origin} does not take what it is told: it answered with 404`]);
  });

  it('that nobody listens at are tried four times, then once for each further event; it is told once, without the path', async () => {
    const url = `http://127.0.0.1:${await freePort()}/secret-path`;
    const { sender, problems } = aSender(url);
    for (let index = 0; index < 5; index += 1) sender.send(aDelivery(index));
    await sender.close(60_000);
    expect(problems).to.deep.equal([
      `the webhook at ${new URL(url).origin} does not take what it is told: nobody listens there (4 tries)`,
    ]);
  });

  it('that never answer are given up at their timeout, and the end waits no longer than its limit', async () => {
    const { url, requests } = await aServer(() => undefined);
    const { sender, problems } = aSender(url, { timeout: 50 });
    sender.send(aDelivery(1));
    await until('it was given up', () => problems.length > 0);
    // One whose time is over before it is there is not seen there.
    expect(requests).to.have.length.within(0, 4);
    expect(problems[0]).to.match(/did not answer in time \(4 tries\)/);
    const before = requests.length;
    const slow = aSender(url, { timeout: 60_000 });
    slow.sender.send(aDelivery(2));
    slow.sender.send(aDelivery(3));
    await until('it was asked', () => requests.length > before);
    await slow.sender.close(50);
    expect(slow.problems).to.deep.equal([`2 events were not delivered to the webhook at ${new URL(url).origin}`]);
  });

  it('that answer without end are not listened to', async () => {
    const { url } = await aServer((response) => {
      response.writeHead(200);
      const pour = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(pour));
      };
      pour();
    });
    const { sender, problems } = aSender(url);
    sender.send(aDelivery());
    await sender.close(60_000);
    expect(problems).to.deep.equal([]);
  });

  it('that are slow keep no more than 500 events waiting: the oldest go, and are counted', async () => {
    const held: ServerResponse[] = [];
    const { url, requests } = await aServer((response, count) => {
      if (count > 0) response.end();
      else held.push(response);
    });
    const { sender, problems } = aSender(url, { timeout: 60_000 });
    sender.send(aDelivery(0));
    await until('it was asked', () => held.length > 0);
    for (let index = 1; index <= 600; index += 1) sender.send(aDelivery(index));
    for (const response of held) response.end();
    await sender.close(30_000);
    expect(requests).to.have.length(501);
    expect(requests[1]?.body).to.equal('{"index":101}');
    expect(problems).to.deep.equal([`100 events were not delivered to the webhook at ${new URL(url).origin}`]);
  });
});
