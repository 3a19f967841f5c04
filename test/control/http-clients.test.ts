import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { until } from '../support/procs.ts';
import { ask, cleanUp, cleanUps, connectRaw, open, serve } from './rig.ts';

describe('the control socket with clients that speak HTTP', () => {
  afterEach(cleanUp);

  it('goes on with them from their first byte, however their bytes come, and loads nothing for those that speak in frames', async () => {
    const heard: string[] = [];
    let loaded = 0;
    let isWritten = (): void => undefined;
    let written: Promise<void> = Promise.resolve();
    const { path, folder } = await serve({
      takeHttp: async (socket) => {
        loaded += 1;
        // It takes its time, and the client does not wait for it: by then all bytes are on their way.
        await written;
        let text = '';
        socket.on('data', (bytes) => {
          text += bytes.toString('latin1');
        });
        socket.once('end', () => {
          heard.push(text);
          socket.end('HTTP/1.1 200 OK\r\n\r\n');
        });
      },
    });
    await (await open(folder)).snapshot();
    for (const garbage of ['garbage\n', '\n', '\u0016\u0003\u0001\n', 'é\n']) {
      const client = await connectRaw(path);
      client.socket.end(garbage);
      await until('it is closed', client.isClosed);
    }
    expect(loaded).to.equal(0);
    const request = 'GET /api/v1/stack HTTP/1.1\r\nHost: localhost\r\n\r\n';
    for (const pieces of [[request], request.split('')]) {
      written = new Promise((resolve) => {
        isWritten = resolve;
      });
      const socket = connect(path);
      cleanUps.push(() => void socket.destroy());
      await once(socket, 'connect');
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end(isWritten);
      socket.resume();
      await once(socket, 'close');
    }
    expect(heard).to.deep.equal([request, request]);
    expect(loaded).to.equal(2);
  });

  it('they count like all others, and what cannot be loaded for them is told', async () => {
    const { path, problems } = await serve({
      limits: { clients: 1 },
      takeHttp: () => Promise.reject(new Error('there is no such file')),
    });
    const first = await connectRaw(path);
    first.socket.write('GET / HTTP/1.1\r\n\r\n');
    await until('it is closed', first.isClosed);
    expect(problems).to.deep.equal(['HTTP cannot be spoken on the control socket: there is no such file']);
    const frames = await connectRaw(path);
    frames.socket.write(ask(1, 'hello'));
    await frames.line();
    const second = await connectRaw(path);
    expect((await second.line())['error']).to.deep.equal({ code: 'busy', message: '1 clients are connected already' });
  });
});
