import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Difference } from '../domain/difference.ts';
import type { Adoption, Change } from '../domain/events.ts';
import type { ServiceGraph } from '../domain/graph.ts';
import type { History } from '../domain/history.ts';
import type { BoundPort, PortHolder, ProcessIdentity } from '../domain/process.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import type { StackSnapshot } from '../domain/snapshot.ts';
import { takeSnapshot } from '../domain/take-snapshot.ts';
import type { Journal } from '../runtime/journal.ts';
import type { Memory, MemoryFile } from '../runtime/memory-file.ts';
import type { TreeUsage } from '../runtime/usage.ts';
import {
  restartServices,
  type StopChoice,
  type StopScope,
  scopeOfRestart,
  scopeOfStart,
  scopeOfStop,
  stopServices,
} from './actions.ts';
import { type BootResult, boot } from './boot.ts';
import { differenceTo, exchangeStack } from './exchange.ts';
import { createLiveStack, type Environment } from './live-stack.ts';
import { planPorts } from './port-plan.ts';
import { watchPorts } from './port-watch.ts';
import { createRemembering, type Remembering } from './remembering.ts';
import type { Runtime } from './runtime.ts';
import { type Shutdown, shutDown } from './shutdown.ts';
import { hashOfStack } from './stack-hash.ts';
import { findStrangers, keyOf } from './strangers.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { type Survival, sortOutSurvivors } from './survival.ts';
import { readUsage } from './usage.ts';

export type SessionOptions = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly runtime: Runtime;
  readonly memoryFile: MemoryFile;
  readonly memory: Memory;
  /** Beside the memory file: what it does not have yet. */
  readonly journal: Journal;
  /** Names the project in markers. */
  readonly project: string;
  readonly self: ProcessIdentity;
  /** As `toMachineClass` has it: runs are marked with it. */
  readonly machine: string;
  readonly environment: Environment;
  readonly notifyDir: string;
  readonly priority: (name: ServiceName) => number;
  /** Something of an earlier run may be taken over. */
  readonly warm?: boolean;
  /** What its boots took from the spawn to ready, ascending: readiness is asked for most often around these times. */
  readonly usualStarts?: (name: ServiceName) => readonly Ms[];
  /** `fresh`: nothing of an earlier run is taken over, and every task runs. */
  readonly flags: { readonly failFast: boolean; readonly fresh: boolean };
  readonly notices: SessionNotices;
};

/** Things that people should know and that change no state. */
export type SessionNotices = {
  readonly onReclaim: (name: ServiceName, holder: PortHolder) => void;
  readonly onProblem: (name: ServiceName, problem: string) => void;
  readonly onUnsaved: (reason: string) => void;
};

/** One stack under one supervisor, from the first look at what an earlier run left to the proof that nothing is. */
export type Session = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly records: Supervisor['records'];
  readonly history: () => History;
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  snapshot(): StackSnapshot;
  /** The first boot is not over yet. */
  isBooting(): boolean;
  /** On the clock that every change is timed by. */
  now(): Ms;
  /** Epoch milliseconds. */
  wall(): number;
  /** Who else holds a port that a service of this stack insists on. */
  findStrangers(): Promise<readonly PortHolder[]>;
  /** These may be ended for their port: the user was shown them, and agreed. */
  condemn(holders: readonly Pick<PortHolder, 'port' | 'process'>[]): void;
  /** What an earlier run of this project left behind is taken over by the next boot where it can be, and else ended. */
  freeLeftovers(): Promise<Survival>;
  boot(names: readonly ServiceName[], trigger: string): Promise<BootResult>;
  /** Ends the wait of a boot that is under way; its run is recorded as interrupted. */
  interruptBoot(): void;
  /**
   * By hand: them (all when empty), and what they need and is not up; resolves when all of it has settled. Its run is
   * recorded like a boot's.
   */
  startServices(names: readonly ServiceName[]): Promise<void>;
  /** Which services a stop by hand would take down. */
  scopeOfStop(names: readonly ServiceName[], choice: StopChoice): StopScope;
  /** Exactly these, in order; the supervisor lives on. */
  stopServices(names: readonly ServiceName[]): Promise<void>;
  /** Resolves, when all have settled, with those that it was about: some follow a dependency of theirs. */
  restartServices(names: readonly ServiceName[]): Promise<readonly ServiceName[]>;
  stopAll(): Shutdown;
  /** What would have to be done for the stack to be as `next` says. */
  differenceTo(next: Stack): Difference;
  /**
   * Makes the running stack what `next` says, and nothing else: all that has to go down goes down first, dependents before
   * dependencies, so that two services may swap their ports. Then the names (all when empty) are started, with what they need.
   * `environment`: of whoever asks; services that start from now on inherit it. Resolves when all has settled.
   */
  apply(next: Stack, names: readonly ServiceName[], environment: Environment): Promise<Difference>;
  /** The last lines that the newest attempt of a service wrote. */
  tail(name: ServiceName, lines: number): Promise<readonly string[]>;
  /** The last lines of every service that is a root cause of a failure. */
  failureLogs(lines: number): Promise<ReadonlyMap<ServiceName, readonly string[]>>;
  /** What the process tree of each service that runs uses. */
  usage(): Promise<ReadonlyMap<ServiceName, TreeUsage>>;
  close(): Promise<void>;
};

