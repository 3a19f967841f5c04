import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Marker, PortHolder } from '../../lib/domain/process.ts';
import type { RecordedProcess } from '../../lib/domain/recorded.ts';
import type { Service } from '../../lib/domain/service.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { portCandidates } from '../../lib/runtime/ports/candidates.ts';
import { endStranger } from '../../lib/runtime/ports/end-stranger.ts';
import { createClaimPorts } from '../../lib/runtime/ports.ts';
import { createProcesses } from '../../lib/runtime/processes/create.ts';
import { openProcessTable } from '../../lib/runtime/processes/platform.ts';
import { readIdentity } from '../../lib/runtime/processes/read-identity.ts';
import { withRecorded } from '../../lib/runtime/processes/recorded.ts';
import type { Processes } from '../../lib/runtime/processes.ts';
import { createSockets } from '../../lib/runtime/sockets/create.ts';
import type { ClaimOptions, ClaimOutcome, ClaimPorts, Sockets } from '../../lib/runtime/sockets.ts';
import { type Canaries, startCanaries } from '../support/canaries.ts';
import { createProcessRig, freePort, isLiving, type ProcessRig, programPath, type Started, until } from '../support/procs.ts';

type Wish = Partial<Pick<Service, 'portConflict' | 'portRange' | 'host' | 'name'>>;

const processes = createProcesses();
const sockets = createSockets(processes);

const makeService = (ports: readonly (number | null)[], { name = 'api', ...wish }: Wish = {}): Service => ({
  name,
  label: name,
  type: 'service',
  command: { kind: 'shell', line: 'true' },
  cwd: '/',
  env: {},
  host: '127.0.0.1',
  ports: ports.map((wanted, at) => ({ name: at === 0 ? null : `p${at}`, wanted })),
  portConflict: 'reclaim',
  portRange: null,
  dependsOn: [],
  optional: false,
  startupDelay: 0,
  waitBeforeStart: 0,
  healthTimeout: null,
  ready: null,
  health: null,
  restart: { policy: 'no', delay: 0, maxDelay: 0, factor: 1, max: 0, window: 0, onUnhealthy: false, neverOn: [] },
  stop: { signal: 'SIGTERM', timeout: 5_000, command: null },
  profiles: [],
  log: { file: '/dev/null', maxSize: 1, keep: 0, split: false },
  inputs: null,
  clean: null,
  watch: null,
  hooks: {},
  cluster: {
    image: null,
    build: null,
    expose: null,
    resources: { requests: { cpu: null, memory: null }, limits: { cpu: null, memory: null } },
  },
  replica: null,
  definitionHash: '',
  ...wish,
});

