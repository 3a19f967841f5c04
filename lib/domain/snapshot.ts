/** A whole stack at one moment, as plain data: what every view shows, near or far. */

import type { Countdown } from './countdown.ts';
import type { Outcome } from './outcome.ts';
import type { BoundPort, Misplaced } from './process.ts';
import type { Ms, ServiceName } from './service.ts';
import type { StateKind } from './state.ts';

export type ServiceSnapshot = {
  readonly name: ServiceName;
  readonly label: string;
  /** Of a replica, the service that it is one of: a name for all of them. Null: it is the only one. */
  readonly group: ServiceName | null;
  readonly type: 'service' | 'task';
  readonly optional: boolean;
  readonly state: StateKind;
  /** How long it has been in this state. */
  readonly for: Ms;
  /** One clause for people: "waits for db", "next try in 4.2 s (3/5)", "exited with code 1". Null: the state says it all. */
  readonly detail: string | null;
  /** Where the detail has a time that runs: what it says, as data. */
  readonly countdown?: Countdown;
  /** Stopped: the one whose end took it down, by `on_loss: stop` or `--fail-fast`. Absent: it was stopped by hand, or is not. */
  readonly stoppedFor?: ServiceName;
  /** The file that it changes itself, as it seems, so that it is not restarted by changes until it is started by hand. */
  readonly watchPausedBy?: string;
  /** Where it listens instead of where it should. Absent: it does not, or nobody has looked. */
  readonly misplaced?: Misplaced;
  /** What went wrong, when something did. */
  readonly reason: string | null;
  readonly waitsFor: readonly ServiceName[];
  readonly pid: number | null;
  readonly ports: readonly BoundPort[];
  readonly url: string | null;
  readonly attempt: number;
  /** Restarts that its policy granted lately. */
  readonly restarts: number;
  /** Which try the attempt is, where its policy has granted some since somebody started it or it was well for long. Absent: the first. */
  readonly tries?: number;
  /** From the spawn of its present attempt to ready; null while it is not, and of what was taken over as ready. */
  readonly bootTime: Ms | null;
  readonly log: string;
  /** Equal for equal definitions; absent: it is not known here. */
  readonly definition?: string;
  /** What its file says of it by now: another definition, or nothing. Absent: it is as it runs, or nobody has looked. */
  readonly edited?: 'changed' | 'gone';
};

export type StackSnapshot = {
  readonly name: string;
  readonly environment: string;
  readonly root: string;
  /** The file that it was read from, absolute; absent: it is not known here. */
  readonly file?: string;
  /** Since the run began. */
  readonly elapsed: Ms;
  readonly outcome: Outcome;
  /** The first boot is not over yet; absent: it is not known here. */
  readonly booting?: boolean;
  /** All of it goes down already, whoever asked for that. Absent: it does not. */
  readonly stopping?: true;
  /** Something was up, or may be taken over, when it began; absent: it is not known here. */
  readonly warm?: boolean;
  /** Equal while nothing is said otherwise that no process has to be restarted for; absent: it is not known here. */
  readonly settings?: string;
  /** What its services print may hold values that are not to be shown; its file says which. Absent: none. */
  readonly hides?: true;
  /** Its files were edited while it runs. Absent: they were not, or nobody has looked. */
  readonly edited?: {
    /** New in them. */
    readonly added: readonly ServiceName[];
    /** Why they cannot be used as they are, with the place. */
    readonly problem: string | null;
  };
  /** In topological order. */
  readonly services: readonly ServiceSnapshot[];
};
