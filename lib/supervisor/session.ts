import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { BoundPort } from '../domain/process.ts';
import type { ServiceName } from '../domain/service.ts';
import { isLive } from '../domain/state.ts';
import { takeSnapshot } from '../domain/take-snapshot.ts';
import type { Memory } from '../runtime/memory-file.ts';
import { createInTurn } from '../util/in-turn.ts';
import { restartServices, scopeOfRestart, scopeOfResume, scopeOfStart, scopeOfStop, stopServices } from './actions.ts';
import { type BootResult, boot } from './boot.ts';
import { differenceTo, exchangeStack, previewOf } from './exchange.ts';
import { createHotReload } from './hot-reload.ts';
import { createInheritance, type Inheritance } from './inheritance.ts';
import { createLiveStack } from './live-stack.ts';
import { createPortChoice } from './port-choice.ts';
import { watchPorts } from './port-watch.ts';
import { createRemembering, type Remembering } from './remembering.ts';
import type { ApplyOptions, Session, SessionOptions } from './session-types.ts';
import { type Shutdown, shutDown } from './shutdown.ts';
import { hashOfSettings, hashOfStack } from './stack-hash.ts';
import { createStackHooks, stopBetweenHooks } from './stack-hooks.ts';
import { findStrangers, keyOf } from './strangers.ts';
import { createSupervisor } from './supervisor.ts';
import { asDefinedNow, wasLeftUp } from './take-down.ts';
import { readUsage } from './usage.ts';

