import { appendFileSync } from 'node:fs';
import workerThreads, { type Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { ReadyCheck } from '../../../lib/runtime/probes/probe.ts';
import type { Sockets } from '../../../lib/runtime/sockets.ts';
import { fakeSockets, httpCheck, useProbing } from '../../support/probing.ts';
import { startHttp } from '../../support/servers.ts';

const rig = useProbing();
const { keep } = rig;

const want = (code: string): Error => Object.assign(new Error(`${code}: no more of it`), { code });

/** Nobody can be looked at the first `times`. */
const lookingLate = (times: number): Sockets => {
  let looks = 0;
  return {
    ...fakeSockets({ kind: 'ours' }),
    ownerOf: () => {
      looks += 1;
      if (looks <= times) throw want('EMFILE');
      return { kind: 'ours' };
    },
  };
};

describe('F150: a check that muster itself could not make is a failure with its reason, and the next one is made', () => {
  const checks: Readonly<Record<string, (port: number) => ReadyCheck>> = {
    tcp: (port) => ({ kind: 'tcp', host: '127.0.0.1', port }),
    'tcp on both loopbacks': (port) => ({ kind: 'tcp', host: 'localhost', port }),
    http: (port) => httpCheck(`http://127.0.0.1:${port}/`),
    'http on both loopbacks': (port) => httpCheck(`http://localhost:${port}/`),
  };
  for (const [kind, check] of Object.entries(checks)) {
    it(kind, async () => {
      const { port } = keep(await startHttp((_request, response) => response.end()));
      const how = { sockets: lookingLate(2), target: { ports: [port] } };
      const ready = rig.begin(check(port), how);
      expect(await ready.failed(/many/)).to.equal('too many open files (limit of this process)');
      await ready.passed();
      const health = rig.begin(check(port), { ...how, sockets: lookingLate(1), purpose: 'health', interval: 10 });
      await health.failed(/too many open files/);
      await health.passed();
    });
  }

  for (const host of ['127.0.0.1', 'localhost'])
    it(`a port that there cannot be, at ${host}`, async () => {
      const probing = rig.begin({ kind: 'tcp', host, port: 70_000 });
      expect(await probing.failed()).to.match(/port/i);
    });

  it('a log pattern for which there is no thread', async () => {
    // One that an earlier test has started may still be there: what is asked of it fails as its start would.
    const { prototype } = workerThreads.Worker;
    const { postMessage } = prototype;
    let tries = 0;
    prototype.postMessage = function (this: Worker, ...message) {
      tries += 1;
      if (tries <= 2) throw want('EAGAIN');
      postMessage.apply(this, message);
    };
    try {
      const probing = rig.begin({ kind: 'log', pattern: '^(a+)+$' });
      appendFileSync(rig.inFolder('api.log'), `${'a'.repeat(60)}b\naaa\n`);
      expect(await probing.failed()).to.match(/^the pattern \^\(a\+\)\+\$ could not be tried: EAGAIN/);
      await probing.passed();
      expect(tries).to.be.greaterThan(2);
    } finally {
      prototype.postMessage = postMessage;
    }
  });
});
