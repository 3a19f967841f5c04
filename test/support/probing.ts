import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProbeResult } from '../../lib/domain/process.ts';
import type { Ms, Probe } from '../../lib/domain/service.ts';
import { type Clock, systemClock } from '../../lib/runtime/clock.ts';
import type { ProbeTarget, ReadyCheck } from '../../lib/runtime/probes/probe.ts';
import { createStartProbing } from '../../lib/runtime/probes/run.ts';
import type { ListenerOwner, Sockets } from '../../lib/runtime/sockets.ts';
import { createServerKeeper, type ServerKeeper } from './servers.ts';

/** Sockets that always give the same answer. */
export const fakeSockets = (owner: ListenerOwner): Sockets => ({
  findHolders: () => Promise.resolve([]),
  ownerOf: () => owner,
  listenersOf: async () => [],
});

export type ProbingRig = {
  readonly folder: string;
  readonly target: ProbeTarget;
  inFolder(name: string): string;
  begin(check: ReadyCheck, options?: ProbingOptions): Probing;
  /** Stops every probing and removes the folder. */
  end(): void;
};

export type ProbingOptions = {
  readonly timeout?: Ms;
  readonly interval?: Ms;
  readonly purpose?: 'ready' | 'health';
  readonly target?: Partial<ProbeTarget>;
  readonly sockets?: Sockets;
};

export type Probing = {
  /** Everything that was reported so far. */
  readonly results: readonly ProbeResult[];
  /** The next report that fulfils the condition, from those that came and will come. */
  find(wanted: (result: ProbeResult) => boolean): Promise<ProbeResult>;
  passed(): Promise<ProbeResult>;
  /** The detail of the first failure that matches. */
  failed(pattern?: RegExp): Promise<string>;
  /** How many checks were begun so far. */
  asked(): number;
  stop(): void;
};

const check: Probe['check'] = { kind: 'notify' };

/** Probes run for real, on a folder of their own. */
const createProbingRig = (): ProbingRig => {
  const folder = mkdtempSync(path.join(tmpdir(), 'muster-probes-'));
  const inFolder = (name: string): string => path.join(folder, name);
  const running: { stop(): void }[] = [];
  const target: ProbeTarget = {
    tree: { leader: null, marker: { project: 'p', service: 'api', attempt: 1 } },
    ports: [],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    logs: [{ path: inFolder('api.log'), from: { offset: 0, base: null } }],
    signBefore: null,
    notify: inFolder('notify'),
  };

  const begin: ProbingRig['begin'] = (ready, options = {}) => {
    const { timeout = 60_000, interval = 5000, purpose = 'ready', sockets = fakeSockets({ kind: 'unknown' }) } = options;
    const results: ProbeResult[] = [];
    const listeners = new Set<(result: ProbeResult) => void>();
    let asked = 0;
    // Each check has a deadline, and nothing else takes as long.
    const setTimer: Clock['setTimer'] = (after, run) => {
      if (after === timeout) asked += 1;
      return systemClock.setTimer(after, run);
    };
    const start = createStartProbing({ sockets, clock: { ...systemClock, setTimer } });
    const handle = start({
      probe: { check, interval, timeout, retries: 3, successes: 1 },
      check: ready,
      target: { ...target, ...options.target },
      purpose,
      report: (result) => {
        results.push(result);
        for (const listener of listeners) listener(result);
      },
    });
    running.push(handle);
    const find: Probing['find'] = (wanted) => {
      const earlier = results.find(wanted);
      if (earlier !== undefined) return Promise.resolve(earlier);
      return new Promise((settle) => {
        const listener = (result: ProbeResult): void => {
          if (!wanted(result)) return;
          listeners.delete(listener);
          settle(result);
        };
        listeners.add(listener);
      });
    };
    return {
      results,
      find,
      passed: () => find((result) => result.ok),
      failed: async (pattern = /./) => {
        const result = await find((one) => !one.ok && pattern.test(one.detail));
        return result.ok ? '' : result.detail;
      },
      asked: () => asked,
      stop: () => handle.stop(),
    };
  };

  return {
    folder,
    target,
    inFolder,
    begin,
    end: () => {
      for (const handle of running) handle.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type ProbingOfTest = Omit<ProbingRig, 'end'> & Pick<ServerKeeper, 'keep'>;

/** For each test of a file, or of a block of it: a rig of its own, and an end of the servers that it keeps, however it ends. */
export const useProbing = (): ProbingOfTest => {
  const { keep, closeAll } = createServerKeeper();
  let rig: ProbingRig;
  beforeEach(() => {
    rig = createProbingRig();
  });
  afterEach(async () => {
    rig.end();
    await closeAll();
  });
  return {
    keep,
    get folder() {
      return rig.folder;
    },
    get target() {
      return rig.target;
    },
    inFolder: (name) => rig.inFolder(name),
    begin: (check, options) => rig.begin(check, options),
  };
};

/** An HTTP check of the usual kind. */
export const httpCheck = (url: string, more: Partial<Extract<ReadyCheck, { kind: 'http' }>> = {}): ReadyCheck => ({
  kind: 'http',
  url,
  method: 'GET',
  headers: {},
  status: [[200, 299]],
  bodyMatches: null,
  ...more,
});