export type { Session, SessionOptions } from './session-types.ts';

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
  const exchangeListeners: (() => void)[] = [];
  const done = new Map(options.flags.fresh ? [] : Object.entries(options.memory.done));
  const recorded: Memory['running'] = { ...options.memory.running, ...options.journal.recorded };
  let lastRunId = 0;
  let isBooting = true;
  let isHooked = false;
  let settings = hashOfSettings(stack);
  let prepared: Promise<unknown> | null = null;
  let wasUp = false;
  const inTurn = createInTurn();
  const exchanging = createInTurn();
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
      ...(notices.onExit === undefined ? {} : { onExit: notices.onExit }),
      plannedPorts: (name) => ports.now().get(name) ?? null,
      done: { get: (name) => done.get(name) ?? null, set: (name, fingerprint) => void done.set(name, fingerprint) },
    },
  });
  const remembering: Remembering = createRemembering({ ...options, supervisor, done, recorded });
  const hotReload = createHotReload({
    supervisor,
    runtime,
    restart: (causes) => void restartServices(supervisor, [...causes.keys()], interruption.signal, causes),
    onProblem: notices.onProblem,
    onNotice: (text) => notices.onNotice?.(text),
  });
  const stackHooks = createStackHooks({
    ...options,
    stack,
    environment: live.environment,
    addressOf: supervisor.addressOf,
    onNotice: (text) => notices.onNotice?.(text),
  });
  const watchFiles = (): void => {
    if (options.flags.watch !== false && !interruption.signal.aborted) hotReload.update();
  };
  const unwatchPorts = watchPorts({ supervisor, runtime, onProblem: notices.onProblem });

  const inheritance = createInheritance({ ...options, supervisor });

  const heldBy = (name: ServiceName): readonly BoundPort[] => {
    const record = supervisor.records.get(name);
    return inheritance.portsOf(name) ?? (record !== undefined && isLive(record.state) ? record.ports : []);
  };

  const ports = createPortChoice({ stack, runtime, project, heldBy });

  const goDown = (): Shutdown => {
    hotReload.close();
    const shutdown = inheritance.takeToStop((taken) => {
      const isLeftUp = taken.length > 0 && wasLeftUp(options.memory.history);
      return stopBetweenHooks(stackHooks, wasUp || isLeftUp, () =>
        shutDown({ supervisor, runtime, names: graph.order, project }),
      );
    });
    // Whoever waits for the end learns of a bug in it; the record is then missing, which is the lesser evil.
    void shutdown.done.then(
      ({ record }) => remembering.noteStop(record),
      () => undefined,
    );
    return shutdown;
  };

  /** A start by hand may come while a boot is under way, so a number is used up when it is given. */
  const takeRunId = (): number => {
    lastRunId = Math.max(lastRunId + 1, remembering.nextRunId());
    return lastRunId;
  };

  const toBoot = (names: readonly ServiceName[], trigger: string, failFast: boolean) => ({
    ...{ supervisor, runtime, names, trigger, failFast, machine: options.machine, interrupted: interruption.signal },
    definitionHash: hashOfStack(stack),
    runId: takeRunId(),
    runUid: randomBytes(6).toString('hex'),
  });

  /** A boot that does not even begin is none to be remembered. */
  const refuse = async (refused: string, trigger: string): Promise<BootResult> => {
    const { run, outcome } = await boot(toBoot([], trigger, false));
    return { run: { ...run, outcome: 'failed' }, outcome: { ...outcome, verdict: 'failed' }, refused };
  };

  /** The services are asked before this returns; whoever calls has waited for the ports. */
  const bootNow = async (names: readonly ServiceName[], trigger: string, failFast: boolean): Promise<BootResult> => {
    // A stop that has come takes them over itself.
    const { adoptions, wanted } = interruption.signal.aborted ? nothingLeft : inheritance.takeToBoot();
    const chosen = new Set([...names, ...wanted]);
    const among = graph.order.filter((name) => chosen.has(name));
    const result = await boot({ ...toBoot(among, trigger, failFast), adoptions });
    await remembering.addRun(result.run);
    if (!isHooked) isBooting = false;
    return result;
  };

  /** Between its hooks. What goes on after the death of its supervisor was never down. */
  const bootBetweenHooks = async (names: readonly ServiceName[], trigger: string): Promise<BootResult> => {
    isHooked = true;
    await ports.choose();
    const goesOn = inheritance.goesOn();
    const preparing = goesOn || !stackHooks.has('before_up') ? null : stackHooks.run('before_up', interruption.signal);
    prepared = preparing;
    const refused = preparing === null ? null : await preparing;
    if (refused === null) watchFiles();
    const result = refused === null ? await bootNow(names, trigger, options.flags.failFast) : await refuse(refused, trigger);
    isHooked = false;
    wasUp = result.run.outcome === 'up' || result.run.outcome === 'degraded';
    if (wasUp && !goesOn) await stackHooks.run('after_up', interruption.signal);
    isBooting = false;
    return result;
  };

  /** The order in which people ask is kept, and also what is asked for by hand is done only when the way is prepared. */
  const takeTurn = (needsPorts = true): Promise<void> =>
    inTurn(async () => {
      if (needsPorts) await ports.choose();
      if (prepared !== null) await prepared;
    });

  /** Resolves when they have been asked. `again`: of those that have ended, the ones whose work is to be done again. */
  const askToStart = async (names: readonly ServiceName[], again: readonly ServiceName[] = []) => {
    await takeTurn();
    const scope = scopeOfStart(supervisor, names, again);
    supervisor.post(...scopeOfResume(supervisor, names).map((name) => ({ name, event: { type: 'watchResumed' } }) as const));
    return { settled: scope.length > 0 ? bootNow(scope, 'start', false) : null };
  };

  const exchangeNow = async ({ read, ...how }: ApplyOptions) => {
    const asked = await read();
    if (typeof asked === 'string') return asked;
    await takeTurn();
    const { stack: next, names } = asked;
    const result = await exchangeStack({ ...options, ...how, live, supervisor, done, next, names, planned: ports.now() });
    settings = hashOfSettings(stack);
    watchFiles();
    for (const listener of exchangeListeners) listener();
    ports.replace(result.planned);
    return askToStart(names.length === 0 ? [] : [...new Set([...names, ...result.back])], result.again);
  };

  /** The next one waits for what this one puts in its place, and not for how that fares. */
  const apply = async (applied: ApplyOptions): Promise<string | null> => {
    const asked = await exchanging(() => exchangeNow(applied));
    if (typeof asked === 'string') return asked;
    await asked.settled;
    return null;
  };

  return {
    stack,
    graph,
    records: supervisor.records,
    history: remembering.history,
    subscribe: supervisor.subscribe,
    onExchange: (listener) => void exchangeListeners.push(listener),
    snapshot: () => ({
      ...takeSnapshot({ stack, order: graph.order, records: supervisor.records, now: clock.now(), began }),
      booting: isBooting,
      settings,
      ...(options.warm === undefined ? {} : { warm: options.warm }),
    }),
    outcome: supervisor.outcome,
    isBooting: () => isBooting,
    now: clock.now,
    wall: clock.wall,
    findMarked: () => runtime.processes.findMarked(project),
    findHolders: runtime.sockets.findHolders,
    findStrangers: () => findStrangers({ sockets: runtime.sockets, stack, project }),
    condemn: (holders) => holders.forEach((holder) => void condemned.add(keyOf(holder))),
    freeLeftovers: () => inheritance.free(options.flags.fresh ? {} : recorded),
    takeDownLeftovers: async () => {
      const survival = await inheritance.free(asDefinedNow(recorded, stack));
      const left = [...survival.adopted, ...survival.stopping, ...survival.ended];
      return { survival, shutdown: left.length === 0 ? null : goDown() };
    },
    boot: bootBetweenHooks,
    interruptBoot: () => interruption.abort(),
    startServices: async (names) => void (await (await askToStart(names)).settled),
    scopeOfStop: (names, choice) => scopeOfStop(supervisor, names, choice),
    stopServices: async (names) => {
      await takeTurn(false);
      await stopServices(supervisor, clock, { names, reason: { kind: 'user' } });
    },
    restartServices: async (names) => {
      await takeTurn();
      const scope = scopeOfRestart(supervisor, names);
      const missing = scopeOfStart(supervisor, scope).filter((name) => !scope.includes(name));
      // Asked first: what is restarted then finds what it needs on its way up, and waits for it.
      const started = missing.length === 0 ? Promise.resolve() : bootNow(missing, 'start', false).then(() => undefined);
      await Promise.all([started, restartServices(supervisor, names, interruption.signal)]);
      return scope;
    },
    differenceTo: (next) => differenceTo(live, next),
    preview: (next, names) => previewOf({ ...options, live, supervisor, done, next, names }),
    apply,
    stopAll: goDown,
    tail: supervisor.tail,
    failureLogs: async (lines) => {
      const failed = supervisor.outcome().causes.map(({ name }) => name);
      return new Map(await Promise.all(failed.map(async (name) => [name, await supervisor.tail(name, lines)] as const)));
    },
    usage: () => readUsage(supervisor, runtime),
    close: async () => {
      unwatchPorts();
      hotReload.close();
      supervisor.dispose();
      await runtime.logs.stop();
      await remembering.close(inheritance.isFreed() && options.flags.fresh);
    },
  };
};

const nothingLeft: ReturnType<Inheritance['takeToBoot']> = { adoptions: new Map(), wanted: [] };
