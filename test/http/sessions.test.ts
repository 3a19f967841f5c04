import type { Socket } from 'node:net';
import { expect } from 'chai';
import { judgeAddress } from '../../lib/interfaces/http/bind.ts';
import { createSessions } from '../../lib/interfaces/http/sessions.ts';
import { type Address, connectTo, type DoorKind, sayRaw, serveHttp } from '../support/http.ts';
import { until } from '../support/procs.ts';
import { aService, aStack } from '../support/stacks.ts';

const oneService = aStack([aService('db')]);

describe('codes and tokens', () => {
  it('S-10: a code is swapped for a token once; a second time ends what the first has got', () => {
    const sessions = createSessions(() => 0);
    const code = sessions.issueCode();
    const first = sessions.redeem(code);
    if (!first.ok) throw new Error(first.why);
    expect(first.token)
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(code);
    expect(sessions.check(first.token)).to.equal('ok');
    expect(sessions.redeem(code)).to.deep.equal({ ok: false, why: 'used' });
    expect(sessions.check(first.token)).to.equal('wrong');
    expect(sessions.check(code)).to.equal('wrong');
  });

  it('S-10: a code is worth nothing after a minute; a token lives on', () => {
    let now = 0;
    const sessions = createSessions(() => now);
    const [early, late] = [sessions.issueCode(), sessions.issueCode()];
    now = 59_999;
    const redeemed = sessions.redeem(early);
    now = 60_000;
    expect(sessions.redeem(late)).to.deep.equal({ ok: false, why: 'wrong' });
    now = 1e9;
    expect(redeemed.ok && sessions.check(redeemed.token)).to.equal('ok');
  });

  it('S-11: after 20 wrong ones within a minute it says so; who has the right one is let in', () => {
    let now = 0;
    const sessions = createSessions(() => now);
    const redeemed = sessions.redeem(sessions.issueCode());
    const tries = Array.from({ length: 25 }, (_, index) => {
      now = index;
      return index % 2 === 0 ? sessions.check('x'.repeat(index)) : sessions.redeem('x');
    });
    const limited = tries.map((result) => (typeof result === 'string' ? result : result.ok ? 'ok' : result.why) === 'limited');
    expect(limited.indexOf(true)).to.equal(20);
    expect(limited.slice(20).every(Boolean)).to.equal(true);
    expect(redeemed.ok && sessions.check(redeemed.token)).to.equal('ok');
    now = 60_030;
    expect(sessions.check('x')).to.equal('wrong');
  });

  it('S-11: the 21st wrong token is answered with 429 and when to come back', async () => {
    const { at, ask, issueCode } = await serveHttp(oneService);
    const say = () =>
      sayRaw(
        at,
        `GET /api/v1/stack HTTP/1.1\r\nHost: localhost:${at}\r\nAuthorization: Bearer wrong\r\nConnection: close\r\n\r\n`,
      );
    for (let round = 0; round < 20; round += 1) expect((await say()).status).to.equal(401);
    const limited = await say();
    expect([limited.status, limited.headers['retry-after']]).to.deep.equal([429, '60']);
    expect((await ask('GET', '/api/v1/stack')).status).to.equal(200);
    expect((await ask('POST', '/api/v1/session', { code: 'x' })).status).to.equal(429);
    expect((await ask('POST', '/api/v1/session', { code: issueCode() })).status).to.equal(200);
  });

  it('S-10: no answer to somebody without a token has one in it', async () => {
    const { at, token, issueCode } = await serveHttp(oneService);
    const code = issueCode();
    for (const path of ['/', '/app.js', '/api/v1/stack', '/metrics', '/api/v1/session']) {
      const { body, headers } = await sayRaw(at, `GET ${path} HTTP/1.1\r\nHost: localhost:${at}\r\nConnection: close\r\n\r\n`);
      for (const secret of [token, code]) expect(JSON.stringify([body, headers]), path).not.to.contain(secret);
      expect(headers, path).not.to.have.property('set-cookie');
    }
  });
});

