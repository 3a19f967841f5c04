import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ProbeKind } from '../../lib/domain/service.ts';
import type { ReadyCheck } from '../../lib/runtime/probes/probe.ts';
import { probes } from '../../lib/runtime/probes/registry.ts';
import { httpCheck, type ProbingOfTest, type ProbingOptions, useProbing } from '../support/probing.ts';
import { freePort, until } from '../support/procs.ts';
import { misbehaviours, startHttp, startRaw } from '../support/servers.ts';

/** One way to ask, and how to make the answer come. */
type Example = {
  readonly check: ReadyCheck;
  readonly options?: ProbingOptions;
  /** Makes what is asked for true. */
  readonly fulfil: () => Promise<void> | void;
};

/** A check that never ends by itself, and what it must not do. */
type Hanging = {
  readonly check: ReadyCheck;
  /** Resolves when a check is under way. */
  readonly begun: () => Promise<void>;
  /** Resolves when nothing of the check is left. */
  readonly gone: () => Promise<void>;
  /** The most checks that were seen at once. */
  readonly mostAtOnce: () => number;
};

type Contract = {
  readonly unready: (rig: ProbingOfTest) => Promise<Example>;
  /** What is told while it is not ready, or when it can never be; null: nothing is. */
  readonly failing: (
    rig: ProbingOfTest,
  ) => Promise<{ readonly check: ReadyCheck; readonly options?: ProbingOptions; readonly says: RegExp } | null>;
  /** Null for the kinds that wait for a sign and have no deadline. */
  readonly hanging: ((rig: ProbingOfTest) => Promise<Hanging>) | null;
};

const hangingServer = async ({ keep }: ProbingOfTest, check: (port: number) => ReadyCheck): Promise<Hanging> => {
  const server = keep(await startRaw(misbehaviours.acceptsAndIsSilent));
  return {
    check: check(server.port),
    begun: () => server.connected(),
    gone: () => server.allClosed(),
    mostAtOnce: () => server.mostAtOnce(),
  };
};

const readLines = (file: string): readonly string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

const isGone = (pid: number): boolean => {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such process.
    return true;
  }
};

const allGone = async (pids: () => readonly number[]): Promise<void> => {
  while (!pids().every(isGone)) await new Promise((settle) => setImmediate(settle));
};

const contracts: { readonly [Kind in ProbeKind]: Contract } = {
  tcp: {
    unready: async ({ keep }) => {
      const port = await freePort();
      const fulfil = async (): Promise<void> => void keep(await startRaw(() => {}, { port }));
      return { check: { kind: 'tcp', host: '127.0.0.1', port }, fulfil };
    },
    failing: async () => ({
      check: { kind: 'tcp', host: '127.0.0.1', port: await freePort() },
      says: /^connection refused$/,
    }),
    // A connection that hangs needs a network that swallows packets; the deadline is the same code as for http.
    hanging: null,
  },
  http: {
    unready: async ({ keep }) => {
      const port = await freePort();
      const fulfil = async (): Promise<void> =>
        void keep(await startHttp((_request, response) => response.end('fine'), { port }));
      return { check: httpCheck(`http://127.0.0.1:${port}/health`), fulfil };
    },
    failing: async ({ keep }) => {
      const server = keep(await startHttp((_request, response) => response.writeHead(503).end()));
      return { check: httpCheck(`http://127.0.0.1:${server.port}/`), says: /^503 Service Unavailable$/ };
    },
    hanging: (rig) => hangingServer(rig, (port) => httpCheck(`http://127.0.0.1:${port}/`)),
  },
  exec: {
    unready: (rig) =>
      Promise.resolve({
        check: { kind: 'exec', command: { program: 'test', args: ['-e', 'up'] } },
        fulfil: () => writeFileSync(rig.inFolder('up'), ''),
      }),
    failing: () =>
      Promise.resolve({
        check: { kind: 'exec', command: { line: 'echo "no table users" >&2; exit 3' } },
        says: /^the probe ended with code 3: no table users$/,
      }),
    hanging: (rig) => {
      const pids = (): readonly number[] => readLines(rig.inFolder('pids')).map(Number);
      const doubles = (): number => readLines(rig.inFolder('doubles')).length;
      const count = 'for pid in $(cat shells 2>&1); do kill -0 $pid 2>&1 && echo double >> doubles; done; echo $$ >> shells';
      return Promise.resolve({
        check: { kind: 'exec', command: { line: `${count}; trap '' TERM; sleep 60 & echo $$ >> pids; echo $! >> pids; wait` } },
        begun: async () => {
          while (pids().length < 2) await new Promise((settle) => setImmediate(settle));
        },
        gone: () => allGone(pids),
        mostAtOnce: () => 1 + doubles(),
      });
    },
  },
  log: {
    unready: (rig) =>
      Promise.resolve({
        check: { kind: 'log', pattern: 'listening on \\d+' },
        fulfil: () => appendFileSync(rig.inFolder('api.log'), 'listening on 80\n'),
      }),
    failing: () => Promise.resolve({ check: { kind: 'log', pattern: '(' }, says: /is not a regular expression$/ }),
    hanging: null,
  },
  notify: {
    unready: (rig) => Promise.resolve({ check: { kind: 'notify' }, fulfil: () => appendFileSync(rig.inFolder('notify'), '\n') }),
    failing: () => Promise.resolve({ check: { kind: 'notify' }, options: { target: { notify: null } }, says: /no notify file$/ }),
    hanging: null,
  },
  file: {
    unready: (rig) =>
      Promise.resolve({ check: { kind: 'file', path: 'up' }, fulfil: () => writeFileSync(rig.inFolder('up'), '') }),
    failing: () => Promise.resolve(null),
    hanging: null,
  },
};

