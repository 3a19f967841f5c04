import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConnectionLost, type ConnectOptions, connectControl } from '../../lib/interfaces/control/client.ts';
import type { Limits } from '../../lib/interfaces/control/client-limits.ts';
import { type ControlServer, serveControl } from '../../lib/interfaces/control/server.ts';
import type { StackControl } from '../../lib/interfaces/control.ts';
import { until } from '../support/procs.ts';
import { aSession, type SessionRig } from '../support/sessions.ts';
import { aDependency, aService, aStack } from '../support/stacks.ts';

/** A client that says what it is told to say, byte by byte if need be. */
type RawClient = {
  readonly socket: Socket;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly line: (fits?: (line: Record<string, unknown>) => boolean) => Promise<Record<string, unknown>>;
  readonly isClosed: () => boolean;
};

type ServerRig = SessionRig & {
  readonly folder: string;
  readonly path: string;
  readonly server: ControlServer;
  readonly problems: string[];
};

const cleanUps: (() => Promise<void> | void)[] = [];

const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-control-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

type ServeHere = {
  readonly limits?: Partial<Limits>;
  readonly folder?: string;
  readonly version?: string;
  readonly control?: (own: StackControl) => StackControl;
  readonly takeHttp?: (socket: Socket) => Promise<void>;
};

// api ─► db
const twoServices = aStack([aService('db'), aService('api', { dependsOn: [aDependency('db')] })]);

const serve = async ({
  limits = {},
  folder = aFolder(),
  version,
  takeHttp,
  control = (own) => own,
}: ServeHere = {}): Promise<ServerRig> => {
  const rig = aSession(twoServices);
  const problems: string[] = [];
  const server = await serveControl({
    folder,
    control: control(rig.control),
    onProblem: (problem) => problems.push(problem),
    limits: { farewell: 200, ...limits },
    ...(version === undefined ? {} : { version }),
    ...(takeHttp === undefined ? {} : { takeHttp }),
  });
  cleanUps.push(async () => {
    await server.close();
    await server.hangUp();
  });
  return { ...rig, folder, path: join(folder, 'control.sock'), server, problems };
};

const connectRaw = (path: string): Promise<RawClient> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    let isClosed = false;
    cleanUps.push(() => void socket.destroy());
    socket.once('error', reject);
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      isClosed = true;
    });
    const lines = (): readonly Record<string, unknown>[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    socket.once('connect', () =>
      resolve({
        socket,
        lines,
        isClosed: () => isClosed,
        line: async (fits = () => true) => {
          await until('a line', () => lines().some(fits));
          return lines().find(fits) ?? {};
        },
      }),
    );
  });

const ask = (id: number, method: string, params: Readonly<Record<string, unknown>> = {}, v = '0.0.0'): string =>
  `${JSON.stringify({ id, v, method, params })}\n`;

const open = async (folder: string, options: ConnectOptions = {}) => {
  const control = await connectControl(folder, options);
  if (!control.ok) throw new Error(control.reason);
  cleanUps.push(control.close);
  return control;
};

