import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import type { ReadyCheck } from '../../../lib/runtime/probes/probe.ts';
import { httpCheck, useProbing } from '../../support/probing.ts';
import { freePort, tsxPath } from '../../support/procs.ts';
import { startHttp } from '../../support/servers.ts';

const rig = useProbing();
const { keep } = rig;

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
      import { checkTcp } from ${JSON.stringify(new URL('../../../lib/runtime/probes/tcp.ts', import.meta.url).href)};
      import { systemClock as clock } from ${JSON.stringify(new URL('../../../lib/runtime/clock.ts', import.meta.url).href)};
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
