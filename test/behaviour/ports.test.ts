import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { expect } from 'chai';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { createProject, type Project, type RunResult, runMuster } from '../support/cli.ts';
import { asUser, canBeOthers, giveTo, musterLine, openPath, startShell, startStranger } from '../support/outsiders.ts';
import { freePort, freeRun, isLiving, programPath, until } from '../support/procs.ts';
import { killNine, ownProcess } from '../support/signals.ts';
import {
  bootStack,
  expectNothingLeft,
  memoryOf,
  program,
  readText,
  type Services,
  startStack,
  told,
  toYaml,
} from '../support/stack-rig.ts';
import { hasTerminals, openTerminal } from '../support/terminal.ts';

const listens = { command: program('listens.mjs') };

describe('a port', () => {
  const open: { end(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const { end } of open.splice(0)) await end();
  });

  /** A server of this process itself, which no test may end. */
  const serve = async (host: string, port = 0): Promise<{ readonly port: number; readonly server: Server }> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    });
    server.listen({ port, host, ipv6Only: true });
    await once(server, 'listening');
    open.push({
      end: async () => {
        for (const socket of sockets) socket.destroy();
        if (!server.listening) return;
        server.close();
        await once(server, 'close');
      },
    });
    const address = server.address();
    return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
  };

  describe('that our own leftover holds', () => {
    it('G1: is freed by the next `up`, which says so, when the service is not the same any more', async () => {
      const port = await freePort();
      const project = createProject();
      const up = await bootStack({ api: { ...listens, port } }, { project });
      const first = (await up.event('serviceReady', 'api')).pid ?? 0;
      up.muster.signal('SIGKILL');
      await up.muster.done;
      expect(isLiving(first)).to.equal(true);
      const next = await bootStack({ api: { ...listens, port, env: { CHANGED: '1' } } }, { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      expect(next.notices()).to.match(/ended what an earlier run had left: api/);
      expect(isLiving(first)).to.equal(false);
      await next.stop();
    });

    it('G1: by a process that nobody supervised any more: a worker that its service left behind', async () => {
      const port = await freePort();
      const project = createProject();
      const services = { api: { command: program('leaves-worker.mjs'), port, env: { AFTER: '60000' } } };
      const up = await bootStack(services, { project });
      const { pid } = await up.event('serviceReady', 'api');
      up.muster.signal('SIGKILL');
      await up.muster.done;
      // The main process ends unseen; its worker holds the port.
      killNine(await ownProcess(project, pid));
      await until('the main process has ended', () => !isLiving(pid ?? 0));
      const next = await bootStack(services, { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      expect((await next.event('serviceReady', 'api')).pid).not.to.equal(pid);
      await next.stop();
    });

    it('that a service of another stack holds: says in which folder it is, and what stops it there', async () => {
      const port = await freePort();
      const other = await bootStack({ api: { ...listens, port } });
      const project = createProject({ 'services.yaml': toYaml({ web: { ...listens, port } }) });
      const env = { XDG_RUNTIME_DIR: other.project.path('..', 'run') };
      const { code, stdout } = await runMuster(['up'], { cwd: project.folder, env });
      expect(code).to.equal(3);
      const { folder } = other.project;
      expect(stdout).to.include(
        `next: it is the service "api" of the muster stack in ${folder}: (cd '${folder}' && muster down) stops it, or "port_conflict: next" takes the next free port; then muster up`,
      );
      // Whoever is being ended by consent is told of by that, and never as somebody unseen on the way out.
      const forced = await runMuster(['up', '-d', '--force', '--yes'], { cwd: project.folder, env });
      expect(forced.code, forced.stdout).to.equal(0);
      expect(forced.stderr).to.match(
        new RegExp(`--force will end:\n {2}port ${port}: pid \\d+ .*, service api of the stack in ${folder}, `),
      );
      expect(forced.stdout).not.to.include('unseen');
      await runMuster(['down'], { cwd: project.folder, env });
      await other.stop();
    });

    it('G1: also when the service has another name now, or is gone from the file', async () => {
      const port = await freePort();
      const project = createProject();
      const up = await bootStack({ old: { ...listens, port } }, { project });
      up.muster.signal('SIGKILL');
      await up.muster.done;
      const next = await bootStack({ api: { ...listens, port } }, { project });
      expect((await next.settled()).verdict, told(next)).to.equal('up');
      expect(next.notices()).to.match(/ended what an earlier run had left: old/);
      await next.stop();
    });
  });

  describe('that a stranger holds', () => {
    for (const conflict of ['fail', 'reclaim'] as const) {
      it(`G2: \`${conflict}\` names its pid, command, user and since when, and leaves it alone; exit code 3`, async () => {
        const port = await freePort();
        const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
        const project = createProject({ 'services.yaml': toYaml({ api: { ...listens, port, port_conflict: conflict } }) });
        const { code, stdout, stderr } = await runMuster(['up'], { cwd: project.folder });
        expect(code, stdout + stderr).to.equal(3);
        expect(stdout).to.include(`port ${port} is held by pid ${stranger.pid} (`);
        expect(stdout).to.match(new RegExp(`listens\\.mjs\\), user ${userInfo().username}, since \\S*\\d\\d:\\d\\d`));
        expect(stdout).to.match(/next: muster up --force/);
        expect(stranger.hasEnded()).to.equal(false);
        await expectNothingLeft(project);
      });
    }

    it('G2: --force --yes ends only the listener; a client with a connection to the port lives on', async () => {
      const port = await freePort();
      const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
      const client = await startStranger('holds-open.mjs', { PORT: String(port) }, /connected/);
      const up = await bootStack({ api: { ...listens, port } }, { args: ['--force', '--yes'] });
      expect((await up.settled()).verdict, told(up)).to.equal('up');
      expect(up.notices()).to.include(`pid ${stranger.pid}`);
      await until('the stranger has ended', stranger.hasEnded);
      expect(client.hasEnded()).to.equal(false);
      await up.stop();
      expect(client.hasEnded()).to.equal(false);
    });

    it('G2: --force without --yes asks, and without a terminal to ask in ends nobody; exit code 3', async () => {
      const port = await freePort();
      const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
      const project = createProject({ 'services.yaml': toYaml({ api: { ...listens, port } }) });
      const { code, stdout, stderr } = await runMuster(['up', '--force'], { cwd: project.folder, input: 'y\n' });
      expect(code, stdout + stderr).to.equal(3);
      expect(stdout + stderr)
        .to.include(`pid ${stranger.pid}`)
        .and.to.include('--yes');
      expect(stranger.hasEnded()).to.equal(false);
      const { findings } = JSON.parse((await runMuster(['doctor', '--json'], { cwd: project.folder })).stdout) as {
        readonly findings: readonly { readonly code: string }[];
      };
      expect(findings.map(({ code: found }) => found)).to.deep.equal(['port-held']);
      killNine(readIdentity(stranger.pid));
      await until('the stranger has ended', stranger.hasEnded);
      const after = await runMuster(['up', '-d'], { cwd: project.folder });
      expect([after.code, after.stdout + after.stderr]).to.deep.include(0);
      expect(after.stdout + after.stderr, 'a refusal leaves nothing behind').not.to.match(/previous supervisor|went on|try 2/);
      await runMuster(['down'], { cwd: project.folder });
      await expectNothingLeft(project);
    });

    describe('and --force in a terminal', () => {
      for (const { keys, said, code } of [
        { keys: 'n\r', said: 'no', code: 3 },
        { keys: '\r', said: 'nothing', code: 3 },
        { keys: '\u0004', said: 'Ctrl-D', code: 3 },
        { keys: '\u0003', said: 'Ctrl-C', code: 130 },
      ]) {
        it(`G2: shows who would be ended and asks; ${said} ends nobody, exit code ${code}`, async function () {
          if (!hasTerminals()) this.skip();
          const port = await freePort();
          const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
          const project = createProject({ 'services.yaml': toYaml({ api: { ...listens, port } }) });
          const terminal = await openTerminal(project, ['up', '--force']);
          await terminal.shows(/End them\? \[y\/N\]/);
          expect(terminal.text()).to.include(`port ${port}: pid ${stranger.pid} (`);
          terminal.type(keys);
          expect(await terminal.exited, terminal.text()).to.equal(code);
          expect(
            terminal.text().includes(`muster up: nothing was started; port ${port} stays with pid ${stranger.pid}`),
          ).to.equal(code === 3);
          expect(stranger.hasEnded()).to.equal(false);
        });
      }

      it('G2: yes ends them and boots', async function () {
        if (!hasTerminals()) this.skip();
        const port = await freePort();
        const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
        const project = createProject({ 'services.yaml': toYaml({ api: { ...listens, port } }) });
        const terminal = await openTerminal(project, ['up', '--force']);
        await terminal.shows(/End them\? \[y\/N\]/);
        terminal.type('y\r');
        await terminal.shows(/is up after/);
        expect(stranger.hasEnded()).to.equal(true);
        terminal.type('\u0003');
        expect(await terminal.exited, terminal.text()).to.equal(130);
        await expectNothingLeft(project);
      });
    });

    it('G2: a service of another stack is a stranger, and both are named', async () => {
      const port = await freePort();
      const other = await bootStack({ shop: { ...listens, port } });
      const env = { XDG_RUNTIME_DIR: other.project.path('..', 'run') };
      const up = startStack({ api: { ...listens, port } }, { env });
      const { code } = await up.ended();
      expect(code, told(up)).to.equal(3);
      const { reason } = await up.event('serviceFailed', 'api');
      expect(reason).to.include(`service shop of the stack in ${other.project.folder}`);
      expect(other.order('serviceStopping')).to.deep.equal([]);
      await other.stop();
    });

    it('G3: whom we may not see is said to be unseen, with the user; nothing is guessed', async function () {
      if (!canBeOthers()) this.skip();
      const port = await freePort();
      const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
      const project = createProject({ 'services.yaml': toYaml({ api: { command: 'sleep 600', port } }) });
      giveTo(project, 64_127);
      const shell = startShell(project, `exec ${asUser(64_127)} ${musterLine()} up`, { PATH: openPath });
      expect(await shell.exited, shell.stderr()).to.equal(3);
      await expectNothingLeft(project);
      expect(shell.stdout()).to.include(`port ${port} is held by a process that cannot be seen from here, of user root`);
      expect(stranger.hasEnded()).to.equal(false);
    });
  });

  it('G4: a connection in TIME_WAIT is no conflict', async () => {
    const { port, server } = await serve('127.0.0.1');
    server.once('connection', (socket) => socket.end());
    const client = connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
    server.close();
    await once(server, 'close');
    const up = await bootStack({ api: { ...listens, port } });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
  });

  it('G5: a holder of ::1 does not bother a service on 127.0.0.1, but one on all addresses', async () => {
    const { port } = await serve('::1');
    const up = await bootStack({ api: { ...listens, port } });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await up.stop();
    const all = startStack({ api: { ...listens, port, host: '::' } });
    expect((await all.ended()).code, told(all)).to.equal(3);
    expect((await all.event('serviceFailed', 'api')).reason).to.include(`port ${port} is held by pid ${process.pid}`);
  });

  // api (next) ──► web
  it('G6: `next` takes a free one; its environment, probe, dependents, events and the memory have the real one', async () => {
    const { port } = await serve('127.0.0.1');
    const project = createProject();
    const up = await bootStack(
      {
        api: {
          command: `env > api.env; exec node ${programPath('listens.mjs')}`,
          ports: { http: port },
          port_conflict: 'next',
          port_range: [port, Math.min(port + 50, 65_535)],
        },
        web: {
          command: 'env > web.env; touch web.ready; exec sleep 600',
          env: { API: '${api.url}', API_PORT: '${api.port}' },
          ready: { file: 'web.ready' },
          depends_on: ['api'],
        },
      },
      { project },
    );
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    const event = await up.event('serviceReady', 'api');
    const real = event.ports?.[0]?.port ?? 0;
    expect(real).to.be.within(port + 1, port + 50);
    expect(event.detail).to.include(String(real));
    expect(readText(project.path('api.env')))
      .to.match(new RegExp(`^PORT=${real}$`, 'm'))
      .and.to.match(new RegExp(`^PORT_HTTP=${real}$`, 'm'));
    expect(readText(project.path('web.env'))).to.match(new RegExp(`^API=http://127\\.0\\.0\\.1:${real}$`, 'm'));
    expect(readText(project.path('web.env'))).to.match(new RegExp(`^API_PORT=${real}$`, 'm'));
    expect((await fetch(`http://127.0.0.1:${real}`)).status).to.equal(200);
    await until('the memory has it', () => JSON.stringify(memoryOf(project).running.api).includes(String(real)));
    await up.stop();
  });

  it('G6: a service that has to move takes no port that another one wants; those that can stay, stay', async () => {
    const first = await freeRun(4);
    await serve('127.0.0.1', first);
    const service = (at: number): Services[string] => ({ ...listens, port: first + at, port_conflict: 'next' });
    const up = await bootStack({ a: service(0), b: service(1), c: service(2) });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    const portOf = async (name: string): Promise<number | undefined> => (await up.event('serviceReady', name)).ports?.[0]?.port;
    expect([await portOf('a'), await portOf('b'), await portOf('c')]).to.deep.equal([first + 3, first + 1, first + 2]);
    await up.stop();
  });

  it('G8: a service that listens on another port than it declares: a warning that says both', async () => {
    const [declared, real] = [await freePort(), await freePort()];
    const up = await bootStack({
      api: { ...listens, port: declared, env: { PORT: String(real) }, ready: { log: 'listening on' }, restart: 'no' },
    });
    expect((await up.settled()).verdict, told(up)).to.equal('up');
    await until('both ports are told', () => up.notices().includes(String(declared)) && up.notices().includes(String(real)));
    expect(up.notices()).to.match(/api: .*listens on/);
    await up.stop();
  });

  it('G8: also when it is never ready for that reason', async () => {
    const [declared, real] = [await freePort(), await freePort()];
    const up = startStack({
      api: { ...listens, port: declared, env: { PORT: String(real) }, restart: 'no', health_timeout: '20s' },
    });
    expect((await up.ended()).code).to.equal(4);
    expect(told(up)).to.include(String(declared)).and.to.include(String(real));
  });

  it('G9, F72: a service that dies of EADDRINUSE after the check is a port conflict; exit code 3', async () => {
    const port = await freePort();
    const project = createProject();
    const up = startStack(
      {
        api: {
          command: `while [ ! -e go ]; do sleep 0.02; done; exec node ${programPath('listens.mjs')}`,
          port,
          restart: 'no',
        },
      },
      { project },
    );
    await up.event('serviceStarted', 'api');
    const stranger = await startStranger('listens.mjs', { PORT: String(port) }, /listening/);
    project.write('go', '');
    const { code } = await up.ended();
    expect(code, told(up)).to.equal(3);
    const { reason } = await up.event('serviceFailed', 'api');
    expect(reason).to.include(`it says that port ${port} is in use, which is held by pid ${stranger.pid}`);
  });
});

describe('`port_conflict: next` that comes into the file, or leaves it, while the service runs', () => {
  let project: Project;
  const muster = (...args: readonly string[]): Promise<RunResult> => runMuster(args, { cwd: project.folder });
  const portOf = async (name: string): Promise<number | undefined> => {
    const { stdout } = await muster('status', name, '--json');
    const { services } = JSON.parse(stdout) as { readonly services: readonly { readonly ports: readonly { port: number }[] }[] };
    return services[0]?.ports[0]?.port;
  };
  const write = (api: Services[string]): void =>
    project.write(
      'services.yaml',
      toYaml({ api: { ...listens, ...api }, web: { command: 'exec sleep 600', env: { U: '${api.port}' }, depends_on: ['api'] } }),
    );

  beforeEach(() => {
    project = createProject();
  });
  afterEach(async () => {
    await muster('down');
    await expectNothingLeft(project);
  });

  it('B5: it keeps the port that it has itself when it is restarted', async () => {
    const port = await freePort();
    write({ port });
    expect((await muster('up', '-d')).code).to.equal(0);
    write({ port, port_conflict: 'next' });
    expect((await muster('up', '-d')).code).to.equal(0);
    expect((await muster('restart', 'api')).code).to.equal(0);
    expect(await portOf('api')).to.equal(port);
    expect(readText(project.path('logs', 'muster.log'))).not.to.match(/moved to port/);
  });

  it('B5: without it, the port that is written in the file is the one that it gets at its next start', async () => {
    const { port, server } = await listenAnywhere();
    try {
      write({ port, port_conflict: 'next' });
      expect((await muster('up', '-d')).code).to.equal(0);
      expect(await portOf('api')).to.be.greaterThan(port);
    } finally {
      server.close();
      await once(server, 'close');
    }
    write({ port });
    expect((await muster('up', '-d')).code).to.equal(0);
    expect((await muster('restart', 'api')).code).to.equal(0);
    expect(await portOf('api')).to.equal(port);
  });
});

const listenAnywhere = async (): Promise<{ readonly port: number; readonly server: Server }> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
};
