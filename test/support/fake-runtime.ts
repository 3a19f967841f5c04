import type {
  BoundPort,
  Exit,
  Marker,
  PortRefusal,
  ProbeResult,
  ProcessIdentity,
  SpawnFailure,
  Survivor,
} from '../../lib/domain/process.ts';
import type { ServiceName } from '../../lib/domain/service.ts';
import type { ProbeRun } from '../../lib/runtime/probes/probe.ts';
import type { Processes, SpawnOutcome, Tree } from '../../lib/runtime/processes.ts';
import type { WatchOptions } from '../../lib/runtime/watcher.ts';
import type { Runtime } from '../../lib/supervisor/runtime.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** How a make-believe service behaves, per attempt (the last entry goes on for ever). Times in milliseconds from its spawn. */
export type Script = {
  /** Null: never. */
  readonly readyAfter?: number | null;
  readonly exits?: { readonly after: number; readonly code?: number; readonly signal?: string };
  readonly spawnFails?: SpawnFailure;
  readonly portRefused?: PortRefusal;
  /** Time from the stop signal to its end; null: it ignores the signal. */
  readonly stopTakes?: number | null;
  /** Its hooks by name: how long each takes (null: until it is killed), and with which code it ends. */
  readonly hooks?: Readonly<Record<string, { readonly takes?: number | null; readonly code?: number }>>;
  /** Not even SIGKILL ends it. */
  readonly immortal?: boolean;
};

export type FakeProcess = {
  readonly name: ServiceName;
  readonly attempt: number;
  readonly spawnedAt: number;
  endedAt: number | null;
};

export type FakeRuntime = Runtime & {
  readonly clock: FakeClock;
  /** Every process that ever was, in the order of the spawns. */
  readonly spawned: readonly FakeProcess[];
  /** Every hook that ever ran. */
  readonly hooks: readonly { readonly name: ServiceName; readonly hook: string; readonly at: number }[];
  /** Everything that was ever made ahead. */
  readonly standbys: readonly { readonly name: ServiceName; readonly attempt: number; readonly dismissed: boolean }[];
  readonly signals: readonly { readonly name: ServiceName; readonly signal: string; readonly at: number }[];
  /** Ends a living process from outside. */
  crash(name: ServiceName, exit: Exit): void;
  /** The exit code with which it answers its stop signal, in place of being ended by it. */
  exitOnStop(name: ServiceName, code: number): void;
  /** Gives a verdict of the running health probe. */
  probe(name: ServiceName, result: ProbeResult): void;
  /** Something writes to this file; services mean it that have its very name among their globs. */
  changeFile(file: string): void;
  /** Changes what the next attempts do. */
  rescript(name: ServiceName, scripts: readonly Script[]): void;
};

type Living = FakeProcess & { readonly identity: ProcessIdentity; readonly end: (exit: Exit) => void; readonly script: Script };

