import type { ServiceName, Stack } from '../../../domain/service.ts';
import type { StackSnapshot } from '../../../domain/snapshot.ts';
import type { Outside } from '../../open-outside.ts';
import type { ReadStack } from '../context.ts';
import type { Environment } from '../output.ts';

/** `error` stops a boot, or a service of it; `warning` may; `note` is worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that stands in the way, in one sentence without a full stop, and how to mend it. */
export type Finding = {
  /** Stable, for machines: `port-held`. */
  readonly code: string;
  readonly severity: Severity;
  readonly text: string;
  /** A command to type, or what to do where no command mends it; null: nothing needs to be done. */
  readonly mend: string | null;
  readonly service?: ServiceName;
  /** Of the process of an earlier run that it is about. */
  readonly pid?: number;
};

/** Who supervises the stack, seen without asking anybody to do anything. */
export type Supervision =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running';
      readonly snapshot: StackSnapshot;
      /** The services as they are now. */
      readonly look: () => Promise<StackSnapshot['services']>;
    }
  /** It was killed: its socket is still there. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'other-version'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string };

/** What every check may look at. */
export type DoctorFacts = {
  /** Real path of the project's folder, also when its file cannot be read. */
  readonly root: string;
  /** The user's folder: paths are told as seen from there. */
  readonly cwd: string;
  readonly project: string;
  /** Its runtime folder; or why there is none. */
  readonly runtime: { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };
  readonly stack: Stack | null;
  readonly diagnostics: ReadStack['diagnostics'];
  readonly supervision: Supervision;
  readonly env: Environment;
  /** The processes and listeners of the machine, opened when the first check asks for them. */
  readonly outside: () => Promise<Outside>;
  /** How this user types a command about this stack. */
  readonly toType: (words: readonly string[]) => string;
};

export type Check = (facts: DoctorFacts) => Promise<readonly Finding[]> | readonly Finding[];
