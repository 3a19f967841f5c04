import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { connectControl } from '../../lib/interfaces/control/client.ts';
import { until } from '../support/procs.ts';
import { ask, cleanUp, cleanUps, connectRaw, open, serve } from './rig.ts';

describe('the control socket with clients that behave badly', () => {
  afterEach(cleanUp);

  it('S-18: refuses what is not in its table, and goes on with the same client', async () => {
    const { path } = await serve({ version: '0.0.0' });
    const client = await connectRaw(path);
    client.socket.write(ask(1, 'constructor.call'));
    client.socket.write(ask(2, '__proto__'));
    client.socket.write('{"id":3,"v":"0.0.0","method":"snapshot","params":{"__proto__":{"x":1}}}\n');
    client.socket.write(ask(4, 'snapshot'));
    await client.line(({ id }) => id === 4);
    const codes = client.lines().map(({ id, error }) => [id, (error as { code: string } | undefined)?.code]);
    expect(codes).to.deep.equal([
      [1, 'unknown-method'],
      [2, 'unknown-method'],
      [3, 'bad-params'],
      [4, undefined],
    ]);
  });

  it('F94: garbage is answered once, and the client is let go of', async () => {
    const { path, folder } = await serve();
    const client = await connectRaw(path);
    client.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${'x\n'.repeat(1_000)}`);
    await until('it is closed', client.isClosed);
    expect(client.lines().map(({ id, error }) => [id, (error as { code: string }).code])).to.deep.equal([[null, 'bad-request']]);
    await open(folder);
  });

  it('F94: a request without an end is dropped at 1 MiB, and nobody else is harmed', async () => {
    const { path, folder } = await serve();
    const good = await open(folder);
    const client = await connectRaw(path);
    const piece = Buffer.alloc(256 * 1024, 'x');
    const flood = setInterval(() => client.socket.write(piece), 1);
    cleanUps.push(() => clearInterval(flood));
    const { error } = await client.line();
    expect(error).to.deep.equal({ code: 'limit', message: 'a request is longer than 1048576 bytes' });
    await until('it is closed', client.isClosed);
    expect((await good.snapshot()).name).to.equal('test');
  });

  it('F94: one that says nothing is let go of', async () => {
    const { path } = await serve({ limits: { firstByte: 50 } });
    const client = await connectRaw(path);
    const { error } = await client.line();
    expect(error).to.deep.equal({ code: 'limit', message: 'nothing was said for 0.05 s' });
    await until('it is closed', client.isClosed);
  });

  it('F94: a thousand idle clients keep nobody out, and are at most 64', async () => {
    const { path, folder } = await serve();
    const good = await open(folder);
    const idle: Socket[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      const socket = connect(path);
      socket.on('error', () => undefined);
      socket.resume();
      idle.push(socket);
    }
    cleanUps.push(() => {
      for (const socket of idle) socket.destroy();
    });
    const isSettled = ({ readyState }: Socket): boolean => readyState !== 'opening';
    await until('all have come, or were not let in', () => idle.every(isSettled));
    await until('at most 64 are left', () => idle.filter(({ readyState }) => readyState === 'open').length <= 64);
    const late = await open(folder);
    expect((await late.snapshot()).name).to.equal('test');
    expect((await good.snapshot()).name).to.equal('test');
  });

  it('F94: clients that have spoken are not sent away for a new one, which is told why it has to go', async () => {
    const { folder, path } = await serve({ limits: { clients: 2 } });
    const [one, two] = [await open(folder), await open(folder)];
    const third = await connectControl(folder, { patience: 60_000 });
    expect(third).to.deep.equal({ ok: false, why: 'refused', reason: '2 clients are connected already' });
    two.close();
    await until('there is room', async () => (await connectRaw(path).then(({ isClosed }) => !isClosed())) === true);
    expect((await one.snapshot()).name).to.equal('test');
  });

  it('F95: one that stops reading is told when it reads again, and is bounded until then', async () => {
    const { path, control, problems, folder } = await serve({
      version: '0.0.0',
      limits: { unread: 64 * 1024, farewell: 60_000 },
    });
    const client = await connectRaw(path);
    client.socket.write(ask(1, 'events'));
    client.socket.write(ask(2, 'hello'));
    await client.line(({ id }) => id === 2);
    client.socket.pause();
    const good = await open(folder, { version: '0.0.0' });
    for (let round = 0; problems.length === 0 && round < 10_000; round += 1) {
      control.notice('x'.repeat(10_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(problems.join()).to.match(
      /^a client of the control socket does not read what it asked for; it was let go of, with \d+ bytes unread$/,
    );
    expect(Number(/(\d+) bytes/.exec(problems.join())?.[1])).to.be.lessThan(64 * 1024 + 20_000);
    expect((await good.snapshot()).name).to.equal('test');
    client.socket.resume();
    const { error } = await client.line(({ id }) => id === null);
    expect(error).to.deep.equal({
      code: 'limit',
      message: 'you did not read what you asked for; what came after this was dropped',
    });
    await until('it is closed', client.isClosed);
  });

  it('F95: one that has asked for the end, and does not read, is kept for its result, bounded, and the end waits for it', async () => {
    let isAsked = false;
    const { path, boot, control, problems, server, move } = await serve({
      version: '0.0.0',
      limits: { unread: 64 * 1024 },
      control: (own) => ({
        ...own,
        down: () => {
          isAsked = true;
          return own.down();
        },
      }),
    });
    await boot();
    const client = await connectRaw(path);
    client.socket.write(ask(1, 'events'));
    client.socket.write(ask(2, 'hello'));
    await client.line(({ id }) => id === 2);
    client.socket.pause();
    client.socket.write(ask(3, 'down'));
    await until('the end is asked for', () => isAsked);
    for (let round = 0; round < 200; round += 1) {
      control.notice('x'.repeat(10_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await move(control.down());
    await server.close();
    const hungUp = server.hangUp();
    client.socket.resume();
    expect(await client.line(({ id }) => id === 3)).to.have.nested.property('result.survivors').that.is.empty;
    await hungUp;
    await until('it is closed', client.isClosed);
    expect(problems).to.deep.equal([]);
    const told = client.lines().filter(({ id, event }) => id === 1 && event !== undefined);
    expect(told.length, 'events that it was told').to.be.lessThan(200);
  });

  it('F95: one that vanishes in the middle of an answer harms nobody', async () => {
    const { path, folder, boot, problems } = await serve({ version: '0.0.0' });
    await boot();
    for (let count = 0; count < 20; count += 1) {
      const client = await connectRaw(path);
      client.socket.write(
        ask(1, 'events') + ask(2, 'snapshot') + ask(3, 'start', { names: [] }) + ask(4, 'why', { name: 'api' }),
      );
      client.socket.destroy();
    }
    const good = await open(folder, { version: '0.0.0' });
    expect((await good.snapshot()).services).to.have.lengthOf(2);
    expect(problems).to.deep.equal([]);
  });

  it('one that asks for too much at once, or twice under one id, is told so', async () => {
    const { path } = await serve({ version: '0.0.0' });
    const client = await connectRaw(path);
    client.socket.write(Array.from({ length: 65 }, (_, id) => ask(id, 'events')).join('') + ask(3, 'hello'));
    await client.line(({ id, error }) => id === 3 && error !== undefined);
    const codes = client.lines().map(({ id, error }) => [id, (error as { code: string }).code]);
    expect(codes).to.deep.equal([
      [64, 'busy'],
      [3, 'bad-request'],
    ]);
  });

  it('a bug behind it is told to whoever asked, and is no reason to go', async () => {
    const { folder, problems } = await serve({
      control: (own) => ({ ...own, snapshot: () => Promise.reject(new Error('no snapshot today')) }),
    });
    const control = await open(folder);
    const error = await control.snapshot().catch((reason: Error) => reason.message);
    expect(error).to.equal('no snapshot today');
    expect(problems).to.deep.equal(['the control socket could not answer "snapshot": no snapshot today']);
    expect(await control.why('nobody')).to.have.property('kind', 'unknown-service');
  });
});
