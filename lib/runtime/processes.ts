import type { Exit, Marker, ProcessIdentity, SpawnFailure, Survivor } from '../domain/process.ts';
import type { Ms } from '../domain/service.ts';

/** A command with every address filled in. */
export type ReadyCommand = { readonly program: string; readonly args: readonly string[] } | { readonly line: string };

export type SpawnOptions = {
  readonly marker: Marker;
  readonly command: ReadyCommand;
  readonly cwd: string;
  /** The complete environment, marker not included. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths, opened for append, never a pipe: the service outlives us. The same path twice is opened once. */
  readonly stdout: string;
  readonly stderr: string;
  /** A file that becomes fd 3, for `ready: {notify: true}`; emptied before the spawn. Null: no fd 3. */
  readonly notify: string | null;
  /** Paths of `stdout`, `stderr` must stay below this folder, and no link on the way is followed. */
  readonly logRoot: string;
};

export type Running = {
  readonly identity: ProcessIdentity;
  /** Settles once, when the process itself has ended; its children may live on. Never rejects. */
  readonly exited: Promise<Exit>;
};

export type SpawnOutcome =
  | { readonly ok: true; readonly running: Running }
  | { readonly ok: false; readonly failure: SpawnFailure };

/** The tree of one attempt: its group, its descendants, and whatever carries its marker. */
export type Tree = { readonly leader: ProcessIdentity | null; readonly marker: Marker };

/** Everything muster does with processes. */
export type Processes = {
  spawn(options: SpawnOptions): Promise<SpawnOutcome>;

  /**
   * Makes the process of a spawn that will come: a `spawn` with these very options then takes a tenth of its time, and differs in
   * nothing else. With others it is as if this had never been called. False: nothing was done, since it might make a difference here.
   * Takes as long as a spawn, and the event loop does nothing else meanwhile.
   */
  standBy(options: SpawnOptions): boolean;

  /** Ends what stands by for this attempt, if anything does. */
  dismiss(marker: Marker): void;

  /**
   * Sends `signal` to every living member of the tree (and SIGCONT, so that a suspended one can act on it). Members are
   * checked by identity directly before. Resolves with how many got it.
   */
  signalTree(tree: Tree, signal: NodeJS.Signals): Promise<number>;

  /**
   * Resolves when no member of the tree is alive, however long that takes; a member that left the group after the first
   * signal gets `passOn` when it is found. Scans of several trees at once are joined into one.
   */
  awaitTreeEnd(tree: Tree, options: { readonly passOn: NodeJS.Signals | null; readonly cancelled: AbortSignal }): Promise<void>;

  /** SIGKILL to every member until none is left; after `patience` milliseconds resolves with those that live on. */
  killTree(tree: Tree, patience: number): Promise<readonly Survivor[]>;

  /** Whose this process is: that of a child of ours is known, also when it has overwritten its environment. */
  markerOf(member: TreeMember): Marker | null;

  /** Living processes that carry this project's marker, or were recorded with it. */
  findMarked(project: string): Promise<readonly MarkedProcess[]>;

  /** The living members of each of these trees, in one look. */
  listMembers(trees: readonly Tree[]): Promise<readonly (readonly TreeMember[])[]>;

  isAlive(identity: ProcessIdentity): boolean;

  /**
   * CPU time in milliseconds that this process, its descendants and those that they waited for have had; null where the system
   * does not tell at once. Some 40 µs.
   */
  cpuTimeOf(identity: ProcessIdentity): Ms | null;

  /** True when `pid` is a living member of the tree. */
  isMember(tree: Tree, pid: number): boolean;
};

/** `start` tells two processes with the same number apart; its unit is the platform's. */
export type TreeMember = { readonly pid: number; readonly start: number };

export type MarkedProcess = {
  readonly identity: ProcessIdentity;
  /** It leads a process group, as everything that is spawned as a service does. */
  readonly leads: boolean;
  readonly marker: Marker;
  readonly command: string;
  readonly user: string | null;
};