describe('where the dashboard listens', () => {
  it('S-08: on 127.0.0.1, in every usual spelling of it', () => {
    for (const address of ['127.0.0.1', 'localhost']) {
      const bind = judgeAddress(address, false);
      expect(bind.ok && [bind.address, bind.hosts(80)]).to.deep.equal([
        '127.0.0.1',
        ['127.0.0.1:80', 'localhost:80', '[::1]:80'],
      ]);
    }
  });

  it('S-08: never on every address, however that is spelled, not even when it is asked for', () => {
    const spellings = [
      '0.0.0.0',
      '0',
      '::',
      '0x0',
      '000.0.0.0',
      '0.0',
      '[::]',
      '::0',
      '0:0:0:0:0:0:0:0',
      '０',
      '*',
      '',
      '::ffff:0.0.0.0',
      '0.0.0.1',
      '00000000',
      '::0.0.0.0',
    ];
    for (const spelling of spellings) {
      expect(judgeAddress(spelling, true), spelling).to.have.property('ok', false);
      expect(judgeAddress(spelling, false), spelling).to.have.property('ok', false);
    }
  });

  it('S-08: on one other address only when the user says that others may see it, and for no other Host', () => {
    expect(judgeAddress('192.168.1.5', false)).to.have.property('ok', false);
    const bind = judgeAddress('192.168.1.5', true);
    expect(bind.ok && bind.hosts(80)).to.deep.equal(['192.168.1.5:80']);
    for (const odd of ['192.168.1.5.', '192.168.001.005', '3232235781', 'evil.test', '192.168.1.5:80', 'fe80::1%eth0'])
      expect(judgeAddress(odd, true), odd).to.have.property('ok', false);
  });
});

for (const over of ['port', 'socket'] satisfies DoorKind[]) {
  describe(`many and slow clients over the ${over}`, () => {
    const sockets: Socket[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
    });

    const open = (at: Address, say: string): Promise<{ readonly isClosed: () => boolean; readonly text: () => string }> =>
      new Promise((resolve) => {
        const socket = connectTo(at);
        sockets.push(socket);
        let [isClosed, text] = [false, ''];
        socket.setEncoding('latin1').on('data', (piece: string) => {
          text += piece;
        });
        socket.on('error', () => undefined);
        const client = { isClosed: () => isClosed, text: () => text };
        // The system lets only so many wait at a socket: whoever is not let in has its end, too.
        socket.once('close', () => {
          isClosed = true;
          resolve(client);
        });
        socket.once('connect', () => {
          socket.write(say);
          resolve(client);
        });
      });

    it('S-12: whoever does not finish its headers is let go of', async () => {
      const { at, host } = await serveHttp(oneService, { over, limits: { headerTime: 100, requestTime: 200 } });
      const slow = await open(at, `GET / HTTP/1.1\r\nHost: ${host}\r\nX: `);
      const silent = await open(at, '');
      await until('both are gone', () => slow.isClosed() && silent.isClosed());
      expect(slow.text()).to.match(/^HTTP\/1\.1 408 /);
    });

    it('S-12: whoever does not finish its body is let go of', async () => {
      const { at, host, token } = await serveHttp(oneService, { over, limits: { headerTime: 100, requestTime: 200 } });
      const head = `POST /api/v1/stack/start HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json`;
      const slow = await open(at, `${head}\r\nContent-Length: 100\r\n\r\n{`);
      await until('it is gone', () => slow.isClosed());
    });

    it('S-12: a thousand slow ones neither stop a boot nor stay', async () => {
      const { at, boot, states, ask } = await serveHttp(oneService, { over, limits: { headerTime: 2_000, requestTime: 4_000 } });
      const slow = await Promise.all(Array.from({ length: 1_000 }, () => open(at, 'GET / HTTP/1.1\r\n')));
      await boot();
      expect(states()).to.deep.equal(['ready']);
      await until('they are gone', () => slow.every(({ isClosed }) => isClosed()));
      expect((await ask('GET', '/api/v1/stack')).status).to.equal(200);
    });
  });
}
