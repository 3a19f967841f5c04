import type { LogEnd, ProbeResult } from '../../domain/process.ts';
import type { Ms, Probe, ProbeCheck } from '../../domain/service.ts';
import type { Window } from '../../util/ramp.ts';
import type { Clock } from '../clock.ts';
import type { ReadyCommand, Tree } from '../processes.ts';
import type { Sockets } from '../sockets.ts';

/** A check with every address filled in. */
export type ReadyCheck =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly status: readonly (readonly [number, number])[];
      readonly bodyMatches: string | null;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly command: ReadyCommand }
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'notify' }
  | { readonly kind: 'file'; readonly path: string };

/** What a probe may know of the attempt it asks about. */
export type ProbeTarget = {
  readonly tree: Tree;
  /** Local ports the service declared: on these, only a listener of its own tree counts. */
  readonly ports: readonly number[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Output files of the attempt, with where each ended before the spawn: earlier bytes belong to earlier attempts. */
  readonly logs: readonly { readonly path: string; readonly from: LogEnd }[];
  readonly notify: string | null;
  /** Mark of what was at the path of a `file` check before the spawn; null: nothing. */
  readonly signBefore: string | null;
};

/** One kind of probe: one check, from start to verdict, within the deadline of `signal`. Never throws for what the service did. */
export type CheckOnce<Kind extends ProbeCheck['kind']> = (
  check: Extract<ReadyCheck, { kind: Kind }>,
  target: ProbeTarget,
  tools: ProbeTools,
) => Promise<ProbeResult>;

/** A passive kind: waits for the sign, resolves when it was seen; rejects only when `signal` aborts. */
export type AwaitSign<Kind extends ProbeCheck['kind']> = (
  check: Extract<ReadyCheck, { kind: Kind }>,
  target: ProbeTarget,
  tools: ProbeTools,
) => Promise<ProbeResult>;

export type ProbeTools = {
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** Aborts at the check's total deadline, or when the attempt is over. */
  readonly signal: AbortSignal;
  /** Tells why a sign has not been seen, while the wait for it goes on. */
  readonly note: (detail: string) => void;
};

export type ProbeRun = {
  readonly probe: Probe;
  readonly check: ReadyCheck;
  readonly target: ProbeTarget;
  /** `ready`: at once, then a fast ramp. `health`: every `interval`. */
  readonly purpose: 'ready' | 'health';
  /** When it usually gets ready, since the beginning of this run. Absent: nothing is remembered. */
  readonly usual?: Window | null;
  /**
   * Called for every verdict; in the ramp a failure is told only when its detail is new. `missedAt`: the last failure, told or
   * not. `checks`: how many were made; passive kinds make none.
   */
  readonly report: (result: ProbeResult, at: Ms, missedAt: Ms | null, checks?: number) => void;
};

/** Runs the checks of one probe until it is stopped: never two at a time. */
export type StartProbing = (run: ProbeRun) => { stop(): void };