/** Every interface of the runtime with nothing behind it: time and processes are make-believe, the decisions are real. */
export const createFakeRuntime = (scripts: Readonly<Record<ServiceName, readonly Script[]>> = {}): FakeRuntime => {
  const clock = createFakeClock();
  const book = new Map(Object.entries(scripts));
  const spawned: FakeProcess[] = [];
  const standbys: { name: ServiceName; attempt: number; dismissed: boolean }[] = [];
  const signals: { name: ServiceName; signal: string; at: number }[] = [];
  const living = new Map<ServiceName, Living>();
  const hooks: { name: ServiceName; hook: string; at: number }[] = [];
  /** By service; they end by themselves, or with this. */
  const runningHooks = new Map<ServiceName, Set<{ readonly hook: string; readonly end: (signal: string) => void }>>();
  const endHooks = (tree: Tree, signal: string): void => {
    for (const each of runningHooks.get(tree.marker.service) ?? [])
      if (tree.marker.hook === undefined || tree.marker.hook === each.hook) each.end(signal);
  };

  const spawnHook = (marker: Marker & { readonly hook: string }): SpawnOutcome => {
    const { takes = 0, code = 0 } = scriptOf(marker).hooks?.[marker.hook] ?? {};
    hooks.push({ name: marker.service, hook: marker.hook, at: clock.now() });
    pid += 1;
    const all = runningHooks.get(marker.service) ?? new Set();
    runningHooks.set(marker.service, all);
    const exited = new Promise<Exit>((resolve) => {
      const finish = (exit: Exit): void => {
        all.delete(own);
        resolve(exit);
      };
      const own = { hook: marker.hook, end: (signal: string) => finish({ code: null, signal }) };
      all.add(own);
      if (takes !== null) clock.setTimer(takes, () => finish({ code, signal: null }));
    });
    return { ok: true, running: { identity: { pid, startTime: String(pid), bootId: 'fake' }, exited } };
  };
  const probes = new Map<ServiceName, ProbeRun>();
  const exitCodes = new Map<ServiceName, number>();
  const watches = new Set<WatchOptions>();
  let pid = 1_000;

  const scriptOf = ({ service, attempt }: Marker): Script => {
    const own = book.get(service) ?? [{}];
    return own[Math.min(attempt, own.length) - 1] ?? {};
  };
  const whenGone = (name: ServiceName, run: () => void): void => {
    const found = living.get(name);
    if (found === undefined) run();
    else waiting.push({ process: found, run });
  };
  let waiting: { process: Living; run: () => void }[] = [];

  const end = (process: Living, exit: Exit): void => {
    if (process.endedAt !== null) return;
    process.endedAt = clock.now();
    living.delete(process.name);
    process.end(exit);
    const ready = waiting.filter((entry) => entry.process === process);
    waiting = waiting.filter((entry) => entry.process !== process);
    for (const { run } of ready) run();
  };

  const signalTree = async (tree: Tree, signal: string): Promise<number> => {
    const process = living.get(tree.marker.service);
    endHooks(tree, signal);
    signals.push({ name: tree.marker.service, signal, at: clock.now() });
    if (process === undefined) return 0;
    const takes = process.script.stopTakes === undefined ? 0 : process.script.stopTakes;
    const code = exitCodes.get(tree.marker.service);
    const exit = code === undefined ? { code: null, signal } : { code, signal: null };
    if (takes !== null) clock.setTimer(takes, () => end(process, exit));
    return 1;
  };

  const processes: Processes = {
    spawn: async ({ marker }) => {
      if (marker.hook !== undefined) return spawnHook({ ...marker, hook: marker.hook });
      const script = scriptOf(marker);
      if (script.spawnFails !== undefined) return { ok: false, failure: script.spawnFails };
      pid += 1;
      const identity = { pid, startTime: String(pid), bootId: 'fake' };
      let settleExit: (exit: Exit) => void = () => undefined;
      const exited = new Promise<Exit>((resolve) => {
        settleExit = resolve;
      });
      const process: Living = {
        name: marker.service,
        attempt: marker.attempt,
        spawnedAt: clock.now(),
        endedAt: null,
        identity,
        script,
        end: settleExit,
      };
      spawned.push(process);
      living.set(marker.service, process);
      const { exits } = script;
      if (exits !== undefined) {
        clock.setTimer(exits.after, () =>
          end(process, { code: exits.signal === undefined ? (exits.code ?? 0) : null, signal: exits.signal ?? null }),
        );
      }
      return { ok: true, running: { identity, exited } };
    },
    standBy: ({ marker }) => {
      standbys.push({ name: marker.service, attempt: marker.attempt, dismissed: false });
      return true;
    },
    dismiss: ({ service, attempt }) => {
      for (const one of standbys) if (one.name === service && one.attempt === attempt) one.dismissed = true;
    },
    signalTree,
    awaitTreeEnd: ({ marker }) => new Promise((resolve) => whenGone(marker.service, resolve)),
    killTree: async ({ marker }): Promise<readonly Survivor[]> => {
      endHooks({ leader: null, marker }, 'SIGKILL');
      if (marker.hook !== undefined) return [];
      const process = living.get(marker.service);
      if (process === undefined || process.attempt > marker.attempt) return [];
      if (process.script.immortal === true) return [{ pid: process.identity.pid, command: process.name, user: null }];
      signals.push({ name: marker.service, signal: 'SIGKILL', at: clock.now() });
      end(process, { code: null, signal: 'SIGKILL' });
      return [];
    },
    findMarked: async () => [],
    markerOf: () => null,
    listMembers: async (trees) =>
      trees.map(({ marker }) => {
        const process = living.get(marker.service);
        return process === undefined ? [] : [{ pid: process.identity.pid, start: process.identity.pid }];
      }),
    isAlive: (identity) => [...living.values()].some((process) => process.identity.pid === identity.pid),
    isMember: () => true,
    cpuTimeOf: () => 7,
  };

  return {
    clock,
    processes,
    spawned,
    standbys,
    hooks,
    signals,
    ownCpuTime: () => clock.now() / 10,
    readUsage: async (trees) =>
      trees.map(() => ({ cpu: 1.5, cpuTime: 10, memory: 1024, memoryKind: 'pss' as const, processes: 1 })),
    sockets: { findHolders: async () => [], ownerOf: () => ({ kind: 'ours' }), listenersOf: async () => [] },
    claimPorts: async ({ service, marker }) => {
      const refusal = scriptOf(marker).portRefused;
      if (refusal !== undefined) return { ok: false, refusal };
      const ports: BoundPort[] = service.ports.map(({ name, wanted }) => ({ name, port: wanted ?? 40_000 }));
      return { ok: true, ports };
    },
    startProbing: (run) => {
      const name = run.target.tree.marker.service;
      probes.set(name, run);
      const { readyAfter } = scriptOf(run.target.tree.marker);
      const alreadyFor = clock.now() - (living.get(name)?.spawnedAt ?? clock.now());
      const timer =
        run.purpose === 'ready' && readyAfter !== null
          ? clock.setTimer(Math.max(0, (readyAfter ?? 0) - alreadyFor), () => run.report({ ok: true }, clock.now(), null))
          : null;
      return { stop: () => timer?.cancel() };
    },
    runHelper: async () => ({ kind: 'exited', code: 0, endedBy: null, lastLine: '' }),
    logs: {
      prepare: async () => ({ offset: 0, base: null }),
      endBefore: () => ({ offset: 0, base: null }),
      tail: async () => [],
      keep: () => undefined,
      stop: async () => undefined,
    },
    fingerprintInputs: async () => 'same',
    watchFiles: async (options) => {
      watches.add(options);
      return { folders: () => 1, isBusy: () => false, close: () => void watches.delete(options) };
    },
    changeFile: (file) => {
      for (const { services, onChange } of [...watches])
        onChange({ file, exists: true, names: services.flatMap(({ name, rule }) => (rule.globs.includes(file) ? [name] : [])) });
    },
    markOf: () => null,
    markOfOlder: () => null,
    crash: (name, exit) => {
      const process = living.get(name);
      if (process !== undefined) end(process, exit);
    },
    probe: (name, result) => probes.get(name)?.report(result, clock.now(), null),
    exitOnStop: (name, code) => void exitCodes.set(name, code),
    rescript: (name, next) => book.set(name, next),
  };
};
