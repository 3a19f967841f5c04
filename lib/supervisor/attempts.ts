import { resolve } from 'node:path';
import type { Effect, ServiceEvent } from '../domain/events.ts';
import { fixedPorts } from '../domain/fixed-ports.ts';
import { logFilesOf } from '../domain/log-files.ts';
import type { BoundPort, Earlier, Exit, LogEnd, Marker, PortRefusal, Survivor } from '../domain/process.ts';
import type { Service, ServiceName } from '../domain/service.ts';
import type { ServiceRecord } from '../domain/state.ts';
import { toSystemFailure } from '../runtime/processes/spawn-failure.ts';
import type { Running, Tree } from '../runtime/processes.ts';
import { withRoot } from '../runtime/stack-note.ts';
import { type AddressOf, renderCheck, renderEnvironment } from './addresses.ts';
import type { EffectsOptions } from './effects.ts';
import { watchForeignExits } from './foreign-exits.ts';
import type { Runtime } from './runtime.ts';
import { createSlices } from './slices.ts';
import { notifyFileOf, type ToSpawnOptions } from './spawn-options.ts';
import { tellMove } from './tell-move.ts';

/** What is known of the newest spawn of a service. */
export type Launch = {
  readonly attempt: number;
  readonly tree: Tree;
  readonly env: Readonly<Record<string, string>>;
  readonly notify: string | null;
  /** What was at the path of `ready: {file}` before the spawn: it belongs to an earlier attempt. Null: nothing. */
  readonly signBefore: string | null;
  /** Output files with where each ended before: earlier bytes belong to earlier attempts. */
  readonly logs: readonly { readonly path: string; readonly from: LogEnd }[];
};

type Adopt = Extract<Effect, { type: 'adopt' }>;

export type Attempts = {
  claimPorts(name: ServiceName, attempt: number, swept: Promise<readonly Survivor[]> | null): void;
  spawn(name: ServiceName, attempt: number): void;
  /** Takes over a process that an earlier supervisor spawned. */
  adopt(effect: Adopt): void;
  /** A spawn is under way, or what comes before one: a look at its inputs, a claim of its ports. */
  isBusy(): boolean;
  launchOf(name: ServiceName): Launch | null;
  dispose(): void;
};

/** The last lines that a launch wrote, of stdout before those of a stderr that is kept apart. */
export const tailOf = async (
  { logs }: Pick<Runtime, 'logs'>,
  launch: Pick<Launch, 'logs'>,
  lines: number,
): Promise<readonly string[]> => (await Promise.all(launch.logs.map(({ path, from }) => logs.tail(path, from, lines)))).flat();

export type AttemptsOptions = EffectsOptions & {
  readonly markerOf: (name: ServiceName, attempt: number) => Marker;
  readonly addressOf: AddressOf;
  readonly toSpawnOptions: ToSpawnOptions;
};

/**
 * Time that spawns may take in one turn of the event loop: a thousand at once would block it for a second. So short that it is one
 * spawn or two: whoever is ready meanwhile is seen in two turns, a look at its port and an answer from it.
 */
const spawnSlice = 2;

