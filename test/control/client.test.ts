import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConnectionLost, type ConnectOptions, connectControl } from '../../lib/interfaces/control/client.ts';
import { aFolder, cleanUp, cleanUps, open, serve } from './rig.ts';

describe('the control socket from the other side', () => {
  afterEach(cleanUp);

  it('F90: another version is refused with both versions and the fix, except for down', async () => {
    const { folder, boot, states, move, server, control } = await serve({ version: '0.9.0' });
    await boot();
    const other = await connectControl(folder, { version: '1.0.0' });
    if (other.ok || other.why !== 'version') throw new Error('it was let in');
    expect(other).to.deep.include({
      theirs: '0.9.0',
      ours: '1.0.0',
      reason:
        'this stack is run by muster 0.9.0, and this is muster 1.0.0; use that version, or end the stack with "muster down" and start it again',
    });
    const down = other.down();
    void control.down().then(async () => {
      await server.close();
      await server.hangUp();
    });
    expect((await move(down)).survivors).to.deep.equal([]);
    expect(states()).to.deep.equal(['stopped', 'stopped']);
  });

  it('a snapshot that is asked for with the greeting is the first that is given, and later ones are new', async () => {
    const { folder, boot } = await serve();
    const early = await open(folder, { withSnapshot: true });
    const states = async () => (await early.snapshot()).services.map(({ state }) => state);
    await boot();
    expect(await states()).to.deep.equal(['idle', 'idle']);
    expect(await states()).to.deep.equal(['ready', 'ready']);
  });

  it('F90: with the greeting alone or with more: another version is refused in the same words', async () => {
    const { folder } = await serve({ version: '0.9.0' });
    const refused = async (options: ConnectOptions) => {
      const found = await connectControl(folder, { ...options, version: '1.0.0' });
      if (found.ok || found.why !== 'version') throw new Error('it was let in');
      found.close();
      return found.reason;
    };
    expect(await refused({ withSnapshot: true })).to.equal(await refused({}));
  });

  it('nobody is there: it is said at once', async () => {
    const folder = aFolder();
    const none = { ok: false, why: 'none', stale: false, reason: 'nothing is running here' };
    expect(await connectControl(folder)).to.deep.equal(none);
    expect(await connectControl(join(folder, 'nowhere'))).to.deep.equal(none);
  });

  it('waits for a supervisor that has its lock and is about to serve', async () => {
    const folder = aFolder();
    writeFileSync(join(folder, 'lock.1'), '{}');
    const control = open(folder);
    await serve({ folder });
    expect((await (await control).snapshot()).name).to.equal('test');
  });

  it('does not wait for ever for one that does not answer, or answers in another language', async () => {
    const folder = aFolder();
    const path = join(folder, 'control.sock');
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket));
    cleanUps.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(path);
    await once(server, 'listening');
    const silent = await connectControl(folder, { patience: 50 });
    expect(silent).to.deep.equal({ ok: false, why: 'refused', reason: `the supervisor behind ${path} does not answer` });
    server.on('connection', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'refused' });
  });

  for (const [when, farewell] of [
    ['before it has answered', ''],
    ['before it has told the state', '{"id":1,"result":{"version":"0.1.0","pid":1}}\n'],
  ] as const) {
    it(`one that ends while it is asked, ${when}, is looked for anew, and not taken for one that refuses`, async () => {
      const folder = aFolder();
      const server = createServer((socket) => {
        server.close();
        socket.once('data', () => socket.end(farewell));
      });
      server.listen(join(folder, 'control.sock'));
      await once(server, 'listening');
      expect(await connectControl(folder, { withSnapshot: true })).to.deep.include({ ok: false, why: 'none', stale: false });
    });
  }

  it('a supervisor that vanishes ends what was asked of it', async () => {
    const { folder, server } = await serve({ control: (own) => ({ ...own, start: () => new Promise(() => undefined) }) });
    const control = await open(folder);
    const started = control.start([]).catch((error: unknown) => error);
    const events = control.events(new AbortController().signal);
    await control.hurry(1);
    await server.close();
    await server.hangUp();
    expect(await started).to.be.instanceOf(ConnectionLost);
    for await (const event of events) throw new Error(`there is nothing to tell: ${event.type}`);
    expect(await control.snapshot().catch((error: unknown) => error)).to.be.instanceOf(ConnectionLost);
  });
});