for (const [kind, contract] of Object.entries(contracts)) {
  describe(`a probe of kind ${kind}`, () => {
    const rig = useProbing();

    it('B8: passes when what it asks for has come true, and not before', async () => {
      const { check, options, fulfil } = await contract.unready(rig);
      const probing = rig.begin(check, options);
      if (probes[kind as ProbeKind].mode === 'active') await probing.failed();
      expect(probing.results.some(({ ok }) => ok)).to.equal(false);
      await fulfil();
      await probing.passed();
    });

    it('passes at once when it is true already', async () => {
      const { check, options, fulfil } = await contract.unready(rig);
      await fulfil();
      const probing = rig.begin(check, options);
      await probing.passed();
      expect(probing.results[0]).to.deep.equal({ ok: true });
    });

    it('says in words why it failed', async function () {
      const failing = await contract.failing(rig);
      if (failing === null) return;
      const probing = rig.begin(failing.check, failing.options);
      expect(await probing.failed()).to.match(failing.says);
    });

    it('tells a failure once while it asks again and again', async function () {
      const failing = await contract.failing(rig);
      if (failing === null || probes[kind as ProbeKind].mode === 'passive') return;
      const probing = rig.begin(failing.check, failing.options);
      await until('it has asked twice, and asks again', () => probing.asked() >= 3);
      expect(probing.results).to.have.length(1);
      expect(await probing.failed()).to.match(failing.says);
    });

    it('tells nothing after its stop', async () => {
      const { check, options, fulfil } = await contract.unready(rig);
      const stopped = rig.begin(check, options);
      stopped.stop();
      const heard = stopped.results.length;
      await fulfil();
      await rig.begin(check, options).passed();
      expect(stopped.results).to.have.length(heard);
      stopped.stop();
    });

    if (contract.hanging === null) return;
    const hang = contract.hanging;

    it('ends at its own deadline and leaves nothing', async () => {
      const { check, gone } = await hang(rig);
      const probing = rig.begin(check, { timeout: 250 });
      expect(await probing.failed()).to.match(/ in 250 ms$/);
      probing.stop();
      await gone();
    });

    it('ends at once when it is stopped', async () => {
      const { check, begun, gone } = await hang(rig);
      const probing = rig.begin(check, { timeout: 60_000 });
      await begun();
      probing.stop();
      await gone();
      expect(probing.results).to.deep.equal([]);
    });

    it('F140: never asks twice at a time', async () => {
      const { check, mostAtOnce, gone } = await hang(rig);
      let deadlines = 0;
      const probing = rig.begin(check, { timeout: 100, purpose: 'health', interval: 10 });
      await probing.find((result) => {
        if (!result.ok) deadlines += 1;
        return deadlines === 4;
      });
      probing.stop();
      await gone();
      expect(mostAtOnce()).to.equal(1);
    });
  });
}
