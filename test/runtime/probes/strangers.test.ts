import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { PortHolder } from '../../../lib/domain/process.ts';
import type { ReadyCheck } from '../../../lib/runtime/probes/probe.ts';
import { createSockets } from '../../../lib/runtime/sockets/create.ts';
import type { Sockets } from '../../../lib/runtime/sockets.ts';
import { fakeSockets, httpCheck, useProbing } from '../../support/probing.ts';
import { createProcessRig, type ProcessRig } from '../../support/procs.ts';
import { startHttp, startRaw } from '../../support/servers.ts';

const rig = useProbing();
const { keep } = rig;

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
    await probing.failed(/^no (answer|connection) in 200 ms$/);
    process.kill(pid, 'SIGCONT');
    const before = probing.results.length;
    await probing.find(() => probing.results.length > before && probing.results.at(-1)?.ok === true);
  });
});
