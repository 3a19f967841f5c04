/**
 * The one interface in front of a stack that runs, local or remote the same: the command line, the HTTP API and the dashboard
 * use it and nothing beside it. Everything that goes through it is plain data, so that it can cross a socket.
 */

import type { Cause } from '../domain/causes.ts';
import type { ChangeType } from '../domain/change-type.ts';
import type { RunRecord } from '../domain/history.ts';
import type { Outcome, RootCause } from '../domain/outcome.ts';
import type { Preview } from '../domain/preview.ts';
import type { ProcessIdentity, Survivor } from '../domain/process.ts';
import type { ServiceName } from '../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../domain/snapshot.ts';
import type { StateKind } from '../domain/state.ts';
import type { TreeUsage } from '../runtime/usage.ts';

/** What became of a command: the stack as it is afterwards, or why nothing was done. */
export type ActionResult =
  | {
      readonly ok: true;
      readonly snapshot: StackSnapshot /** The services that it was about, in graph order. */;
      readonly names: readonly ServiceName[];
    }
  | { readonly ok: false; readonly refusal: Refusal };

export type Refusal =
  | { readonly kind: 'unknown-service'; readonly name: string; readonly suggestion: ServiceName | null }
  /** `stop` of something that others need, without a word about them. */
  | { readonly kind: 'needed'; readonly neededBy: readonly { readonly name: ServiceName; readonly needs: ServiceName }[] }
  /** The stack is going down. */
  | { readonly kind: 'stopping' }
  /** `apply`: its file has mistakes, or is gone. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Why a service is in its state: the chain of causes, the service itself first, the root last; with several roots, several chains. */
export type Why = {
  readonly service: ServiceName;
  readonly steps: readonly WhyStep[];
  /** Of the last service in the chain, when it ran: its last lines, as in `FailureFacts`. */
  readonly logLines: readonly string[];
  readonly logFile: string | null;
  /** As in `FailureFacts`, of the same service. */
  readonly byHand?: readonly string[];
  /** The same of the other roots. Absent: there is one. */
  readonly others?: readonly Said[];
};

export type WhyStep = Cause;

/** What a service said last; it has run. */
export type Said = { readonly service: ServiceName; readonly logLines: readonly string[]; readonly logFile: string };

/** `at` is in epoch milliseconds. */
export type ControlEvent =
  /** `news` is null for what only counts inside a state: a failed check, one dependency less to wait for. */
  | { readonly type: 'changed'; readonly service: ServiceSnapshot; readonly news: News | null; readonly at: number }
  | { readonly type: 'noticed'; readonly text: string; readonly at: number }
  /** `up` has made the stack another: all its services as they are now, in order, before any of them is started anew. */
  | { readonly type: 'applied'; readonly services: readonly ServiceSnapshot[]; readonly at: number }
  /** The first boot is over. */
  | { readonly type: 'booted'; readonly report: BootReport; readonly at: number }
  /** Services that failed for good after it. */
  | { readonly type: 'failed'; readonly failures: readonly FailureFacts[]; readonly at: number }
  /** Everything goes down. `times`: 1 in order, 2 when everybody has one second left, 3 for a kill. */
  | { readonly type: 'stopping'; readonly times: number; readonly at: number }
  /** The last one: the supervisor ends. `result` is what became of the services; null: they were not stopped. */
  | { readonly type: 'ended'; readonly result: DownResult | null; readonly at: number };

/** A change of state, told. */
export type News = {
  readonly type: ChangeType;
  readonly from: StateKind;
  /** What follows the service's name in a sentence: "ready (0.8 s, pid 812)". Null: not worth a line to people. */
  readonly text: string | null;
  /** What made it happen, where the state that came of it does not say so itself. */
  readonly cause: string | null;
};

/** What came of the first boot. */
export type BootReport = {
  readonly outcome: Outcome;
  readonly run: RunRecord;
  /** One for each root cause. */
  readonly failures: readonly FailureFacts[];
  /** Why nothing was started at all, in a sentence. */
  readonly refused?: string;
  /** Its supervisor ends by itself now, and takes down what is up. */
  readonly ends?: true;
};

/** Everything there is to say about something that failed. */
export type FailureFacts = {
  readonly cause: RootCause;
  readonly label: string;
  /** The last lines of the attempt that failed, oldest first, as it printed them; from the message of a stack trace on that is at their end. */
  readonly logLines: readonly string[];
  /** Absolute. */
  readonly logFile: string;
  /** What shows more of what it printed, where that is in no file of this machine. */
  readonly logCommand?: string;
  /** What it runs, word by word, to be typed by hand. Absent: that is not to be shown, or cannot be told in one line. */
  readonly byHand?: readonly string[];
  /** What else was noticed of it, each in one clause. */
  readonly notes: readonly string[];
};

