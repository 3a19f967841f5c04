import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { followBytes } from '../../../lib/runtime/logs/follow.ts';
import { abortAfter } from '../../../lib/runtime/probes/deadline.ts';
import type { ProbeTarget } from '../../../lib/runtime/probes/probe.ts';
import { createStartProbing } from '../../../lib/runtime/probes/run.ts';
import { createFolder } from '../../support/log-files.ts';
import { fakeSockets } from '../../support/probing.ts';
import { freePort, until } from '../../support/procs.ts';

type Pending = { readonly after: number; readonly run: () => void };

/** A clock whose timers fire when the test says so, as late as it says. */
const createManualClock = (): {
  readonly clock: Clock;
  readonly pending: Pending[];
  pass(to: number): void;
  fire(at: number): void;
} => {
  const pending: Pending[] = [];
  let time = 0;
  const clock: Clock = {
    now: () => time,
    wall: () => 0,
    setTimer: (after, run) => {
      const timer = { after, run };
      pending.push(timer);
      return { cancel: () => void (pending.includes(timer) && pending.splice(pending.indexOf(timer), 1)) };
    },
  };
  return {
    clock,
    pending,
    pass: (to) => {
      time = to;
    },
    fire: (at) => {
      time = at;
      pending.shift()?.run();
    },
  };
};

const aTarget = (service: string): ProbeTarget => ({
  tree: { leader: null, marker: { project: 'p', service, attempt: 1 } },
  ...{ ports: [], cwd: '/', env: {}, logs: [], notify: null, signBefore: null },
});

describe('the deadline of a check', () => {
  it('aborts when it is over, and says after how long', () => {
    const { clock, fire } = createManualClock();
    const controller = new AbortController();
    abortAfter(1000, controller, clock);
    fire(1001);
    expect(controller.signal.reason).to.deep.equal({ deadline: 1000 });
  });

  it('F22, F193: lets in what arrived while the process itself stood still, before it gives up', () => {
    const { clock, pending, fire } = createManualClock();
    const controller = new AbortController();
    abortAfter(1000, controller, clock);
    fire(31_000);
    expect(controller.signal.aborted).to.equal(false);
    expect(pending).to.have.length(1);
    fire(31_200);
    expect(controller.signal.aborted).to.equal(true);
  });

  it('is over no more when it was cancelled, also in its grace', () => {
    const { clock, pending, fire } = createManualClock();
    const timer = abortAfter(1000, new AbortController(), clock);
    fire(31_000);
    timer.cancel();
    expect(pending).to.have.length(0);
  });
});

describe('a port that is waited for', () => {
  it('is looked at when the service prints something, whatever time it is', async () => {
    const { clock, pending, pass } = createManualClock();
    const folder = createFolder();
    const log = join(folder.path, 'api.log');
    writeFileSync(log, '');
    const ports = new Set<number>();
    const port = await freePort();
    const server = createServer();
    const sockets = { ...fakeSockets({ kind: 'ours' }), listeningPorts: () => ports };
    const reader = followBytes({ path: log, from: 0, onBytes: () => undefined, onRestart: () => undefined });
    try {
      const ready = new Promise<void>((resolve) => {
        const { stop } = createStartProbing({ sockets, clock })({
          probe: { check: { kind: 'notify' }, interval: 5000, timeout: 1000, retries: 3, successes: 1 },
          check: { kind: 'tcp', host: '127.0.0.1', port },
          target: { ...aTarget('api'), ports: [port], logs: [{ path: log, from: { offset: 0, base: null } }] },
          purpose: 'ready',
          report: ({ ok }) => {
            if (!ok) return;
            stop();
            resolve();
          },
        });
      });
      // All but the next look has a second.
      await until('it waits for the port', () => pending.some(({ after }) => after < 10));
      pass(1);
      await once(server.listen(port, '127.0.0.1'), 'listening');
      ports.add(port);
      appendFileSync(log, 'listening\n');
      await ready;
    } finally {
      reader.stop();
      server.close();
      folder.remove();
    }
  });
});

describe('the first health check', () => {
  it('F143: comes at another moment of the interval for each service', () => {
    const { clock, pending } = createManualClock();
    const start = createStartProbing({ sockets: fakeSockets({ kind: 'ours' }), clock });
    const handles = Array.from({ length: 100 }, (_, number) =>
      start({
        probe: { check: { kind: 'notify' }, interval: 5000, timeout: 1000, retries: 3, successes: 1 },
        check: { kind: 'tcp', host: '127.0.0.1', port: 1 },
        target: aTarget(`s${number}`),
        purpose: 'health',
        report: () => {},
      }),
    );
    const firsts = pending.map(({ after }) => after).sort((a, b) => a - b);
    for (const handle of handles) handle.stop();
    expect(firsts).to.have.length(100);
    expect(firsts[0]).to.be.lessThan(500);
    expect(firsts[99]).to.be.within(4500, 5000);
    expect(new Set(firsts).size).to.equal(100);
    expect(pending).to.have.length(0);
  });
});
