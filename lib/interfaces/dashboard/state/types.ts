/** What the API answers with, as far as the page looks at it; docs/openapi.json has all of it. */

import type { Hint } from '../../../domain/hints.ts';
import type { RunOutcome } from '../../../domain/history.ts';
import type { Shift } from '../../../domain/slower.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import type { ServiceStats, StackStats } from '../../../domain/stats.ts';

export type { ServiceSnapshot, StateKind };

export type Verdict = 'up' | 'degraded' | 'failed' | 'timed-out';

export type StackAnswer = {
  readonly name: string;
  readonly environment: string;
  readonly root: string;
  readonly file: string;
  readonly version: string;
  readonly pid: number;
  readonly elapsed: number;
  readonly booting: boolean;
  readonly stopping: boolean;
  readonly settled: boolean;
  readonly verdict: Verdict | null;
  readonly edited?: StackSnapshot['edited'] | null;
  readonly services: readonly ServiceSnapshot[];
  /** Of the newest event that is in it. */
  readonly lastEventId: string;
};

export type ServiceDetails = ServiceSnapshot & {
  readonly command: string;
  readonly cwd: string;
  readonly dependsOn: readonly { readonly on: string; readonly condition: string; readonly required: boolean }[];
  readonly dependents: readonly string[];
  readonly env: readonly { readonly name: string; readonly set: boolean }[];
};

export type WhyAnswer = {
  readonly steps: readonly { readonly service: string; readonly state: StateKind; readonly because: string }[];
  readonly logLines: readonly string[];
};

export type Usage = {
  readonly name: string;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly processes: number;
};

export type GraphAnswer = {
  readonly services: readonly {
    readonly name: string;
    readonly label: string;
    readonly type: 'service' | 'task';
    readonly optional: boolean;
    readonly depth: number;
    readonly dependents: readonly string[];
  }[];
  readonly edges: readonly Edge[];
};

export type Edge = {
  readonly from: string;
  readonly to: string;
  readonly condition: string;
  readonly required: boolean;
  readonly onLoss: 'ignore' | 'restart' | 'stop';
  readonly restart: boolean;
};

export type TimelineRow = {
  readonly name: string;
  readonly spans: readonly { readonly state: StateKind; readonly from: number; readonly to: number | null }[];
  readonly ready: number | null;
};

export type BootAnswer = {
  readonly booting: boolean;
  /** Null while it is under way. */
  readonly run: number | null;
  readonly startedAt: number | null;
  readonly elapsed: number;
  readonly outcome: RunOutcome | null;
  readonly services: readonly TimelineRow[];
};

export type PlanAnswer = {
  readonly total: number | null;
  readonly critical: readonly string[];
  readonly services: readonly { readonly name: string; readonly start: number | null; readonly ready: number | null }[];
};

export type RunAnswer = {
  readonly id: number;
  readonly startedAt: number;
  readonly environment: string;
  readonly outcome: RunOutcome;
  readonly duration: number;
  readonly timeline: readonly TimelineRow[];
  readonly chain: readonly { readonly service: string | null; readonly from: number; readonly to: number }[];
  readonly slack: readonly { readonly service: string; readonly slack: number | null }[];
};

export type StatsAnswer = {
  readonly stack: StackStats;
  readonly services: readonly ServiceStats[];
  readonly shifts: readonly Shift[];
  readonly hints: readonly Hint[];
};

export type Port = {
  readonly service: string;
  readonly state: StateKind;
  readonly name: string | null;
  readonly port: number | null;
  readonly wanted: number | null;
  readonly host: string;
  readonly owner: 'service' | 'stack' | 'other-stack' | 'stranger' | 'nobody';
  readonly holders: readonly {
    readonly address: string;
    readonly pid: number | null;
    readonly user: string | null;
    readonly command: string | null;
    readonly since: number | null;
    readonly service: string | null;
  }[];
};

export type Orphan = {
  readonly pid: number;
  readonly service: string;
  readonly attempt: number;
  readonly user: string | null;
  readonly command: string;
};

/** `verdict`: of the whole stack, after it. */
export type Changed = { readonly service: ServiceSnapshot; readonly verdict: Verdict | null; readonly at: number };

export type StackEvent =
  | { readonly type: 'stack'; readonly data: StackAnswer }
  | { readonly type: 'changed'; readonly data: Changed }
  | { readonly type: 'noticed'; readonly data: { readonly text: string } }
  | { readonly type: 'applied'; readonly data: { readonly services: readonly ServiceSnapshot[] } }
  | { readonly type: 'booted' | 'failed' | 'stopping'; readonly data: unknown }
  | { readonly type: 'ended'; readonly data: { readonly result: { readonly survivors: readonly Survivors[] } | null } };

/** Processes of a service that could not be ended. */
export type Survivors = {
  readonly name: string;
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
};

export type LinesEvent = {
  readonly service: string;
  readonly stream: 'stdout' | 'stderr';
  readonly at: number | null;
  readonly skipped: number;
  readonly lines: readonly string[];
};
