import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { PortHolder } from '../../lib/domain/process.ts';
import type { ReadyCheck } from '../../lib/runtime/probes/probe.ts';
import { toWords } from '../../lib/runtime/probes/words.ts';
import { createSockets } from '../../lib/runtime/sockets/create.ts';
import type { Sockets } from '../../lib/runtime/sockets.ts';
import { createProbingRig, fakeSockets, httpCheck, type ProbingRig } from '../support/probing.ts';
import { createProcessRig, freePort, type ProcessRig, tsxPath } from '../support/procs.ts';
import { misbehaviours, startHttp, startRaw, type TestServer } from '../support/servers.ts';

const servers: TestServer[] = [];
const keep = (server: TestServer): TestServer => {
  servers.push(server);
  return server;
};

let rig: ProbingRig;
beforeEach(() => {
  rig = createProbingRig();
});
afterEach(async () => {
  rig.end();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const stranger: PortHolder = {
  port: 0,
  address: '127.0.0.1',
  process: { pid: 12, startTime: '1', bootId: 'b' },
  uid: 1000,
  user: 'ann',
  command: 'node old.js',
  since: null,
  marker: null,
};

describe('an HTTP probe of a service that misbehaves', () => {
  const cases: readonly (readonly [string, keyof typeof misbehaviours, RegExp])[] = [
    ['B5, F130: that accepts and never answers', 'acceptsAndIsSilent', /^no answer in 300 ms$/],
    ['B5, F131: that sends one byte of the head after the other', 'dripsHeaders', /^no answer in 300 ms$/],
    ['F135: that sends a head of 1 MB', 'hugeHeaders', /^the headers of the answer are larger than 16 KiB$/],
    ['F135: that speaks HTTP/0.9', 'oldProtocol', /^the answer is not HTTP$/],
    ['F135: that resets the connection', 'resets', /^connection reset$/],
    ['F135: that closes without an answer', 'closesAtOnce', /^connection (closed without an answer|reset)$/],
  ];
  for (const [title, how, says] of cases) {
    it(`${title}: fails and says how`, async () => {
      const server = keep(await startRaw(misbehaviours[how]));
      const probing = rig.begin(httpCheck(`http://127.0.0.1:${server.port}/`), { timeout: 300 });
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
    expect(await probing.failed()).to.equal('no end of the body in 300 ms');
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

describe('B6, F136: localhost', () => {
  const checks: readonly (readonly [string, (port: number) => ReadyCheck])[] = [
    ['tcp', (port) => ({ kind: 'tcp', host: 'localhost', port })],
    ['http', (port) => httpCheck(`http://localhost:${port}/`)],
  ];
  for (const [kind, check] of checks) {
    for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) {
      it(`${kind}: is found when the server listens on ${host} only`, async () => {
        const server = keep(await startHttp((_request, response) => response.end(), { host }));
        await rig.begin(check(server.port)).passed();
      });
    }
    it(`${kind}: is asked once where both families are served`, async () => {
      const server = keep(await startHttp((_request, response) => response.end(), { host: '::' }));
      const probing = rig.begin(check(server.port));
      await probing.passed();
      probing.stop();
      // That a connection is made is known on this side before it is on the server's.
      await server.connected();
      await server.allClosed();
      expect(server.total()).to.equal(1);
    });
    it(`${kind}: is refused when nobody listens on either`, async () => {
      expect(await rig.begin(check(await freePort())).failed()).to.equal('connection refused');
    });
  }
});

describe('a port in the range from which the system takes its own', () => {
  it('F78: is not ready because the probe was connected to itself', function () {
    const program = `
      import { checkTcp } from ${JSON.stringify(new URL('../../lib/runtime/probes/tcp.ts', import.meta.url).href)};
      import { systemClock as clock } from ${JSON.stringify(new URL('../../lib/runtime/clock.ts', import.meta.url).href)};
      const tools = { clock, signal: new AbortController().signal, note: () => {} };
      const results = [];
      for (let round = 0; round < 5; round += 1) results.push(await checkTcp({ kind: 'tcp', host: '127.0.0.1', port: 40001 }, { ports: [] }, tools));
      console.log(JSON.stringify(results));
    `;
    // In a network of its own, where 40001 is the only port that a connection can come from.
    const script = `ip link set lo up && echo '40001 40001' > /proc/sys/net/ipv4/ip_local_port_range || exit 99; exec "$1" --import "$2" --input-type=module -e "$3"`;
    const done = spawnSync('unshare', ['-Urn', 'sh', '-c', script, 'sh', process.execPath, tsxPath, program], {
      encoding: 'utf8',
    });
    if (done.error !== undefined || done.status !== 0) this.skip();
    const refused = { ok: false, detail: 'connection refused' };
    expect(JSON.parse(done.stdout)).to.deep.equal([refused, refused, refused, refused, refused]);
  });
});

describe('B7, F77: the port is answered by somebody else', () => {
  const checks: readonly (readonly [string, (port: number) => ReadyCheck])[] = [
    ['tcp', (port) => ({ kind: 'tcp', host: 'localhost', port })],
    ['http', (port) => httpCheck(`http://127.0.0.1:${port}/`)],
  ];
  for (const [kind, check] of checks) {
    it(`${kind}: is not ready, and the stranger is named`, async () => {
      const server = keep(await startHttp((_request, response) => response.end()));
      const { port } = server;
      const sockets = fakeSockets({ kind: 'stranger', holder: { ...stranger, port } });
      const probing = rig.begin(check(port), { sockets, target: { ports: [port] } });
      expect(await probing.failed()).to.equal(`port ${port} is answered by pid 12 (node old.js), not by this service`);
      expect(probing.results.some(({ ok }) => ok)).to.equal(false);
    });

    it(`${kind}: is told without a guess when the stranger cannot be seen`, async () => {
      const { port } = keep(await startHttp((_request, response) => response.end()));
      const sockets = fakeSockets({
        kind: 'stranger',
        holder: { ...stranger, port, process: null, command: null, user: 'root' },
      });
      const detail = await rig.begin(check(port), { sockets, target: { ports: [port] } }).failed();
      expect(detail).to.equal(`port ${port} is answered by a process of root that cannot be seen from here, not by this service`);
    });

    it(`${kind}: counts when it is ours, when the platform cannot tell, and on a port that was not declared`, async () => {
      const { port } = keep(await startHttp((_request, response) => response.end()));
      await rig.begin(check(port), { sockets: fakeSockets({ kind: 'ours' }), target: { ports: [port] } }).passed();
      await rig.begin(check(port), { sockets: fakeSockets({ kind: 'unknown' }), target: { ports: [port] } }).passed();
      const sockets = fakeSockets({ kind: 'stranger', holder: { ...stranger, port } });
      await rig.begin(check(port), { sockets, target: { ports: [port + 1] } }).passed();
    });
  }

  it('is told also when the machine is asked at its own network address', async function () {
    const [own] = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    if (own === undefined) this.skip();
    const { port } = keep(await startRaw(() => {}, { host: own.address }));
    const asked: string[] = [];
    const sockets: Sockets = {
      ...fakeSockets({ kind: 'unknown' }),
      ownerOf: (_port, host) => {
        asked.push(host);
        return { kind: 'stranger', holder: { ...stranger, port } };
      },
    };
    await rig.begin({ kind: 'tcp', host: own.address, port }, { sockets, target: { ports: [port] } }).failed(/pid 12/);
    expect(asked[0]).to.equal(own.address);
  });

  it('names the stranger also when its answer is bad', async () => {
    const { port } = keep(await startHttp((_request, response) => response.writeHead(404).end()));
    const sockets = fakeSockets({ kind: 'stranger', holder: { ...stranger, port } });
    const detail = await rig.begin(httpCheck(`http://127.0.0.1:${port}/`), { sockets, target: { ports: [port] } }).failed();
    expect(detail).to.match(/^port \d+ is answered by pid 12/);
  });
});

describe('a probe of a real process', () => {
  let processes: ProcessRig;
  beforeEach(() => {
    processes = createProcessRig();
  });
  afterEach(() => processes.cleanUp());

  const startListener = async (
    service: string,
  ): Promise<{ readonly port: number; readonly started: Awaited<ReturnType<ProcessRig['start']>> }> => {
    const started = await processes.start('listens.mjs', { service });
    const [, port] = await started.line(/listening on (\d+)/);
    return { port: Number(port), started };
  };

  for (const kind of ['tcp', 'http'] as const) {
    it(`B7, F77: a ${kind} probe passes when the service itself listens, and not when another one does`, async () => {
      const sockets = createSockets(processes.processes);
      const mine = await startListener('api');
      const other = await startListener('old');
      const check = (port: number): ReadyCheck =>
        kind === 'tcp' ? { kind, host: '127.0.0.1', port } : httpCheck(`http://127.0.0.1:${port}/`);
      const { tree } = mine.started;
      await rig.begin(check(mine.port), { sockets, target: { tree, ports: [mine.port] } }).passed();
      const detail = await rig.begin(check(other.port), { sockets, target: { tree, ports: [other.port] } }).failed();
      const { pid } = other.started.running.identity;
      expect(detail).to.match(
        new RegExp(`^port ${other.port} is answered by pid ${pid} \\(.*listens.mjs.*\\), not by this service$`),
      );
    });
  }

  it('F144: fails while the service is suspended, and passes when it goes on', async () => {
    const { port, started } = await startListener('api');
    const { pid } = started.running.identity;
    const probing = rig.begin(httpCheck(`http://127.0.0.1:${port}/`), { purpose: 'health', interval: 10, timeout: 200 });
    await probing.passed();
    process.kill(pid, 'SIGSTOP');
    expect(await probing.failed()).to.equal('no answer in 200 ms');
    process.kill(pid, 'SIGCONT');
    const before = probing.results.length;
    await probing.find(() => probing.results.length > before && probing.results.at(-1)?.ok === true);
  });
});

describe('a log probe', () => {
  const check = (pattern: string): ReadyCheck => ({ kind: 'log', pattern });
  const write = (text: string, name = 'api.log'): void => appendFileSync(rig.inFolder(name), text);

  it('B10, F142: matches across the border of two writes', async () => {
    const probing = rig.begin(check('ready on port \\d+'));
    write('ready on ');
    await new Promise((settle) => setImmediate(settle));
    write('port 80\n');
    await probing.passed();
  });

  it('B10: matches a line that has not ended', async () => {
    const probing = rig.begin(check('^prompt>$'));
    write('prompt>');
    await probing.passed();
  });

  it('B10: matches through colours', async () => {
    const probing = rig.begin(check('Server ready'));
    write('\x1b[32mSer\x1b[1mver\x1b[0m \x1b[4mready\x1b[0m\n');
    await probing.passed();
  });

  it('B10: matches a line that ends as on Windows', async () => {
    const probing = rig.begin(check('started$'));
    write('started\r\nmore\r\n');
    await probing.passed();
  });

  it('B10: matches on stderr that is written apart', async () => {
    const logs = ['api.log', 'api.err.log'].map((name) => ({ path: rig.inFolder(name), from: 0 }));
    const probing = rig.begin(check('ready'), { target: { logs } });
    write('ready\n', 'api.err.log');
    await probing.passed();
  });

  it('B10: matches what was written before the probe began', async () => {
    write('ready\n');
    await rig.begin(check('ready')).passed();
  });

  it('F142: does not match what an earlier attempt wrote', async () => {
    write('ready\n');
    const from = readFileSync(rig.inFolder('api.log')).length;
    const probing = rig.begin(check('ready'), { target: { logs: [{ path: rig.inFolder('api.log'), from }] } });
    const other = rig.begin(check('begun'));
    write('begun\n');
    await other.passed();
    expect(probing.results).to.deep.equal([]);
    write('ready\n');
    await probing.passed();
  });

  it('S-34: a catastrophic pattern does not hold up the loop, says so, and still finds what it can', async () => {
    const probing = rig.begin(check('^(a+)+$'));
    write(`${'a'.repeat(60)}b\n`);
    expect(await probing.failed()).to.match(/takes longer than 50 ms on this text/);
    write('aaa\n');
    await probing.passed();
  });

  it('S-34: sees the first 8 KiB of a line only', async () => {
    const probing = rig.begin(check('needle|end'));
    write(`${'x'.repeat(9000)}needle\n`);
    write('end\n');
    await probing.passed();
  });
});

describe('a notify probe', () => {
  it('B11: passes at a newline from any process that has the descriptor', async () => {
    const probing = rig.begin({ kind: 'notify' });
    const fd = openSync(rig.inFolder('notify'), 'a');
    const child = spawn('sh', ['-c', '(echo >&3) & wait'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    await Promise.all([probing.passed(), once(child, 'exit')]);
  });

  it('B11: text and an end without a newline are not ready', async () => {
    const probing = rig.begin({ kind: 'notify' });
    const fd = openSync(rig.inFolder('notify'), 'a');
    const child = spawn('sh', ['-c', 'printf READY=1 >&3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    await once(child, 'exit');
    const other = rig.begin({ kind: 'log', pattern: 'seen' });
    appendFileSync(rig.inFolder('api.log'), 'seen\n');
    await other.passed();
    expect(probing.results).to.deep.equal([]);
    appendFileSync(rig.inFolder('notify'), '\n');
    await probing.passed();
  });
});

describe('an exec probe', () => {
  const line = (text: string): ReadyCheck => ({ kind: 'exec', command: { line: text } });

  it('B5, F138: its children die with it when it passes', async () => {
    await rig.begin(line('sleep 60 & echo $! > child; exit 0')).passed();
    const pid = Number(readFileSync(rig.inFolder('child'), 'utf8'));
    const isGone = (): boolean => {
      try {
        return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return true;
      }
    };
    while (!isGone()) await new Promise((settle) => setImmediate(settle));
  });

  it('B5: a child that holds the output open does not hold up the verdict', async () => {
    // It left the group, so it lives on, until the folder goes with the test.
    writeFileSync(rig.inFolder('hold'), '');
    await rig.begin(line("setsid sh -c 'while [ -e hold ]; do sleep 0.05; done' & exit 0")).passed();
  });

  it('F139: the end of 100 MB of output is told, in bounded memory', async () => {
    const detail = await rig.begin(line('yes | head -c 100000000; echo; echo the end; exit 4'), { timeout: 15_000 }).failed();
    expect(detail).to.equal('the probe ended with code 4: the end');
  });

  it('has the folder and the environment of the service, and not its marker', async () => {
    const env = { ...rig.target.env, COLOUR: 'blue', MUSTER_INSTANCE: 'p/api/1' };
    const check = line('echo "$COLOUR $PWD ${MUSTER_INSTANCE:-none}"; exit 1');
    expect(await rig.begin(check, { target: { env } }).failed()).to.equal(`the probe ended with code 1: blue ${rig.folder} none`);
  });

  it('says why it could not be run', async () => {
    const run = (program: string, target = {}): Promise<string> =>
      rig.begin({ kind: 'exec', command: { program, args: [] } }, { target }).failed();
    writeFileSync(rig.inFolder('plain'), '');
    expect(await run('no-such-program')).to.equal('no-such-program was not found');
    expect(await run(rig.inFolder('plain'))).to.equal(`${rig.inFolder('plain')} is not executable`);
    expect(await run('true', { cwd: rig.inFolder('gone') })).to.equal(`the folder ${rig.inFolder('gone')} does not exist`);
    expect(await rig.begin(line('kill -SEGV $$')).failed()).to.equal('the probe was ended by SIGSEGV');
  });
});