describe('the control socket', () => {
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  describe('as a file', () => {
    it('S1, S-15: has mode 0600 in a folder of mode 0700, whatever the umask, and is gone at the end', async () => {
      const before = process.umask(0);
      cleanUps.push(() => void process.umask(before));
      const { folder, path, server } = await serve();
      expect(process.umask()).to.equal(0);
      expect(lstatSync(path).isSocket()).to.equal(true);
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      expect(statSync(folder).mode & 0o777).to.equal(0o700);
      await server.close();
      expect(existsSync(path)).to.equal(false);
    });

    it('S1, S-15: another user cannot connect, not even where the folder is open', async function () {
      if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0) this.skip();
      const { folder, path } = await serve();
      const script = `require('node:net').connect(${JSON.stringify(path)}).on('connect', () => { console.log('in'); process.exit(); }).on('error', (e) => console.log(e.code))`;
      const connectAs = (uid: number): string => {
        const args = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script];
        return spawnSync('setpriv', args, { encoding: 'utf8', cwd: '/' }).stdout.trim();
      };
      expect(connectAs(65_534)).to.equal('EACCES');
      chmodSync(folder, 0o711);
      expect(connectAs(65_534)).to.equal('EACCES');
    });

    it('S-16: is no abstract socket', async function () {
      if (process.platform !== 'linux') this.skip();
      const { folder } = await serve();
      const table = spawnSync('cat', ['/proc/net/unix'], { encoding: 'utf8' }).stdout;
      const own = table.split('\n').filter((line) => line.includes(folder));
      expect(own.join('\n')).to.include(`${folder}/`).and.not.to.include('@');
    });

    it('F91: is there again soon after somebody deleted it, also with its folder; whoever is connected stays', async () => {
      const { folder, path, problems } = await serve();
      const early = await open(folder);
      rmSync(path);
      writeFileSync(join(folder, 'lock.1'), '{}');
      // The lock says that its supervisor lives, so a client waits for the socket.
      const late = await open(folder);
      expect((await late.snapshot()).name).to.equal('test');
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      rmSync(folder, { recursive: true });
      await until('the socket is back', () => existsSync(path));
      expect(statSync(folder).mode & 0o777).to.equal(0o700);
      await open(folder);
      expect((await early.snapshot()).name).to.equal('test');
      expect(problems).to.deep.equal([]);
    });

    it('what somebody else puts in its place is told, left alone, and not removed at the end', async () => {
      const { path, problems, server } = await serve();
      rmSync(path);
      writeFileSync(path, 'theirs');
      await until('it is told', () => problems.length > 0);
      expect(problems).to.deep.equal([`${path} was replaced by somebody else; remove it`]);
      await server.close();
      expect(existsSync(path)).to.equal(true);
    });

    it('F92: a stale socket is replaced', async () => {
      const folder = aFolder();
      const path = join(folder, 'control.sock');
      const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', script]);
      expect(lstatSync(path).isSocket()).to.equal(true);
      expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'none', stale: true });
      await serve({ folder });
      expect((await (await open(folder)).snapshot()).name).to.equal('test');
    });

    it('F93: a path that the system would cut off is refused on both sides, and the stack runs on', async () => {
      const folder = join(aFolder(), 'x'.repeat(100));
      mkdirSync(folder);
      const { problems, server } = await serve({ folder });
      expect(problems.join()).to.match(/^this stack cannot be controlled from elsewhere: the socket path .* has \d+ bytes/);
      expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'refused' });
      await server.close();
    });

    it('a place where none can be made is told once, and the stack runs on', async () => {
      const folder = join(aFolder(), 'file');
      writeFileSync(folder, '');
      const { problems, server } = await serve({ folder });
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(/cannot be made \(E\w+\)$/);
      await server.close();
      expect(await connectControl(folder)).to.deep.include({ ok: false, why: 'refused' });
    });
  });

  describe('with clients that behave badly', () => {
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
      expect(client.lines().map(({ id, error }) => [id, (error as { code: string }).code])).to.deep.equal([
        [null, 'bad-request'],
      ]);
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
      const third = await connectControl(folder, { patience: 1_000 });
      expect(third).to.deep.equal({ ok: false, why: 'refused', reason: '2 clients are connected already' });
      two.close();
      await until('there is room', async () => (await connectRaw(path).then(({ isClosed }) => !isClosed())) === true);
      expect((await one.snapshot()).name).to.equal('test');
    });

    it('F95: one that stops reading is told when it reads again, and is bounded until then', async () => {
      const { path, control, problems, folder } = await serve({
        version: '0.0.0',
        limits: { unread: 64 * 1024, farewell: 10_000 },
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

  describe('with clients that speak HTTP', () => {
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

  describe('from the other side', () => {
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
});
