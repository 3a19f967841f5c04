import { appendFileSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createEventHub } from '../../lib/interfaces/http/event-hub.ts';
import { createSampler } from '../../lib/interfaces/http/log-sampler.ts';
import type { RouteContext } from '../../lib/interfaces/http/route.ts';
import { eventRoutes } from '../../lib/interfaces/http/routes/events.ts';
import { logRoutes } from '../../lib/interfaces/http/routes/logs.ts';
import { readQuery } from '../../lib/interfaces/http/values.ts';
import { readersOf } from '../../lib/runtime/logs/poller.ts';
import { connectTo, type DoorKind, type HttpRig, readEvents, type SseEvent, serveHttp } from '../support/http.ts';
import { until } from '../support/procs.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

// api ─► db
const twoServices = aStack([aService('db'), aService('api', { dependsOn: [aDependency('db')] })]);

const cleanUps: (() => void)[] = [];

const listen = async (rig: HttpRig, path: string, lastEventId?: string): Promise<AsyncGenerator<SseEvent>> => {
  const closing = new AbortController();
  cleanUps.push(() => closing.abort());
  const response = await rig.stream(path, closing.signal, lastEventId === undefined ? {} : { 'last-event-id': lastEventId });
  expect(response.statusCode).to.equal(200);
  expect(response.headers['content-type']).to.equal('text/event-stream; charset=utf-8');
  return readEvents(response);
};

const next = async (events: AsyncGenerator<SseEvent>, fits: (event: SseEvent) => boolean = () => true): Promise<SseEvent> => {
  for (;;) {
    const result = await events.next();
    if (result.done === true) throw new Error('the events ended');
    if (fits(result.value)) return result.value;
  }
};

const isChange =
  (name: string, state: string) =>
  ({ event, data }: SseEvent): boolean => {
    const { service } = data as { service?: { name: string; state: string } };
    return event === 'changed' && service?.name === name && service.state === state;
  };

/** One that takes everything. */
const aStream = () => ({
  pending: () => 0,
  taken: async () => undefined,
  signal: new AbortController().signal,
  end: () => undefined,
});