export const createAttempts = (options: AttemptsOptions): Attempts => {
  const { runtime, stack, post, markerOf } = options;
  const launches = new Map<ServiceName, Launch>();
  const fingerprints = new Map<ServiceName, string>();
  const exits = watchForeignExits(runtime.clock, runtime.processes.isAlive);
  const inTurn = createSlices(runtime.clock, spawnSlice);
  let underWay = 0;

  const spawn = async (service: Service, attempt: number): Promise<void> => {
    const { name } = service;
    const wanted = options.toSpawnOptions(service, attempt, options.recordOf(name).ports);
    const logs = await Promise.all(
      logFilesOf(service).map(async (path) => ({ path, from: await runtime.logs.prepare(path, service.log) })),
    );
    const sign = signFileOf(service, options.addressOf);
    const signBefore = sign === null ? null : runtime.markOf(sign);
    const outcome = await inTurn(() => runtime.processes.spawn(wanted));
    if (!outcome.ok) {
      post(name, { type: 'spawnFailed', attempt, failure: outcome.failure });
      return;
    }
    const { running } = outcome;
    const { marker, env, notify } = wanted;
    const launch: Launch = { attempt, tree: { leader: running.identity, marker }, env, notify, signBefore, logs };
    launches.set(name, launch);
    watchExit(service, launch, running);
    const earlier: Earlier = { logs: logs.map(({ from }) => from), sign: signBefore };
    post(name, { type: 'spawned', attempt, identity: running.identity, earlier });
  };

  /** What there was before an attempt that an earlier supervisor has begun. */
  const findEarlier = (service: Service, { earlier }: Adopt): Earlier => {
    if (earlier === null) return { logs: [], sign: null };
    if (!('before' in earlier)) return earlier;
    const began = runtime.clock.wall() - (runtime.clock.now() - earlier.before);
    const sign = signFileOf(service, options.addressOf);
    return {
      logs: logFilesOf(service).map((path) => runtime.logs.endBefore(path, began)),
      sign: sign === null ? null : runtime.markOfOlder(sign, began),
    };
  };

  const adopt = (effect: Adopt): void => {
    const { name, attempt, identity } = effect;
    const service = stack.services.get(name);
    if (service === undefined) return;
    const marker = markerOf(name, attempt);
    const ports = options.recordOf(name).ports;
    const env = renderEnvironment({ service, ports, base: options.environment, addressOf: options.addressOf });
    const earlier = findEarlier(service, effect);
    const logs = logFilesOf(service).map((path, index) => ({ path, from: earlier.logs[index] ?? beginning }));
    for (const { path } of logs) runtime.logs.keep(path, service.log);
    const launch: Launch = {
      attempt,
      tree: { leader: identity, marker },
      env,
      notify: notifyFileOf(service, options.notifyDir),
      signBefore: earlier.sign,
      logs,
    };
    launches.set(name, launch);
    watchExit(service, launch, { identity, exited: exits.watch(identity) });
  };

  const watchExit = (service: Service, launch: Launch, { exited }: Running): void => {
    void exited.then(async (exit) => {
      const fingerprint = fingerprints.get(service.name);
      // One that was stopped may well exit with 0, and has done nothing.
      const { state } = options.recordOf(service.name);
      if (exit.code === 0 && fingerprint !== undefined && state.kind === 'starting') options.done.set(service.name, fingerprint);
      // Where its log cannot be read, its exit code is all that is told.
      const portInUse = await portInUseOf(service, launch, exit).catch(() => null);
      const { attempt } = launch;
      options.onExit?.({ name: service.name, attempt, exit, asked: isAskedToEnd(options.recordOf(service.name), attempt) });
      const event: ServiceEvent = { type: 'exited', attempt, exit };
      post(service.name, portInUse === null ? event : { ...event, portInUse });
    });
  };

  /** Its own words that a port is taken (it lost the race after our check) make an exit a port conflict. */
  const portInUseOf = async (service: Service, launch: Launch, exit: Exit): Promise<PortRefusal | null> => {
    const { state, ports } = options.recordOf(service.name);
    if (ports.length === 0 || exit.code === 0 || state.kind !== 'starting') return null;
    const lines = await tailOf(runtime, launch, 40);
    const telling = lines.find((line) => /EADDRINUSE|address already in use|port .*already (?:in use|allocated)/i.test(line));
    if (telling === undefined) return null;
    // Its line may name no port, and mean one that it has written in instead of the one that it was given.
    const candidates = [...ports.map((bound) => bound.port), ...fixedPorts(service).map((fixed) => fixed.port)];
    const named = candidates.find((port) => telling.includes(String(port)));
    const holders = await runtime.sockets.findHolders(named === undefined ? candidates : [named], service.host);
    const port = named ?? holders[0]?.port;
    return port === undefined ? null : { port, holders: holders.map(withRoot), why: 'service-said-in-use' };
  };

  /** True: its inputs are those of its last success. Else they are noted, to be remembered should it succeed. */
  const isDone = async ({ name, cwd, definitionHash }: Service, globs: readonly string[]): Promise<boolean> => {
    const fingerprint = await runtime.fingerprintInputs({ cwd, globs, definitionHash });
    if (options.done.get(name) === fingerprint) return true;
    fingerprints.set(name, fingerprint);
    return false;
  };

  const claim = async (service: Service, attempt: number, swept: Promise<readonly Survivor[]> | null): Promise<void> => {
    const survivors = swept === null ? [] : await swept;
    if (survivors.length > 0) {
      // What the last attempt left cannot be ended: a new one beside it would be two of one service.
      post(service.name, { type: 'treeSurvived', attempt, survivors });
      return;
    }
    if (service.inputs !== null && (await isDone(service, service.inputs))) {
      post(service.name, { type: 'foundDone', attempt });
      return;
    }
    const before = options.recordOf(service.name).ports;
    const outcome = await runtime.claimPorts({
      service: withPlannedPorts(service, options.plannedPorts(service.name)),
      marker: markerOf(service.name, attempt),
      mayEnd: options.mayEnd,
      taken: portsOfOthers(options, service.name),
      isPresent: (name) => stack.services.has(name),
      onReclaim: (holder) => options.onReclaim(service.name, holder),
    });
    if (outcome.ok) tellMove(options, service, { before, after: outcome.ports });
    post(
      service.name,
      outcome.ok
        ? { type: 'portsClaimed', attempt, ports: outcome.ports }
        : { type: 'portsRefused', attempt, refusal: outcome.refusal },
    );
  };

  /** Whatever goes wrong in the acting itself fails the attempt: without an event the service would hang in its phase. */
  const orFail = (name: ServiceName, attempt: number, acting: Promise<void>): void => {
    underWay += 1;
    void acting
      .catch((error: unknown) => post(name, { type: 'spawnFailed', attempt, failure: toSystemFailure(error) }))
      .finally(() => {
        underWay -= 1;
      });
  };

  return {
    claimPorts: (name, attempt, swept) => {
      const service = stack.services.get(name);
      if (service === undefined) return;
      if (service.ports.length === 0 && service.inputs === null && swept === null)
        post(name, { type: 'portsClaimed', attempt, ports: [] });
      else orFail(name, attempt, claim(service, attempt, swept));
    },
    spawn: (name, attempt) => {
      const service = stack.services.get(name);
      if (service !== undefined) orFail(name, attempt, spawn(service, attempt));
    },
    adopt,
    isBusy: () => underWay > 0,
    launchOf: (name) => launches.get(name) ?? null,
    dispose: () => exits.dispose(),
  };
};

/** An attempt that is not the newest one was given up before. */
const isAskedToEnd = (record: ServiceRecord, attempt: number): boolean =>
  record.state.kind === 'stopping' || record.attempt !== attempt;

const beginning: LogEnd = { offset: 0, base: null };

const signFileOf = ({ ready, cwd }: Service, addressOf: AddressOf): string | null => {
  const check = ready === null ? null : renderCheck(ready, addressOf);
  return check?.kind === 'file' ? resolve(cwd, check.path) : null;
};

/** What was chosen before the boot is what it gets, unless somebody took it meanwhile. */
const withPlannedPorts = (service: Service, planned: readonly BoundPort[] | null): Service =>
  planned === null
    ? service
    : { ...service, ports: planned.map(({ name, port }) => ({ name, wanted: port })), portConflict: 'next' };

/** Who got another port than the file says does not come back for that one. */
const portsOfOthers = ({ stack, recordOf, plannedPorts }: EffectsOptions, name: ServiceName): ReadonlySet<number> => {
  const taken = new Set<number>();
  for (const [other, service] of stack.services) {
    if (other === name) continue;
    for (const { port } of [...recordOf(other).ports, ...(plannedPorts(other) ?? fixedPorts(service))]) taken.add(port);
  }
  return taken;
};