describe('claiming ports', () => {
  let rig: ProcessRig;
  let canaries: Canaries;
  let running: Marker[];
  let claimPorts: ClaimPorts;
  let told: PortHolder[];
  let ends: (() => Promise<void> | void)[];
  const facts: Parameters<typeof createClaimPorts>[0] = {
    processes,
    sockets,
    clock: systemClock,
    isRunning: (marker) => running.some(({ service, attempt }) => service === marker.service && attempt === marker.attempt),
  };
  before(async () => {
    canaries = await startCanaries({ program: 'listens.mjs' });
  });
  after(() => canaries.stop());
  beforeEach(() => {
    rig = createProcessRig(processes);
    running = [];
    told = [];
    ends = [];
    claimPorts = createClaimPorts(facts);
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    await rig.cleanUp();
    canaries.assertUnhurt();
  });

  const toOptions = (service: Service): ClaimOptions => ({
    service,
    marker: { project: rig.project, service: service.name, attempt: 2 },
    mayEnd: () => false,
    taken: new Set(),
    onReclaim: (holder) => told.push(holder),
  });
  const claim = (service: Service, changes: Partial<ClaimOptions> = {}): Promise<ClaimOutcome> =>
    claimPorts({ ...toOptions(service), ...changes });
  const leftover = async (
    env: Readonly<Record<string, string>> = {},
    program = 'listens.mjs',
  ): Promise<{ started: Started; port: number }> => {
    const port = await freePort();
    const started = await rig.start(program, { env: { PORT: String(port), ...env } });
    await started.line(/listening on/);
    return { started, port };
  };
  /** A process of nobody's that listens, with its children ended at the end of the test. */
  const stranger = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    program = process.execPath,
  ): Promise<{ child: ChildProcess; port: number }> => {
    const port = await freePort();
    const child = spawn(program, [...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH ?? '', NODE: process.execPath, PORT: String(port), ...env },
    });
    ends.push(() => {
      // Its leader is our own child and not waited for yet, or the group is gone.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    });
    await once(child.stdout ?? child, 'data');
    return { child, port };
  };
  const listens = programPath('listens.mjs');
  const own = async (host = '127.0.0.1'): Promise<{ server: Server; port: number }> => {
    // A test may cut the connection from the other side.
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, host);
    await once(server, 'listening');
    ends.push(() => {
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port };
  };
  const refusalOf = (outcome: ClaimOutcome): Extract<ClaimOutcome, { ok: false }>['refusal'] => {
    if (outcome.ok) throw new Error(`it got ${JSON.stringify(outcome.ports)}`);
    return outcome.refusal;
  };

  it('free ports are given as they are wanted, with their names', async () => {
    const [first, second] = [await freePort(), await freePort()];
    expect(await claim(makeService([first, second]))).to.deep.equal({
      ok: true,
      ports: [
        { name: null, port: first },
        { name: 'p1', port: second },
      ],
    });
  });

  describe('held by what is ours', () => {
    it('G1, F64: a leftover is ended with its whole tree, and told', async () => {
      const { started, port } = await leftover();
      expect(await claim(makeService([port]))).to.deep.equal({ ok: true, ports: [{ name: null, port }] });
      expect(told.map((holder) => holder.process)).to.deep.equal([started.running.identity]);
      expect(processes.isAlive(started.running.identity)).to.equal(false);
    });

    it('F75: a worker that the main process left behind is found by its marker', async () => {
      const { port } = await leftover({ AFTER: '0' }, 'leaves-worker.mjs');
      expect(await claim(makeService([port]))).to.have.property('ok', true);
      expect(await processes.findMarked(rig.project)).to.deep.equal([]);
    });

    it('F74, G7: one that lets go late is waited for, and not killed', async () => {
      const { started, port } = await leftover({ STOP_MS: '700' });
      expect(await claim(makeService([port]))).to.have.property('ok', true);
      expect(await started.running.exited).to.deep.equal({ code: 0, signal: null });
    });

    it('two services that want two ports of one leftover end it once', async () => {
      const second = await freePort();
      const { started, port } = await leftover({ PORTS: String(second) });
      await until('both are open', () => (started.output().match(/listening/g) ?? []).length === 2);
      const outcomes = await Promise.all([claim(makeService([port])), claim(makeService([second], { name: 'web' }))]);
      expect(outcomes.map(({ ok }) => ok)).to.deep.equal([true, true]);
    });

    it('one that emptied its environment is known by its recorded identity, to a supervisor that did not start it', async () => {
      const port = await freePort();
      const line = `exec env -i PORT=${port} "$NODE" "${listens}"`;
      const started = await rig.start(null, { command: { line } });
      await started.line(/listening/);
      let recorded: readonly RecordedProcess[] = [];
      const table = withRecorded(openProcessTable(), () => recorded);
      const own = createProcesses(table);
      const claims = createClaimPorts({ ...facts, processes: own, sockets: createSockets(own, table) });
      const options = toOptions(makeService([port]));
      expect(refusalOf(await claims(options))).to.have.property('why', 'stranger');
      recorded = [{ identity: started.running.identity, marker: started.marker }];
      expect(await claims(options)).to.have.property('ok', true);
    });

    it('with "fail" it is only named', async () => {
      const { started, port } = await leftover();
      const refusal = refusalOf(await claim(makeService([port], { portConflict: 'fail' })));
      expect(refusal).to.include({ port, why: 'stranger' });
      expect(refusal.holders[0]?.marker).to.deep.equal(started.marker);
      expect(processes.isAlive(started.running.identity)).to.equal(true);
    });

    for (const force of [false, true]) {
      it(`a service of this stack that runs is never ended${force ? ', not even with --force' : ''}`, async () => {
        const { started, port } = await leftover();
        running.push(started.marker);
        const refusal = refusalOf(await claim(makeService([port], { name: 'web' }), { mayEnd: () => force }));
        expect(refusal.advice).to.include('"api" of this stack, which runs');
        expect(processes.isAlive(started.running.identity)).to.equal(true);
      });
    }
  });

  describe('held by a stranger', () => {
    it('G2, F62, S-20: is named and left alone', async () => {
      const { child, port } = await stranger([listens]);
      const refusal = refusalOf(await claim(makeService([port])));
      expect(refusal).to.include({ port, why: 'stranger' });
      expect(refusal.holders[0]).to.deep.include({ port, address: '127.0.0.1', uid: process.getuid?.(), marker: null });
      expect(refusal.holders[0]?.process?.pid).to.equal(child.pid);
      expect(told).to.deep.equal([]);
      expect(isLiving(child.pid ?? 0)).to.equal(true);
    });

    it('F65: a service of another stack is a stranger, and both are named', async () => {
      const other = createProcessRig(processes);
      ends.push(other.cleanUp);
      const port = await freePort();
      const started = await other.start('listens.mjs', { env: { PORT: String(port) }, service: 'web' });
      await started.line(/listening/);
      const refusal = refusalOf(await claim(makeService([port])));
      expect(refusal.why).to.equal('stranger');
      expect(refusal.advice).to.include('"web"').and.to.include(other.project);
      expect(processes.isAlive(started.running.identity)).to.equal(true);
    });

    it('G2, F70, S-20: --force ends only the listener: a client with a connection to the port lives on', async () => {
      const { child, port } = await stranger([listens]);
      const { child: client } = await stranger([programPath('holds-open.mjs')], { PORT: String(port) });
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
      await until('the listener is gone', () => !isLiving(child.pid ?? 0));
      expect(isLiving(client.pid ?? 0)).to.equal(true);
    });

    it('G2: --force asks first: one that stops in order is not killed', async () => {
      const { child, port } = await stranger([listens], { STOP_MS: '300' });
      const ended = once(child, 'exit');
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
      expect(await ended).to.deep.equal([0, null]);
    });

    it('G2: --force ends every process that has the listener open', async () => {
      const code = `const server = require('net').createServer().listen(process.env.PORT, '127.0.0.1', () => {
        const worker = require('child_process').spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', server._handle] });
        console.log(worker.pid);
      })`;
      const { child, port } = await stranger(['-e', code]);
      await until('both hold it', async () => (await sockets.findHolders([port], '127.0.0.1')).length === 2);
      const pids = (await sockets.findHolders([port], '127.0.0.1')).map((holder) => holder.process?.pid ?? 0);
      expect(pids).to.include(child.pid);
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
      await until('both are gone', () => !pids.some(isLiving));
    });

    it('F80: one that comes back is ended once, then told', async () => {
      const { child, port } = await stranger([programPath('respawns.mjs')]);
      const refusal = refusalOf(await claim(makeService([port]), { mayEnd: () => true }));
      expect(refusal.why).to.equal('stranger');
      expect(refusal.advice).to.include('came back');
      expect(refusal.holders).to.have.length(1);
      expect(isLiving(child.pid ?? 0)).to.equal(true);
      const listener = refusal.holders[0]?.process;
      expect(refusalOf(await claim(makeService([port]), { mayEnd: () => true })).holders[0]?.process).to.deep.equal(listener);
    });

    it('S-20: each signal of --force is sent in the very turn in which it was seen whose the number is', async () => {
      const { child } = await stranger([listens]);
      const identity = readIdentity(child.pid ?? 0);
      if (identity === null) throw new Error('it does not run');
      let turn = 0;
      let seenIn = -1;
      const looking: Processes = {
        ...processes,
        isAlive: (each) => {
          seenIn = turn;
          setImmediate(() => {
            turn += 1;
          });
          return processes.isAlive(each);
        },
      };
      const sent: string[] = [];
      const send = process.kill.bind(process);
      process.kill = (target, signal) => {
        if (target === child.pid) sent.push(`${signal} ${seenIn === turn ? 'in that turn' : 'later'}`);
        return send(target, signal);
      };
      try {
        expect(await endStranger(looking, identity, async () => false)).to.equal('ended');
      } finally {
        process.kill = send;
      }
      expect(sent).to.deep.equal(['SIGTERM in that turn']);
    });

    it('G2: --force that was agreed to again ends again who holds the port by then, once ours had it', async () => {
      const first = await stranger([listens]);
      const { port } = first;
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
      const second = await stranger([listens], { PORT: String(port) });
      const refusal = refusalOf(await claim(makeService([port])));
      expect(refusal.holders[0]?.process?.pid).to.equal(second.child.pid);
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
      await until('it is gone', () => !isLiving(second.child.pid ?? 0));
    });

    it('--force never ends ourselves', async () => {
      const { port } = await own();
      const refusal = refusalOf(await claim(makeService([port]), { mayEnd: () => true }));
      expect(refusal.holders[0]?.process?.pid).to.equal(process.pid);
    });

    for (const [name, word] of [
      ['docker-proxy', 'docker ps --filter publish='],
      ['sshd', 'SSH'],
      ['systemd', 'systemctl'],
    ] as const) {
      it(`F71: ${name} is never ended, not even with --force; advice instead`, async () => {
        const fake = join(rig.folder, name);
        symlinkSync(process.execPath, fake);
        const { child, port } = await stranger([listens], {}, fake);
        const refusal = refusalOf(await claim(makeService([port]), { mayEnd: () => true }));
        expect(refusal.why).to.equal('stranger');
        expect(refusal.advice).to.include(word);
        expect(isLiving(child.pid ?? 0)).to.equal(true);
      });
    }
  });

  describe('in use though nobody listens', () => {
    it('G4: a connection in TIME_WAIT is no conflict', async () => {
      const { server, port } = await own();
      server.once('connection', (socket) => socket.end());
      const client = connect(port, '127.0.0.1');
      client.resume();
      await once(client, 'close');
      server.close();
      await once(server, 'close');
      expect(await claim(makeService([port]))).to.have.property('ok', true);
    });

    it('F78: an outgoing connection is waited for', async () => {
      const { port: target } = await own();
      const client = connect({ port: target, host: '127.0.0.1' });
      await once(client, 'connect');
      const port = client.localPort ?? 0;
      let looks = 0;
      // Asked who listens there once it was found to be in use: then it ends.
      const findHolders: Sockets['findHolders'] = async (...asked) => {
        looks += 1;
        client.resetAndDestroy();
        return sockets.findHolders(...asked);
      };
      const claimPort = createClaimPorts({ ...facts, sockets: { ...sockets, findHolders } });
      expect(await claimPort(toOptions(makeService([port])))).to.deep.equal({ ok: true, ports: [{ name: null, port }] });
      expect(looks).to.equal(1);
    });

    it('F78: and told when it stays', async () => {
      const { port: target } = await own();
      const client = connect({ port: target, host: '127.0.0.1' });
      await once(client, 'connect');
      ends.push(() => {
        client.destroy();
      });
      const refusal = refusalOf(await claim(makeService([client.localPort ?? 0])));
      expect(refusal).to.deep.include({ holders: [], why: 'invisible' });
      expect(refusal.advice).to.include('outgoing connection');
    });
  });

  describe('G5, F66, F67: the address decides', () => {
    it('a holder of ::1 does not bother a service on 127.0.0.1, but one on localhost', async () => {
      const { port } = await own('::1');
      expect(await claim(makeService([port]))).to.have.property('ok', true);
      expect(refusalOf(await claim(makeService([port], { host: 'localhost' }))).holders[0]?.address).to.equal('::1');
    });

    it('a holder of 127.0.0.2 bothers a service on all addresses only', async () => {
      const { port } = await own('127.0.0.2');
      expect(await claim(makeService([port]))).to.have.property('ok', true);
      expect(await claim(makeService([port], { host: '0.0.0.0' }))).to.have.property('ok', false);
    });
  });

  describe('G6: the next free port', () => {
    const next = { portConflict: 'next' } as const;

    it('after the wanted one, never one that another service has or wants', async () => {
      const { port } = await own();
      const outcome = await claim(makeService([port], next), { taken: new Set([port + 1]) });
      const [bound] = outcome.ok ? outcome.ports : [];
      expect(bound?.port).to.be.within(port + 2, port + 100);
    });

    it('within the range of the file, from the wanted one to its end and then from its beginning', () => {
      expect(portCandidates(8002, [8000, 8003])).to.deep.equal([8002, 8003, 8000, 8001]);
      expect(portCandidates(3000, [8000, 8002])).to.deep.equal([3000, 8000, 8001, 8002]);
      expect(portCandidates(65_530, null)).to.deep.equal([65_530, 65_531, 65_532, 65_533, 65_534, 65_535]);
      expect(portCandidates(3000, null)).to.have.length(101);
    });

    it('a range without a free one is refused with the holder of the wanted one', async () => {
      const { port } = await own();
      const refusal = refusalOf(await claim(makeService([port], { ...next, portRange: [port, port] })));
      expect(refusal).to.include({ port, why: 'none-free' });
      expect(refusal.holders[0]?.process?.pid).to.equal(process.pid);
    });

    it('services that choose at the same time choose different ones', async () => {
      const { port } = await own();
      const names = Array.from({ length: 20 }, (_, at) => `s${at}`);
      const outcomes = await Promise.all(names.map((name) => claim(makeService([port, null], { ...next, name }))));
      const ports = outcomes.flatMap((outcome) => (outcome.ok ? outcome.ports.map((bound) => bound.port) : []));
      expect(ports).to.have.length(40);
      expect(new Set(ports).size).to.equal(40);
    });

    it('auto: any free one, also within a range', async () => {
      const any = await claim(makeService([null]));
      expect(any.ok && any.ports[0]?.port).to.be.greaterThan(0);
      const free = await freePort();
      const ranged = await claim(makeService([null], { portRange: [free, free + 20] }));
      expect(ranged.ok && ranged.ports[0]?.port).to.be.within(free, free + 20);
    });
  });

  it('F79: `ss`, `lsof` and `ps` are not needed to name or to end a holder', async () => {
    const { child, port } = await stranger([listens]);
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      expect(refusalOf(await claim(makeService([port]))).holders[0]?.process?.pid).to.equal(child.pid);
      expect(await claim(makeService([port]), { mayEnd: () => true })).to.have.property('ok', true);
    } finally {
      process.env.PATH = path;
    }
    expect(spawnSync('true').status).to.equal(0);
  });
});