for (const over of ['port', 'socket'] satisfies DoorKind[]) {
  describe(`the events of the HTTP API, over the ${over}`, () => {
    afterEach(() => {
      for (const cleanUp of cleanUps.splice(0)) cleanUp();
    });

    it('begin with the whole stack, and go on with every change', async () => {
      const rig = await serveHttp(twoServices, { over });
      await rig.boot();
      const events = await listen(rig, '/api/v1/events');
      const first = await next(events);
      expect(first.event).to.equal('stack');
      expect(first.data).to.have.property('verdict', 'up');
      rig.runtime.crash('api', { code: 3, signal: null });
      const { data } = await next(events, isChange('api', 'backoff'));
      expect(data).to.have.nested.property('service.reason', 'exited with code 3');
    });

    it('tell with every change how the stack is, in the word that the snapshot has for it', async () => {
      // api ─► extra, for 200 ms at most
      const late = aStack([
        aService('extra', { optional: true }),
        aService('api', { dependsOn: [aDependency('extra', { waitUpTo: 200 })] }),
      ]);
      const rig = await serveHttp(late, { over, scripts: { extra: [{ readyAfter: 500 }] } });
      await rig.boot();
      await rig.move(rig.control.start(['extra']));
      const events = await listen(rig, '/api/v1/events');
      await next(events);
      rig.runtime.crash('extra', { code: 3, signal: null });
      const { data } = await next(events, isChange('extra', 'backoff'));
      const { verdict } = await rig.get<{ verdict: string | null }>('/api/v1/stack');
      expect(verdict).to.equal('degraded');
      expect(data).to.have.property('verdict', verdict);
    });

    it('go on after the last one that was heard, with what was missed, once each', async () => {
      const rig = await serveHttp(twoServices, { over });
      await rig.boot();
      const first = await next(await listen(rig, '/api/v1/events'));
      rig.runtime.crash('api', { code: 3, signal: null });
      const heard = await next(await listen(rig, '/api/v1/events', first.id ?? ''), isChange('api', 'backoff'));
      await rig.move(rig.control.start(['api']));
      const rest = await listen(rig, '/api/v1/events', heard.id ?? '');
      const ready = await next(rest, ({ event, data }) => {
        expect(event).to.equal('changed');
        expect(isChange('api', 'backoff')({ id: null, event, data })).to.equal(false);
        return isChange('api', 'ready')({ id: null, event, data });
      });
      expect(Number(ready.id?.split('-')[1])).to.be.above(Number(heard.id?.split('-')[1]));
    });

    it('begin anew for an id of another supervisor, of the future, or that is none', async () => {
      const rig = await serveHttp(twoServices, { over });
      await rig.boot();
      const { id } = await next(await listen(rig, '/api/v1/events'));
      for (const other of ['0123456789ab-3', `${id?.split('-')[0]}-999999`, 'nonsense', '-1', '__proto__']) {
        expect((await next(await listen(rig, '/api/v1/events', other))).event, other).to.equal('stack');
      }
    });

    it('end with the end of the supervisor, which is the last one told', async () => {
      const rig = await serveHttp(twoServices, { over });
      await rig.boot();
      const events = await listen(rig, '/api/v1/events');
      await next(events);
      rig.control.end(null);
      expect((await next(events)).event).to.equal('ended');
      expect((await events.next()).done).to.equal(true);
    });

    it('a memory of events is bounded: what is too long ago is not known any more', async () => {
      const rig = await serveHttp(twoServices, { over });
      const hub = createEventHub(rig.control);
      const first = hub.lastId();
      for (let round = 0; round < 5_000; round += 1) {
        rig.control.notice(`${round}`);
        if (round % 100 === 0) await new Promise(setImmediate);
      }
      await until('all are heard', () => hub.lastId().endsWith('-5000'));
      expect(hub.since(first)).to.equal(null);
      expect(hub.since(hub.lastId())).to.deep.equal([]);
      const [series] = first.split('-');
      expect(hub.since(`${series}-4000`)).to.have.lengthOf(1_000);
      await hub.close();
    });

    it('go on after the last one that was heard, also where that is more than a client may leave unread', async () => {
      const rig = await serveHttp(twoServices, { over });
      const first = await next(await listen(rig, '/api/v1/events'));
      const missed = 1_800;
      for (let count = 1; count <= missed; count += 1) {
        rig.control.notice(`${count} ${'x'.repeat(690)}`);
        if (count % 100 === 0) await new Promise(setImmediate);
      }
      await until('all are heard', async () => {
        const { lastEventId } = await rig.get<{ lastEventId: string }>('/api/v1/stack');
        return lastEventId.endsWith(`-${missed}`);
      });
      const events = await listen(rig, '/api/v1/events', first.id ?? '');
      for (let count = 1; count <= missed; count += 1) {
        const { text } = (await next(events)).data as { text: string };
        expect(text.split(' ')[0]).to.equal(`${count}`);
      }
    });

    it('S-12: a client that does not read is let go of, and the others hear on', async () => {
      const rig = await serveHttp(twoServices, { over, limits: { unread: 64 * 1024 } });
      await rig.boot();
      const deaf: Socket = connectTo(rig.at);
      let isClosed = false;
      deaf
        .on('error', () => undefined)
        .once('close', () => {
          isClosed = true;
        });
      deaf.pause();
      deaf.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${rig.host}\r\nAuthorization: Bearer ${rig.token}\r\n\r\n`);
      const events = await listen(rig, '/api/v1/events');
      await next(events);
      const long = 'x'.repeat(60_000);
      const hear = (async () => {
        for (let count = 0; count < 300; count += 1) await next(events);
      })();
      for (let round = 0; round < 300; round += 1) {
        rig.control.notice(long);
        await new Promise(setImmediate);
      }
      await hear;
      // What the system has taken for it comes first; then the end does.
      deaf.resume();
      await until('it was let go of', () => isClosed);
      deaf.destroy();
    });
  });
}

describe('a stack that cannot be looked at', () => {
  it('leaves nobody behind who hears its events', async () => {
    const rig = await serveHttp(twoServices, {
      control: (own) => ({ ...own, snapshot: () => Promise.reject(new Error('a bug')) }),
    });
    const hub = createEventHub(rig.control);
    let listening = 0;
    const counting: typeof hub = {
      ...hub,
      listen: (...heard) => {
        const leave = hub.listen(...heard);
        listening += 1;
        return () => {
          listening -= 1;
          leave();
        };
      },
    };
    const route = eventRoutes.find(({ operation }) => operation === 'events');
    const query = readQuery('', route?.query ?? {});
    if (route === undefined || !query.ok) expect.fail('there is no such route');
    const asked = { parameter: '', query: query.values, body: query.values, lastEventId: null };
    const answer = await route.run(asked, { sources: rig.sources, hub: counting } as RouteContext);
    if (answer.kind !== 'stream') expect.fail(answer.kind);
    const stream = { ...aStream(), send: () => undefined };
    const told = await answer.run(stream).catch((error: unknown) => error);
    expect(String(told)).to.equal('Error: a bug');
    expect(listening).to.equal(0);
    await hub.close();
  });
});

describe('the logs of the HTTP API', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-http-'));
  });
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
    rmSync(folder, { recursive: true, force: true });
  });

  const aStackWithLogs = () => {
    const log = (name: string) => ({ file: join(folder, `${name}.log`), maxSize: 1_000_000, keep: 1, split: false });
    return aStack([aService('db', { log: log('db') }), aService('api', { log: log('api') })]);
  };
  const write = (name: string, text: string): void => appendFileSync(join(folder, `${name}.log`), text);

  it('give the last lines of each, or of some, those with a text in them, without what steers a terminal', async () => {
    const rig = await serveHttp(aStackWithLogs(), { mask: (text) => text.replaceAll('hunter22', '***') });
    write('db', 'one\ntwo\n\u001b[31mred\u001b[0m \u001b]52;c;evil\u0007hunter22\n');
    write('api', 'three\n');
    const { logs } = await rig.get<{ logs: { service: string; lines: string[] }[] }>('/api/v1/logs?tail=2');
    expect(logs.map(({ service, lines }) => [service, lines])).to.deep.equal([
      ['db', ['two', '\u001b[31mred\u001b[0m ***']],
      ['api', ['three']],
    ]);
    expect(await rig.get('/api/v1/logs?services=db&contains=TWO')).to.deep.equal({
      logs: [{ service: 'db', stream: 'stdout', lines: ['two'] }],
    });
    expect((await rig.ask('GET', '/api/v1/logs?services=x')).status).to.equal(404);
  });

  for (const over of ['port', 'socket'] satisfies DoorKind[]) {
    it(`stream all of what was there, also where that is more than a client may leave unread, over the ${over}`, async () => {
      const rig = await serveHttp(aStackWithLogs(), { over });
      const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(610)}`);
      write('api', `${lines.join('\n')}\n`);
      const events = await listen(rig, '/api/v1/logs/stream?services=api&tail=10000');
      const told: string[] = [];
      for (let event = await next(events); event.event !== 'live'; event = await next(events))
        told.push(...(event.data as { lines: string[] }).lines);
      expect(told.length).to.equal(lines.length);
      expect(told).to.deep.equal(lines);
    });
  }

  it('stream long lines that come at once, although together they are more than a client may leave unread', async () => {
    const rig = await serveHttp(aStackWithLogs(), { limits: { unread: 256 * 1024 } });
    const events = await listen(rig, '/api/v1/logs/stream');
    await next(events, ({ event }) => event === 'live');
    const lines = `${'x'.repeat(4_000)}\n`.repeat(200);
    write('db', lines);
    write('api', lines);
    const told = new Map<string, number>();
    while ([...told.values()].reduce((sum, count) => sum + count, 0) < 400) {
      const {
        service,
        lines: some,
        skipped,
      } = (await next(events)).data as { service: string; lines: string[]; skipped: number };
      told.set(service, (told.get(service) ?? 0) + some.length + skipped);
    }
    expect(Object.fromEntries(told)).to.deep.equal({ api: 200, db: 200 });
  });

  it('S-12: let go of a client that takes nothing of what was there', async () => {
    const rig = await serveHttp(aStackWithLogs(), { limits: { patience: 200 } });
    write('api', `${'x'.repeat(4_000)}\n`.repeat(5_000));
    const deaf = connectTo(rig.at);
    cleanUps.push(() => deaf.destroy());
    deaf.on('error', () => undefined).pause();
    deaf.write(`GET /api/v1/logs/stream?tail=10000 HTTP/1.1\r\nHost: ${rig.host}\r\nAuthorization: Bearer ${rig.token}\r\n\r\n`);
    const following = (): number => readersOf(join(folder, 'api.log')).length;
    await until('it was let in', () => following() === 1);
    await until('it was let go of', () => following() === 0);
  });

  it('stream what was there and then what comes, without a gap and without a line twice', async () => {
    const rig = await serveHttp(aStackWithLogs());
    write('api', 'before 1\nbefore 2\n');
    const events = await listen(rig, '/api/v1/logs/stream?services=api&tail=1');
    expect((await next(events)).data).to.deep.include({ service: 'api', at: null, lines: ['before 2'] });
    expect((await next(events)).event).to.equal('live');
    write('api', 'after 1\n');
    write('db', 'not asked for\n');
    const seen: string[] = [];
    write('api', 'after 2\n');
    while (seen.length < 2) seen.push(...((await next(events)).data as { lines: string[] }).lines);
    expect(seen).to.deep.equal(['after 1', 'after 2']);
  });

  it('a stream that fails follows nothing any more', async () => {
    const { sources } = await serveHttp(aStackWithLogs());
    write('db', 'one\n');
    const route = logRoutes.find(({ operation }) => operation === 'followLogs');
    const query = readQuery('', route?.query ?? {});
    if (route === undefined || !query.ok) expect.fail('there is no such route');
    const asked = { parameter: '', query: query.values, body: query.values, lastEventId: null };
    const answer = await route.run(asked, { sources } as RouteContext);
    if (answer.kind !== 'stream') expect.fail(answer.kind);
    let followed = 0;
    const send = (): void => {
      followed = readersOf(join(folder, 'db.log')).length;
      throw new Error('broken');
    };
    const stream = { ...aStream(), send };
    const failed = await answer.run(stream).then(
      () => null,
      (error: Error) => error.message,
    );
    expect([failed, followed, readersOf(join(folder, 'db.log')).length]).to.deep.equal(['broken', 1, 0]);
  });

  it('begin with what was there in the order in which it came, whoever printed it', async () => {
    const rig = await serveHttp(aStackWithLogs());
    write('db', 'second\n');
    write('api', 'first\n');
    utimesSync(join(folder, 'api.log'), 1_000, 1_000);
    utimesSync(join(folder, 'db.log'), 2_000, 2_000);
    const events = await listen(rig, '/api/v1/logs/stream');
    const told = [await next(events), await next(events), await next(events)];
    expect(told.map(({ event, data }) => [event, (data as { lines?: string[] }).lines])).to.deep.equal([
      ['lines', ['first']],
      ['lines', ['second']],
      ['live', undefined],
    ]);
  });

  it('sample a flood: the newest lines, and how many were left out; every line is one or the other', () => {
    const sampler = createSampler();
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ text: `${from + index}`, stream: 'stdout' as const, at: 5 }));
    const origin = { service: 'api', stream: 'stdout' } as const;
    for (let from = 0; from < 20_000; from += 500) sampler.add(origin, lines(from, 500));
    const [batch, ...others] = sampler.take(0);
    expect(others).to.deep.equal([]);
    expect(batch?.lines).to.have.lengthOf(200);
    expect(batch?.lines.at(-1)).to.equal('19999');
    expect((batch?.lines.length ?? 0) + (batch?.skipped ?? 0)).to.equal(20_000);
    expect(sampler.take(0)).to.deep.equal([]);
    // Who does not read gets nothing for now, and is told later how much that was.
    sampler.add(origin, lines(0, 150));
    expect(sampler.take(10_000_000)).to.deep.equal([]);
    sampler.add(origin, lines(150, 150));
    expect(sampler.take(0)[0]).to.deep.include({ skipped: 100 });
    for (let service = 0; service < 300; service += 1) sampler.add({ ...origin, service: `s${service}` }, lines(0, 50));
    expect(sampler.take(0).reduce((sum, each) => sum + each.lines.length, 0)).to.be.at.most(600);
  });
});
