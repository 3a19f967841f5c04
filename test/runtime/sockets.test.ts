import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import type { Tree } from '../../lib/runtime/processes.ts';
import { answers, clashes, hostAddresses, parseHexAddress, toAddress } from '../../lib/runtime/sockets/addresses.ts';
import { tryBind } from '../../lib/runtime/sockets/bind.ts';
import { createSockets } from '../../lib/runtime/sockets/create.ts';
import { parseListenLine } from '../../lib/runtime/sockets/listen-table.ts';
import { createListenerBook } from '../../lib/runtime/sockets/listener-book.ts';
import { parseLsof } from '../../lib/runtime/sockets/lsof.ts';
import type { TcpListener } from '../../lib/runtime/sockets.ts';
import { createProcessRig, freePort, type ProcessRig, type Started, until } from '../support/procs.ts';

const hosts = ['127.0.0.1', '0.0.0.0', '::1', '::'] as const;

describe('sockets', () => {
  const processes = createProcesses();
  const sockets = createSockets(processes);
  const portsOf = async (tree: Tree): Promise<number[]> => (await sockets.listenersOf(tree)).map(({ port }) => port);
  let rig: ProcessRig;
  let servers: Server[];
  beforeEach(() => {
    rig = createProcessRig(processes);
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) server.close();
    await rig.cleanUp();
  });

  const listen = async (host: string, options: { readonly port?: number; readonly ipv6Only?: boolean } = {}): Promise<number> => {
    const server = createServer().listen({ port: options.port ?? 0, host, ipv6Only: options.ipv6Only ?? false });
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const service = async (env: Readonly<Record<string, string>> = {}): Promise<{ started: Started; port: number }> => {
    const started = await rig.start('listens.mjs', { env });
    return { started, port: Number((await started.line(/listening on (\d+)/))[1]) };
  };

  describe('G5, F67: which listener is in the way of which address', () => {
    const held: readonly { readonly by: string; readonly ipv6Only?: boolean; readonly busy: readonly string[] }[] = [
      { by: '127.0.0.1', busy: ['127.0.0.1', '0.0.0.0', '::'] },
      { by: '0.0.0.0', busy: ['127.0.0.1', '0.0.0.0', '::'] },
      { by: '::1', busy: ['::1', '::'] },
      { by: '::', busy: ['127.0.0.1', '0.0.0.0', '::1', '::'] },
      { by: '::', ipv6Only: true, busy: ['::1', '::'] },
      { by: '127.0.0.2', busy: ['0.0.0.0', '::'] },
    ];
    for (const { by, ipv6Only = false, busy } of held) {
      it(`held by ${by}${ipv6Only ? ', IPv6 only' : ''}: ${busy.join(', ')} are busy`, async () => {
        const port = await listen(by, { ipv6Only });
        const found = await Promise.all(hosts.map(async (host) => (await sockets.findHolders([port], host)).length > 0));
        expect(hosts.filter((_, at) => found[at])).to.deep.equal(busy);
        // The system is asked the same, so that the table of the contract is what it does today.
        const taken: string[] = [];
        for (const host of hosts) if ((await tryBind(port, host)).kind === 'taken') taken.push(host);
        expect(taken).to.deep.equal(busy);
      });
    }

    it('F66: a holder of ::1 alone is in the way of localhost, though 127.0.0.1 can be bound', async () => {
      const port = await listen('::1');
      expect(await tryBind(port, '127.0.0.1')).to.have.property('kind', 'free');
      expect(await sockets.findHolders([port], 'localhost')).to.have.length(1);
      expect(await sockets.findHolders([port], '127.0.0.1')).to.have.length(0);
    });

    it('addresses are one, however they are written', () => {
      expect(parseHexAddress('0100007F')).to.deep.equal({ family: 4, text: '127.0.0.1' });
      expect(parseHexAddress('00000000000000000000000001000000')).to.deep.equal({ family: 6, text: '::1' });
      expect(parseHexAddress('0000000000000000FFFF00000100007F')).to.deep.equal({ family: 4, text: '127.0.0.1' });
      expect(toAddress('::FFFF:127.0.0.1')).to.deep.equal(toAddress('127.0.0.1'));
      expect(toAddress('0:0:0:0:0:0:0:1')).to.deep.equal(toAddress('::1'));
      expect(hostAddresses('[::1]')).to.deep.equal([toAddress('::1')]);
      expect(hostAddresses('localhost').map(({ text }) => text)).to.deep.equal(['127.0.0.1', '::1']);
      expect(clashes(toAddress('::'), toAddress('127.0.0.1'))).to.equal('if-dual');
      expect(answers(toAddress('127.0.0.2'), '127.0.0.1')).to.equal(false);
      expect(answers(toAddress('::'), '0.0.0.0')).to.equal(true);
    });
  });

  describe('who is no holder', () => {
    it('F68: a UDP socket on the same number', async () => {
      const udp = createSocket('udp4').bind(0, '127.0.0.1');
      await once(udp, 'listening');
      try {
        expect(await sockets.findHolders([udp.address().port], '127.0.0.1')).to.deep.equal([]);
      } finally {
        udp.close();
      }
    });

    it('F70: a client of the port, on either side', async () => {
      const port = await listen('127.0.0.1');
      const client = connect(port, '127.0.0.1');
      await once(client, 'connect');
      try {
        expect(await sockets.findHolders([client.localPort ?? 0], '127.0.0.1')).to.deep.equal([]);
        expect((await sockets.findHolders([port], '127.0.0.1')).map((holder) => holder.process?.pid)).to.deep.equal([
          process.pid,
        ]);
      } finally {
        client.destroy();
      }
    });

    it('G4, F69: a connection in TIME_WAIT, which does not keep the port from being bound either', async () => {
      const port = await listen('127.0.0.1');
      const server = servers.at(-1) as Server;
      server.once('connection', (socket) => socket.end());
      const client = connect(port, '127.0.0.1');
      client.resume();
      await once(client, 'close');
      server.close();
      await once(server, 'close');
      expect(await sockets.findHolders([port], '127.0.0.1')).to.deep.equal([]);
      expect(await tryBind(port, '127.0.0.1')).to.have.property('kind', 'free');
    });
  });

  it('G2, F62: a holder is named with pid, user, command and since when', async () => {
    const before = Date.now();
    const { started, port } = await service();
    const [holder, ...others] = await sockets.findHolders([port], '127.0.0.1');
    expect(others).to.deep.equal([]);
    expect(holder).to.deep.include({
      port,
      address: '127.0.0.1',
      process: started.running.identity,
      uid: process.getuid?.(),
      marker: started.marker,
    });
    expect(holder?.command).to.match(/listens\.mjs$/);
    expect(holder?.user).to.be.a('string');
    // The system counts in hundredths of a second, in both directions.
    expect(holder?.since).to.be.within(before - 100, Date.now() + 100);
  });

  it('a command line cannot move the cursor, and is cut', async () => {
    const args = [
      '-e',
      'require("net").createServer().listen(0, "127.0.0.1", function () { console.log("port", this.address().port) })',
      '\u001B[2J\u202E\n',
      'x'.repeat(500),
    ];
    const started = await rig.start(null, { command: { program: process.execPath, args } });
    const port = Number((await started.line(/port (\d+)/))[1]);
    const [holder] = await sockets.findHolders([port], '127.0.0.1');
    expect(holder?.command).to.include('\\u{1b}[2J\\u{202e}\\u{a}');
    expect([...(holder?.command ?? '')]).to.have.length(200);
  });

  it('several owners of one socket are all named, the oldest first', async () => {
    const port = await freePort();
    const line = `exec "$NODE" -e 'const s = require("net").createServer().listen(${port}, "127.0.0.1", () => {
      require("child_process").spawn("sleep", ["600"], { stdio: ["ignore", "inherit", "inherit", s._handle] });
    })'`;
    const started = await rig.start(null, { command: { line } });
    await until('both hold it', async () => (await sockets.findHolders([port], '127.0.0.1')).length === 2);
    const holders = await sockets.findHolders([port], '127.0.0.1');
    expect(holders[0]?.process).to.deep.equal(started.running.identity);
    expect(holders[1]?.command).to.equal('sleep 600');
  });

  it('F76: two listeners that share a port by SO_REUSEPORT are both found', async function () {
    const program = join(rig.folder, 'reuse.py');
    writeFileSync(
      program,
      [
        'import socket, sys, time',
        's = socket.socket()',
        's.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)',
        's.bind(("127.0.0.1", int(sys.argv[1])))',
        's.listen()',
        'print("up", flush=True)',
        'time.sleep(600)',
      ].join('\n'),
    );
    if (spawnSync('python3', ['-c', 'import socket']).status !== 0) this.skip();
    const port = await freePort();
    const command = { program: 'python3', args: [program, String(port)] };
    const first = await rig.start(null, { command, service: 'one' });
    const second = await rig.start(null, { command, service: 'two' });
    await Promise.all([first.line(/up/), second.line(/up/)]);
    expect(await sockets.findHolders([port], '127.0.0.1')).to.have.length(2);
    expect(sockets.ownerOf(port, '127.0.0.1', first.tree)).to.deep.equal({ kind: 'ours' });
    expect(sockets.ownerOf(port, '127.0.0.1', second.tree)).to.deep.equal({ kind: 'ours' });
  });

  it('G3, F63: a holder that we may not see is not guessed, its user is known', async function () {
    if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0) this.skip();
    const port = await listen('127.0.0.1');
    const bundle = join(rig.folder, 'look.mjs');
    const { build } = await import('esbuild');
    const from = (name: string): string =>
      JSON.stringify(join(import.meta.dirname, '..', '..', 'lib', 'runtime', name, 'create.ts'));
    const source = `import { createProcesses } from ${from('processes')};
      import { createSockets } from ${from('sockets')};
      const sockets = createSockets(createProcesses());
      const tree = { leader: null, marker: { project: 'ab', service: 'x', attempt: 1 } };
      console.log(JSON.stringify([await sockets.findHolders([${port}], '127.0.0.1'), sockets.ownerOf(${port}, '127.0.0.1', tree).kind]));`;
    const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' } as const;
    await build({
      stdin: { contents: source, resolveDir: rig.folder, loader: 'ts' },
      outfile: bundle,
      external: ['ps-list'],
      ...options,
    });
    chmodSync(rig.folder, 0o755);
    const args = ['--reuid=64124', '--regid=64124', '--clear-groups', process.execPath, bundle];
    const { stdout } = spawnSync('setpriv', args, { encoding: 'utf8', cwd: rig.folder });
    const holder = { port, address: '127.0.0.1', process: null, uid: 0, user: 'root', command: null, since: null, marker: null };
    expect(JSON.parse(stdout)).to.deep.equal([[holder], 'stranger']);
  });

  it('G2: who listens on IPv4 and on IPv6 holds the port once', async () => {
    const port = await listen('127.0.0.1');
    await listen('::1', { port });
    const holders = await sockets.findHolders([port], 'localhost');
    expect(holders.map((holder) => holder.process?.pid)).to.deep.equal([process.pid]);
  });

  describe('whose is the listener that answers', () => {
    it('F77: ours, a stranger with its name, or nobody', async () => {
      const { started, port } = await service();
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'ours' });
      const foreign = await listen('127.0.0.1');
      const owner = sockets.ownerOf(foreign, '127.0.0.1', started.tree);
      expect(owner).to.have.property('kind', 'stranger');
      expect(owner.kind === 'stranger' && owner.holder.process?.pid).to.equal(process.pid);
      expect(sockets.ownerOf(foreign, '127.0.0.1', started.tree)).to.deep.equal(owner);
      expect(sockets.ownerOf(await freePort(), '127.0.0.1', started.tree)).to.deep.equal({ kind: 'nobody' });
    });

    it('F77: a stranger also where it was ours a moment ago', async () => {
      const { started, port } = await service();
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'ours' });
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'ours' });
      await processes.killTree(started.tree, 5_000);
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'nobody' });
      await listen('127.0.0.1', { port });
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree).kind).to.equal('stranger');
    });

    it('F143: ours, of a service that was only seen on the way to another', () => {
      let now = 0;
      const book = createListenerBook(() => now);
      const one = { address: parseHexAddress('0100007F'), port: 5000, uid: 0, inode: '1' };
      book.note(one);
      book.note({ ...one, inode: '2' });
      book.note({ ...one, port: 5001, inode: '3' });
      expect(book.at(5000).map(({ inode }) => inode)).to.deep.equal(['1', '2']);
      now = 4_000;
      book.note(one);
      now = 6_000;
      expect(book.at(5000)).to.deep.equal([one]);
      expect(book.at(5001)).to.deep.equal([]);
    });

    it('B6: ours on ::1 or on the wildcard, for each way to ask', async () => {
      for (const [host, asked] of [
        ['::1', 'localhost'],
        ['::', '127.0.0.1'],
        ['::', '::1'],
        ['0.0.0.0', 'localhost'],
        ['127.0.0.1', '0.0.0.0'],
      ] as const) {
        const { started, port } = await service({ HOST: host });
        expect(sockets.ownerOf(port, asked, started.tree), `${host} asked as ${asked}`).to.deep.equal({ kind: 'ours' });
      }
    });

    it('F75: ours, when a worker holds the port after the main process ended', async () => {
      const started = await rig.start('leaves-worker.mjs', { env: { PORT: '0', AFTER: '0' } });
      const port = Number((await started.line(/listening on (\d+)/))[1]);
      await started.running.exited;
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'ours' });
      const [holder] = await sockets.findHolders([port], '127.0.0.1');
      expect(holder?.marker).to.deep.equal(started.marker);
    });

    it('F115: ours, when a daemon with a session of its own listens', async () => {
      const started = await rig.start('double-forks.mjs', { env: { PORT: '0' } });
      const port = Number((await started.line(/listening on (\d+)/))[1]);
      expect(sockets.ownerOf(port, '127.0.0.1', started.tree)).to.deep.equal({ kind: 'ours' });
      expect(await portsOf(started.tree)).to.deep.equal([port]);
    });

    it('G8, F73: all ports that the tree listens on, and no others', async () => {
      const [first, second] = [await freePort(), await freePort()];
      const { started } = await service({ PORT: String(first), PORTS: String(second) });
      await until('both are open', () => (started.output().match(/listening/g) ?? []).length === 2);
      await listen('127.0.0.1');
      expect(await portsOf(started.tree)).to.deep.equal([first, second].sort((a, b) => a - b));
      const [{ address }] = (await sockets.listenersOf(started.tree)) as readonly [TcpListener, ...TcpListener[]];
      expect(address).to.deep.equal({ family: 4, text: '127.0.0.1' });
      expect(await portsOf((await rig.start(null, { service: 'other' })).tree)).to.deep.equal([]);
    });
  });

  it('reads a line of the table, and knows a client from a listener', () => {
    const line = (state: string): string =>
      `   3: 0100007F:0BB8 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 73201 1 0000000000000000 100 0 0 10 0                    `;
    expect(parseListenLine(line('0A'))).to.deep.equal({
      address: { family: 4, text: '127.0.0.1' },
      port: 3000,
      uid: 1000,
      inode: '73201',
    });
    expect(parseListenLine(line('01'))).to.equal('other');
    expect(
      parseListenLine('  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'),
    ).to.equal(null);
  });

  it('reads what lsof prints where there is no /proc', () => {
    const text =
      'p512\nu501\nf21\ntIPv4\nn127.0.0.1:3000\nTST=LISTEN\nf22\ntIPv6\nn*:8080\nTST=LISTEN\np9\nu0\nf3\ntIPv6\nn[::1]:631\nTST=LISTEN\n';
    expect(parseLsof(text)).to.deep.equal([
      { pid: 512, uid: 501, address: { family: 4, text: '127.0.0.1' }, port: 3000 },
      { pid: 512, uid: 501, address: { family: 6, text: '::' }, port: 8080 },
      { pid: 9, uid: 0, address: { family: 6, text: '::1' }, port: 631 },
    ]);
  });
});
