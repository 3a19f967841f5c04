import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Ms } from '../../../lib/domain/service.ts';
import { toWords } from '../../../lib/runtime/probes/words.ts';
import { httpCheck, useProbing } from '../../support/probing.ts';
import { freePort } from '../../support/procs.ts';
import { misbehaviours, startHttp, startRaw } from '../../support/servers.ts';

const rig = useProbing();
const { keep } = rig;

describe('an HTTP probe of a service that misbehaves', () => {
  const cases: readonly (readonly [string, keyof typeof misbehaviours, RegExp, Ms?])[] = [
    ['B5, F130: that accepts and never answers', 'acceptsAndIsSilent', /^no (answer|connection) in 300 ms$/, 300],
    ['B5, F131: that sends one byte of the head after the other', 'dripsHeaders', /^no (answer|connection) in 300 ms$/, 300],
    ['F135: that sends a head of 1 MB', 'hugeHeaders', /^the headers of the answer are larger than 16 KiB$/],
    ['F135: that speaks HTTP/0.9', 'oldProtocol', /^the answer is not HTTP$/],
    ['F135: that resets the connection', 'resets', /^connection reset$/],
    ['F135: that closes without an answer', 'closesAtOnce', /^connection (closed without an answer|reset)$/],
  ];
  for (const [title, how, says, timeout] of cases) {
    it(`${title}: fails and says how`, async () => {
      const server = keep(await startRaw(misbehaviours[how]));
      const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`), timeout === undefined ? {} : { timeout });
      expect(await probing.failed()).to.match(says);
      probing.stop();
      await server.allClosed();
      expect(server.mostAtOnce()).to.equal(1);
    });
  }

  it('B5, F132: passes on the status of an endless body without reading it, and ends the connection', async () => {
    const server = keep(await startRaw(misbehaviours.endlessBody));
    const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`));
    await probing.passed();
    probing.stop();
    await server.allClosed();
  });

  it('B5: passes when the body never ends and nobody needs it', async () => {
    const server = keep(await startRaw(misbehaviours.neverCloses));
    const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`));
    await probing.passed();
    probing.stop();
    await server.allClosed();
  });

  it('B5, F131: ends at its deadline when the body that must match drips', async () => {
    const server = keep(await startRaw(misbehaviours.dripsBody));
    const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`, { bodyMatches: 'healthy' }), { timeout: 300 });
    await probing.failed(/^no end of the body in 300 ms$/);
    probing.stop();
    await server.allClosed();
  });

  it('F132: looks for the pattern in the first 64 KiB of an endless body', async () => {
    const server = keep(await startRaw(misbehaviours.endlessBody));
    const url = `http://127.0.0.1:${server.port}/`;
    expect(await rig.begin(httpCheck(url, { bodyMatches: 'healthy' })).failed()).to.equal('the body does not match healthy');
    await rig.begin(httpCheck(url, { bodyMatches: '^x+' })).passed();
  });

  it('F133: does not follow a redirect, to wherever it leads', async () => {
    const elsewhere = keep(await startHttp((_request, response) => response.end('here')));
    for (const location of ['http://169.254.169.254/latest/', `http://127.0.0.1:${elsewhere.port}/`, '/']) {
      const server = keep(await startHttp((_request, response) => response.writeHead(302, { location }).end()));
      const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`));
      expect(await probing.failed()).to.equal('302 Found (redirects are not followed)');
      probing.stop();
    }
    expect(elsewhere.total()).to.equal(0);
  });

  it('F133: a redirect that is listed as an accepted status passes', async () => {
    const server = keep(await startHttp((_request, response) => response.writeHead(302, { location: '/login' }).end()));
    await rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`, { status: [[200, 399]] })).passed();
  });

  it('F134: tells each change between 500 and 200', async () => {
    const answers = [500, 200, 500, 200];
    const server = keep(await startHttp((_request, response) => response.writeHead(answers.shift() ?? 204).end()));
    const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`), { purpose: 'health', interval: 10 });
    await probing.find(() => answers.length === 0 && probing.results.length >= 4);
    probing.stop();
    const bad = { ok: false, detail: '500 Internal Server Error' };
    expect(probing.results.slice(0, 4)).to.deep.equal([bad, { ok: true }, bad, { ok: true }]);
  });

  it('F137: says that a certificate is not trusted, or that the port does not speak TLS', async function () {
    const [key, cert] = [rig.inFolder('key.pem'), rig.inFolder('cert.pem')];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=localhost',
      '-days',
      '1',
    ];
    if (spawnSync('openssl', args, { stdio: 'ignore' }).status !== 0) this.skip();
    const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) =>
      response.end(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      expect(await rig.begin(httpCheck(`https://localhost:${port}/`)).failed()).to.equal('certificate is self-signed');
    } finally {
      server.close();
    }
    const plain = keep(await startHttp((_request, response) => response.end()));
    expect(await rig.begin(httpCheck(`https://localhost:${plain.port}/`)).failed()).to.equal('the port does not speak TLS');
  });

  it('F137: has words for what is wrong with a certificate', () => {
    const tell = (code: string): string =>
      toWords(Object.assign(new Error('x'), { cause: Object.assign(new Error('y'), { code }) }));
    expect(tell('CERT_HAS_EXPIRED')).to.equal('certificate has expired');
    expect(tell('CERT_NOT_YET_VALID')).to.equal('certificate is not valid yet');
    expect(tell('ERR_TLS_CERT_ALTNAME_INVALID')).to.equal('certificate is for another host');
    expect(tell('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).to.equal('certificate is from an unknown authority');
  });

  it('S-33: asks only http and https', async () => {
    expect(await rig.begin(httpCheck('file:///etc/passwd')).failed()).to.equal('only http and https can be asked, not file');
    expect(await rig.begin(httpCheck('not a url')).failed()).to.equal('not a url is not a URL');
  });

  it('S-24: takes terminal sequences out of what a server says', async () => {
    const server = keep(
      await startRaw((socket) => socket.end('HTTP/1.1 500 bad \x1b]52;c;aGk=\x07news\r\nContent-Length: 0\r\n\r\n')),
    );
    const detail = await rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`)).failed();
    expect(detail).to.not.match(/[\x00-\x1f]/);
  });

  it('asks once for each check, with the Host that was configured, and closes', async () => {
    const seen: (string | undefined)[] = [];
    const port = await freePort();
    keep(
      await startHttp(
        (request, response) => {
          seen.push(request.headers.host, request.headers.connection, request.method, request.headers['x-probe'] as string);
          response.end('ok');
        },
        { host: '::1', port },
      ),
    );
    const probing = rig.begin(httpCheck(`http://localhost:${port}/h`, { method: 'POST', headers: { 'X-Probe': 'yes' } }));
    await probing.passed();
    probing.stop();
    expect(seen.slice(0, 4)).to.deep.equal([`localhost:${port}`, 'close', 'POST', 'yes']);
  });
});
