/**
 * The one interface in front of a stack that runs, local or remote the same: the command line, the HTTP API and the dashboard
 * use it and nothing beside it. Everything that goes through it is plain data, so that it can cross a socket.
 */

import type { ServiceName } from '../domain/service.ts';
import type { ServiceSnapshot, StackSnapshot } from '../domain/snapshot.ts';

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
  | { readonly kind: 'stopping' };

/** Why a service is in its state: the chain of causes, the service itself first, the root last. */
export type Why = {
  readonly service: ServiceName;
  readonly steps: readonly WhyStep[];
  /** Of the last service in the chain, when it ran: its last lines. */
  readonly logLines: readonly string[];
  readonly logFile: string | null;
};

export type WhyStep = {
  readonly service: ServiceName;
  readonly state: ServiceSnapshot['state'];
  /** One clause without its subject: "waits for db", "exited with code 1". */
  readonly because: string;
};

/** `at` is in epoch milliseconds. */
export type ControlEvent =
  | { readonly type: 'changed'; readonly service: ServiceSnapshot; readonly at: number }
  | { readonly type: 'noticed'; readonly text: string; readonly at: number }
  /** The last one: the supervisor ends. */
  | { readonly type: 'ended'; readonly at: number };

export type StackControl = {
  readonly snapshot: () => Promise<StackSnapshot>;
  /** Starts them with what they need; resolves when all of it has settled. All services when empty. */
  readonly start: (names: readonly ServiceName[]) => Promise<ActionResult>;
  /** `choice` says what happens to those that need them. Resolves when they are gone. All services when empty. */
  readonly stop: (names: readonly ServiceName[], choice: 'refuse' | 'with-dependents' | 'force') => Promise<ActionResult>;
  readonly restart: (names: readonly ServiceName[]) => Promise<ActionResult>;
  /** Stops everything and ends the supervisor; resolves when nothing is left, with what could not be ended. */
  readonly down: () => Promise<DownResult>;
  /** A `down` under way: 1: everybody has one second left. 2: kill now. */
  readonly hurry: (level: 1 | 2) => Promise<void>;
  readonly why: (name: ServiceName) => Promise<Why | Refusal>;
  /**
   * Changes from now on, until `signal` aborts or the supervisor ends. Without `ended` as the last one, the supervisor was
   * killed, or the connection to it was lost.
   */
  readonly events: (signal: AbortSignal) => AsyncIterable<ControlEvent>;
};

export type DownResult = {
  /** Milliseconds. */
  readonly took: number;
  readonly survivors: readonly { readonly name: ServiceName; readonly pids: readonly number[]; readonly text: string }[];
};
