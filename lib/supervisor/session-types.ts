import type { Difference } from '../domain/difference.ts';
import type { Change } from '../domain/events.ts';
import type { ServiceGraph } from '../domain/graph.ts';
import type { History } from '../domain/history.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Preview } from '../domain/preview.ts';
import type { PortHolder, ProcessIdentity } from '../domain/process.ts';
import type { Ms, ServiceName, Stack } from '../domain/service.ts';
import type { StackSnapshot } from '../domain/snapshot.ts';
import type { Journal } from '../runtime/journal.ts';
import type { Memory, MemoryFile } from '../runtime/memory-file.ts';
import type { MarkedProcess } from '../runtime/processes.ts';
import type { Sockets } from '../runtime/sockets.ts';
import type { TreeUsage } from '../runtime/usage.ts';
import type { StopChoice, StopScope } from './actions.ts';
import type { BootResult } from './boot.ts';
import type { ExitNotice } from './effects.ts';
import type { Environment } from './live-stack.ts';
import type { Runtime } from './runtime.ts';
import type { Shutdown } from './shutdown.ts';
import type { Supervisor } from './supervisor.ts';
import type { Survival } from './survival.ts';
import type { TakeDown } from './take-down.ts';

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
  /** `watch`: false: no change of a file restarts anything, whatever the stack says. */
  readonly flags: { readonly failFast: boolean; readonly fresh: boolean; readonly watch?: boolean };
  readonly notices: SessionNotices;
};

export type ApplyOptions = {
  /** Called in its turn, when the stack is what those before it have made of it. A text: why it cannot be read. */
  readonly read: () => Promise<NextStack | string>;
  /** Of whoever asks; services that start from now on inherit it. */
  readonly environment: Environment;
  /** Told what is going to change, before anything does. */
  readonly onDifference?: (difference: Difference) => void;
};

export type NextStack = {
  readonly stack: Stack;
  /** To be started; all when empty. */
  readonly names: readonly ServiceName[];
};

/** Things that people should know and that change no state. */
export type SessionNotices = {
  readonly onReclaim: (name: ServiceName, holder: PortHolder) => void;
  readonly onProblem: (name: ServiceName, problem: string) => void;
  readonly onUnsaved: (reason: string) => void;
  /** About the stack, in a sentence. */
  readonly onNotice?: (text: string) => void;
  readonly onExit?: (exited: ExitNotice) => void;
  /** Of an earlier run, and supervised by nobody: they are about to be ended. */
  readonly onOrphans?: (found: readonly MarkedProcess[]) => void;
  /** What became of them. */
  readonly onOrphansEnded?: (found: readonly MarkedProcess[]) => void;
};

/** One stack under one supervisor, from the first look at what an earlier run left to the proof that nothing is. */
export type Session = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly records: Supervisor['records'];
  readonly history: () => History;
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  /** Called in the turn in which `apply` has put another stack in the place of the old one. */
  onExchange(listener: () => void): void;
  snapshot(): StackSnapshot;
  /** The part of it that says how the stack is. */
  outcome(): Outcome;
  /** The first boot is not over yet. */
  isBooting(): boolean;
  /** On the clock that every change is timed by. */
  now(): Ms;
  /** Epoch milliseconds. */
  wall(): number;
  /** Living processes of this project, whoever started them. */
  findMarked(): Promise<readonly MarkedProcess[]>;
  readonly findHolders: Sockets['findHolders'];
  /** Who else holds a port that a service of this stack insists on. */
  findStrangers(): Promise<readonly PortHolder[]>;
  /** These may be ended for their port: the user was shown them, and agreed. */
  condemn(holders: readonly Pick<PortHolder, 'port' | 'process'>[]): void;
  /** What an earlier run of this project left behind is taken over by the next boot where it can be, and else ended. */
  freeLeftovers(): Promise<Survival>;
  /**
   * Instead of a boot: what an earlier run of this project left behind is taken over and stopped in order, as whoever was
   * killed would have done it; what cannot be taken over has been ended before that.
   */
  takeDownLeftovers(): Promise<TakeDown>;
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
  /** What `apply` would do to each service. */
  preview(next: Stack, names: readonly ServiceName[]): Promise<Preview>;
  /**
   * Makes the running stack what is read, and nothing else: all that has to go down goes down first, dependents before
   * dependencies, so that two services may swap their ports. Then the names are started, with what they need. One after the other,
   * where several are asked for. Resolves when all has settled; not null: why nothing was done.
   */
  apply(options: ApplyOptions): Promise<string | null>;
  /** The last `lines` that the newest attempt of a service wrote, or more: see `toLastLines`. */
  tail(name: ServiceName, lines: number): Promise<readonly string[]>;
  /** The same, of every service that is a root cause of a failure. */
  failureLogs(lines: number): Promise<ReadonlyMap<ServiceName, readonly string[]>>;
  /** What the process tree of each service that runs uses. */
  usage(): Promise<ReadonlyMap<ServiceName, TreeUsage>>;
  close(): Promise<void>;
};