export const createSession = (options: SessionOptions): Session => {
  const { runtime, project, notices } = options;
  const live = createLiveStack(options.stack, options.graph, options.environment);
  const { stack, graph } = live;
  const { clock } = runtime;
  const began = clock.now();
  const interruption = new AbortController();
  // Every action that is under way listens to it, and there may be many at once.
  setMaxListeners(0, interruption.signal);
  const condemned = new Set<string>();
  const done = new Map(options.flags.fresh ? [] : Object.entries(options.memory.done));
  const recorded: Memory['running'] = { ...options.memory.running, ...options.journal.recorded };
  let adoptions: ReadonlyMap<ServiceName, Adoption> = new Map();
  let resumed: readonly ServiceName[] = [];
  let isFreed = false;
  let plannedPorts: ReadonlyMap<ServiceName, readonly BoundPort[]> = new Map();
  let portPlan: Promise<void> | null = null;
  let lastRunId = 0;
  let isBooting = true;
  let freeing: Promise<unknown> = Promise.resolve();
  const supervisor = createSupervisor({
    stack,
    graph,
    runtime,
    priority: options.priority,
    beforeEffects: (changes) => remembering.note(changes),
    effects: {
      project,
      environment: live.environment,
      notifyDir: options.notifyDir,
      mayEnd: (holder) => condemned.has(keyOf(holder)),
      onReclaim: notices.onReclaim,
      onProblem: notices.onProblem,
      usualStarts: options.usualStarts ?? (() => []),
      plannedPorts: (name) => plannedPorts.get(name) ?? null,
      done: { get: (name) => done.get(name) ?? null, set: (name, fingerprint) => void done.set(name, fingerprint) },
    },
  });
  const remembering: Remembering = createRemembering({ ...options, supervisor, done, recorded });
  const unwatchPorts = watchPorts({ supervisor, runtime, onProblem: notices.onProblem });

  const freeLeftovers = async (): Promise<Survival> => {
    const { fresh } = options.flags;
    const predecessor = options.journal.predecessor ?? options.memory.supervisor;
    // After an ordered end everything begins anew; what is alive all the same is a leftover.
    const goneOnWith = fresh || predecessor === null ? {} : recorded;
    const { resumption, leftovers } = await sortOutSurvivors({ stack, graph, runtime, project, recorded: goneOnWith });
    adoptions = resumption.adoptions;
    resumed = resumption.wanted;
    isFreed = true;
    return { ...leftovers, ...resumption, predecessor };
  };

  /** What was chosen before has been told to those that run since; only who has none yet gets one. */
  const choosePorts = (): Promise<void> => {
    portPlan ??= planPorts({ stack, claimPorts: runtime.claimPorts, project, known: plannedPorts }).then((planned) => {
      plannedPorts = planned;
    });
    return portPlan;
  };

  /** A start by hand may come while a boot is under way, so a number is used up when it is given. */
  const takeRunId = (): number => {
    lastRunId = Math.max(lastRunId + 1, remembering.nextRunId());
    return lastRunId;
  };

  /** The services are asked before this returns; whoever calls has waited for the ports. */
  const bootNow = async (names: readonly ServiceName[], trigger: string, failFast: boolean): Promise<BootResult> => {
    // Once: whoever is stopped and started by hand later is started anew.
    const adopted = adoptions;
    adoptions = new Map();
    const wanted = new Set([...names, ...resumed]);
    resumed = [];
    const result = await boot({
      supervisor,
      runtime,
      names: graph.order.filter((name) => wanted.has(name)),
      trigger,
      definitionHash: hashOfStack(stack),
      runId: takeRunId(),
      runUid: randomBytes(6).toString('hex'),
      machine: options.machine,
      failFast,
      adoptions: adopted,
      interrupted: interruption.signal,
    });
    await remembering.addRun(result.run);
    isBooting = false;
    return result;
  };

  const startServices = async (names: readonly ServiceName[]): Promise<void> => {
    await choosePorts();
    const scope = scopeOfStart(supervisor, names);
    if (scope.length > 0) await bootNow(scope, 'start', false);
  };

  const apply = async (next: Stack, names: readonly ServiceName[], environment: Environment): Promise<Difference> => {
    await choosePorts();
    const { difference, back } = await exchangeStack({ live, supervisor, clock, next, environment });
    plannedPorts = new Map([...plannedPorts].filter(([name]) => next.services.has(name) && !difference.changed.includes(name)));
    portPlan = null;
    await startServices(names.length === 0 ? [] : [...new Set([...names, ...back])]);
    return difference;
  };

  return {
    stack,
    graph,
    records: supervisor.records,
    history: remembering.history,
    subscribe: supervisor.subscribe,
    snapshot: () => ({
      ...takeSnapshot({ stack, order: graph.order, records: supervisor.records, now: clock.now(), began }),
      booting: isBooting,
      ...(options.warm === undefined ? {} : { warm: options.warm }),
    }),
    isBooting: () => isBooting,
    now: clock.now,
    wall: clock.wall,
    findStrangers: () => findStrangers({ sockets: runtime.sockets, stack, project }),
    condemn: (holders) => {
      for (const holder of holders) condemned.add(keyOf(holder));
    },
    freeLeftovers: () => {
      const running = freeLeftovers();
      freeing = running;
      return running;
    },
    boot: async (names, trigger) => {
      await choosePorts();
      return bootNow(names, trigger, options.flags.failFast);
    },
    interruptBoot: () => interruption.abort(),
    startServices,
    scopeOfStop: (names, choice) => scopeOfStop(supervisor, names, choice),
    stopServices: async (names) => {
      // A start that was asked for before may still wait for its ports; the order in which people ask is kept.
      await choosePorts();
      await stopServices(supervisor, clock, { names, reason: { kind: 'user' } });
    },
    restartServices: async (names) => {
      await choosePorts();
      const scope = scopeOfRestart(supervisor, names);
      const chosen = new Set(scope);
      const missing = scopeOfStart(supervisor, scope).filter((name) => !chosen.has(name));
      // Asked first: what is restarted then finds what it needs on its way up, and waits for it.
      const started = missing.length === 0 ? Promise.resolve() : bootNow(missing, 'start', false).then(() => undefined);
      await Promise.all([started, restartServices(supervisor, names, interruption.signal)]);
      return scope;
    },
    differenceTo: (next) => differenceTo(live, next),
    apply,
    stopAll: () => {
      const shutdown = shutDown({ supervisor, runtime, names: graph.order, project, before: freeing });
      // Whoever waits for the end learns of a bug in it; the record is then missing, which is the lesser evil.
      void shutdown.done.then(
        ({ record }) => remembering.noteStop(record),
        () => undefined,
      );
      return shutdown;
    },
    tail: supervisor.tail,
    failureLogs: async (lines) => {
      const failed = supervisor.outcome().causes.map(({ name }) => name);
      return new Map(await Promise.all(failed.map(async (name) => [name, await supervisor.tail(name, lines)] as const)));
    },
    usage: () => readUsage(supervisor, runtime),
    close: async () => {
      unwatchPorts();
      supervisor.dispose();
      await runtime.logs.stop();
      await remembering.close(isFreed && options.flags.fresh);
    },
  };
};