/** A process that listens on a port, as the user was shown it. */
export type AgreedHolder = { readonly port: number; readonly process: ProcessIdentity };

export type ServiceUsage = TreeUsage & { readonly name: ServiceName };

/** What the command line of an `up` says about which stack is meant, and the variables that its file is read with. */
export type ApplyRequest = {
  /** Absolute. */
  readonly file: string;
  /** Null: the environment of the running stack. */
  readonly environment: string | null;
  readonly profiles: readonly string[];
  /** All when empty. */
  readonly only: readonly ServiceName[];
  readonly noDeps: boolean;
  readonly variables: Readonly<Record<string, string>>;
};

/**
 * `fromStart`: first comes what has happened in the first boot so far; when it is over, what was said in it, and what came of
 * it.
 */
export type EventsOptions = { readonly fromStart?: boolean };

export type StackControl = {
  readonly snapshot: () => Promise<StackSnapshot>;
  /** Starts them with what they need; resolves when all of it has settled. All services when empty. */
  readonly start: (names: readonly ServiceName[]) => Promise<ActionResult>;
  /**
   * `muster up` on a running stack: makes it what its file says now, restarting only what is another, then starts what is asked
   * for, with what it needs. Resolves when all has settled.
   */
  readonly apply: (request: ApplyRequest) => Promise<ActionResult>;
  /** What such an `apply` would do, and why; nothing is done. */
  readonly preview: (request: ApplyRequest) => Promise<PreviewResult>;
  /** `choice` says what happens to those that need them. Resolves when they are gone. All services when empty. */
  readonly stop: (names: readonly ServiceName[], choice: 'refuse' | 'with-dependents' | 'force') => Promise<ActionResult>;
  readonly restart: (names: readonly ServiceName[]) => Promise<ActionResult>;
  /** Stops everything and ends the supervisor; resolves when nothing is left, with what could not be ended. */
  readonly down: () => Promise<DownResult>;
  /** A `down` under way: 1: everybody has one second left. 2: kill now. */
  readonly hurry: (level: 1 | 2) => Promise<void>;
  readonly why: (name: ServiceName) => Promise<Why | Refusal>;
  /** Resolves when the first boot is over, or at once when it was; null: it was cut off, or never began. */
  readonly boot: () => Promise<BootReport | null>;
  /** These may be ended for their port from now on: the user of this command was shown them, and agreed. */
  readonly agree: (holders: readonly AgreedHolder[]) => Promise<void>;
  /** What each service that runs uses of the machine, its whole process tree; those that do not run are left out. */
  readonly usage: () => Promise<readonly ServiceUsage[]>;
  /** Opens the dashboard and its API, or finds them open. Without it, nothing listens. */
  readonly dashboard: (request: DashboardRequest) => Promise<DashboardAddress>;
  /**
   * Changes from now on, until `signal` aborts or the supervisor ends. Without `ended` as the last one, the supervisor was
   * killed, or the connection to it was lost.
   */
  readonly events: (signal: AbortSignal, options?: EventsOptions) => AsyncIterable<ControlEvent>;
};

/** `reason`: what is wrong with the file, in a sentence. */
export type PreviewResult = ({ readonly ok: true } & Preview) | { readonly ok: false; readonly reason: string };

/** Where the dashboard is to listen; null: what is usual. */
export type DashboardRequest = {
  readonly host: string | null;
  readonly port: number | null;
  /** Others than this machine may reach it: the user has said so on the command line. */
  readonly expose: boolean;
};

/** `code` can be swapped for a token once, within a minute. */
export type DashboardAddress =
  | { readonly ok: true; readonly origin: string; readonly code: string }
  | { readonly ok: false; readonly reason: string };

export type DownResult = {
  /** Milliseconds. */
  readonly took: number;
  /** Who was gone only by a kill, so many milliseconds after it was asked to stop. Absent: nobody, or an older supervisor. */
  readonly killed?: readonly { readonly name: ServiceName; readonly after: number }[];
  readonly survivors: readonly {
    readonly name: ServiceName;
    readonly pids: readonly number[];
    readonly text: string;
    readonly processes: readonly Survivor[];
  }[];
};
