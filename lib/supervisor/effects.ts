import type { Change, Effect, ServiceEvent } from '../domain/events.ts';
import { fixedPorts } from '../domain/fixed-ports.ts';
import type { BoundPort, Exit, Marker, PortHolder } from '../domain/process.ts';
import { findAddressee } from '../domain/replicas.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import type { ServiceRecord } from '../domain/state.ts';
import type { World } from '../domain/world.ts';
import type { Tree } from '../runtime/processes.ts';
import { type AddressOf } from './addresses.ts';
import { createAttempts, tailOf } from './attempts.ts';
import { createHooks } from './hooks.ts';
import { createProbers } from './probers.ts';
import type { Runtime } from './runtime.ts';
import { createToSpawnOptions } from './spawn-options.ts';
import { createStandby } from './standby.ts';
import { createTimers } from './timers.ts';
import { createTreeActions } from './trees.ts';

export type EffectsOptions = {
  readonly runtime: Runtime;
  readonly stack: Stack;
  readonly post: (name: ServiceName, event: ServiceEvent) => void;
  readonly recordOf: (name: ServiceName) => ServiceRecord;
  readonly world: World;
  /** Names this project in markers. */
  readonly project: string;
  /** Of muster itself; services inherit it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the `notify` files are; private to the user. */
  readonly notifyDir: string;
  /** `--force`: who was shown and agreed upon. */
  readonly mayEnd: (holder: PortHolder) => boolean;
  readonly onReclaim: (name: ServiceName, holder: PortHolder) => void;
  /** Something went wrong that changes no state: told once, in a clause after "<service>: ". */
  readonly onProblem: (name: ServiceName, problem: string) => void;
  /** The process of an attempt has ended. `asked`: it had been told to. For those who listen; it decides nothing. */
  readonly onExit?: (exited: ExitNotice) => void;
  /** What tasks have done before, and are not asked to do again while their inputs are the same. */
  readonly done: DoneTasks;
  /** What its boots took from the spawn to ready, ascending. Absent: nothing is remembered. */
  readonly usualStarts?: (name: ServiceName) => readonly Ms[];
  /** Chosen before anything started; null: the file says which. */
  readonly plannedPorts: (name: ServiceName) => readonly BoundPort[] | null;
};

export type ExitNotice = {
  readonly name: ServiceName;
  readonly attempt: number;
  readonly exit: Exit;
  readonly asked: boolean;
};

export type DoneTasks = {
  /** Fingerprint of the inputs at its last success. */
  get(name: ServiceName): string | null;
  set(name: ServiceName, fingerprint: string): void;
};

type Actions = { readonly [Type in Effect['type']]: (effect: Extract<Effect, { type: Type }>) => void };

export type Effects = {
  run(effect: Effect): void;
  /** Told of each decision, after its effects were begun. */
  lookAhead(changes: readonly Change[]): void;
  treeOf(name: ServiceName): Tree | null;
  /** The last lines that the newest attempt of a service wrote. */
  tail(name: ServiceName, lines: number): Promise<readonly string[]>;
  readonly addressOf: AddressOf;
  dispose(): void;
};

/** Effect kind → action: complete by its type, and the only way from a decision to the system. */
export const createEffects = (options: EffectsOptions): Effects => {
  const { runtime, stack, post, recordOf, project } = options;
  const markerOf = (service: ServiceName, attempt: number): Marker => ({ project, service, attempt });
  const addressOf: AddressOf = (name) => {
    const service = findAddressee(stack.services, name);
    if (service === undefined) return null;
    const { ports } = recordOf(service.name);
    const planned = options.plannedPorts(service.name);
    return { host: service.host, ports: ports.length > 0 ? ports : (planned ?? fixedPorts(service)) };
  };
  const shared = { ...options, markerOf, addressOf };
  const timers = createTimers(runtime.clock, (name, timer) => post(name, { type: 'timerFired', timer }));
  const toSpawnOptions = createToSpawnOptions(shared);
  const attempts = createAttempts({ ...shared, toSpawnOptions });
  const standby = createStandby({ ...shared, toSpawnOptions, isBusy: attempts.isBusy });
  const probers = createProbers({ ...shared, launchOf: attempts.launchOf });
  const hooks = createHooks(shared);
  const trees = createTreeActions({ ...shared, launchOf: attempts.launchOf });

  const actions: Actions = {
    adopt: attempts.adopt,
    claimPorts: ({ name, attempt }) => attempts.claimPorts(name, attempt, trees.swept(name)),
    spawn: ({ name, attempt }) => attempts.spawn(name, attempt),
    startProbing: ({ name, purpose }) => probers.start(name, purpose),
    stopProbing: ({ name }) => probers.stop(name),
    setTimer: ({ name, timer, after }) => timers.set(name, timer, after),
    cancelTimer: ({ name, timer }) => timers.cancel(name, timer),
    cancelTimers: ({ name }) => timers.cancelAll(name),
    runHook: ({ name, attempt, hook }) => hooks.run(name, attempt, hook),
    endHook: ({ name }) => hooks.end(name),
    stopTree: ({ name, attempt }) => trees.stop(name, attempt),
    killTree: ({ name, attempt }) => trees.kill(name, attempt),
    sweep: ({ name, attempt }) => trees.sweep(name, attempt),
  };

  return {
    // The cast only says that an action gets the effect of its own kind, which the table's type guarantees.
    run: (effect) => (actions[effect.type] as (effect: Effect) => void)(effect),
    lookAhead: standby.lookAhead,
    addressOf,
    treeOf: (name) => attempts.launchOf(name)?.tree ?? null,
    tail: async (name, lines) => {
      const launch = attempts.launchOf(name);
      const hook = hooks.newestOf(name);
      // A hook that came before a spawn which it prevented is the newest that there is.
      const newest = hook !== null && hook.attempt > (launch?.attempt ?? 0) ? hook : launch;
      return newest === null ? [] : tailOf(runtime, newest, lines);
    },
    dispose: () => {
      standby.dispose();
      attempts.dispose();
      hooks.dispose();
      timers.dispose();
      probers.dispose();
      trees.dispose();
    },
  };
};
