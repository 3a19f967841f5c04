/** What the rest of muster knows of processes, ports and their ends: plain data, whatever the platform. */

import { type HookName, hookNames, type ServiceName, type StackHookName, stackHookNames } from './service.ts';

/**
 * Names one process for ever. A pid alone is used again by the system; a pid with its start time and the boot it started in
 * is not. No signal is ever sent on less.
 */
export type ProcessIdentity = {
  readonly pid: number;
  /** Opaque; equal for the same process. On Linux the start ticks of `/proc/PID/stat`. */
  readonly startTime: string;
  /** Opaque; differs after each boot of the machine, and between pid namespaces. */
  readonly bootId: string;
};

/**
 * Whose a process is, as the marker in its environment says: `MUSTER_INSTANCE=<project>/<service>/<attempt>`, and for a hook its
 * name behind that.
 */
export type Marker = {
  readonly project: string;
  readonly service: ServiceName;
  readonly attempt: number;
  readonly hook?: HookName | StackHookName;
};

/** In place of a service, for the hooks of the stack: no service can be called so. */
export const stackMarker = '_stack';

export const markerVariable = 'MUSTER_INSTANCE';

export const formatMarker = ({ project, service, attempt, hook }: Marker): string =>
  `${project}/${service}/${attempt}${hook === undefined ? '' : `/${hook}`}`;

export const parseMarker = (value: string): Marker | null => {
  const match = /^([0-9a-z]+)\/([A-Za-z0-9_][A-Za-z0-9._-]*)\/(\d+)(?:\/([a-z_]+))?$/.exec(value);
  if (match === null) return null;
  const marker = { project: match[1] ?? '', service: match[2] ?? '', attempt: Number(match[3]) };
  const hook = [...hookNames, ...stackHookNames].find((name) => name === match[4]);
  return hook === undefined ? marker : { ...marker, hook };
};

/** How a process ended. Both null: it ended while nobody was looking. */
export type Exit = { readonly code: number | null; readonly signal: string | null };

/** It listens, but where nobody asks. */
export type Misplaced = {
  /** TCP ports, ascending where there are several: those of the file, and those it listens on. */
  readonly declared: readonly number[];
  readonly real: readonly number[];
  /** Of one that listens on a port that it declares: at which address, and at which it is asked. Absent: it is another port. */
  readonly at?: { readonly address: string; readonly host: string };
};

/** A process in a tree that should be gone. */
export type Survivor = { readonly pid: number; readonly command: string; readonly user: string | null };

/** In the place of the folders that were searched, where there are none. */
export const noPath = 'which is not set';

/** Why a service could not be spawned at all. */
export type SpawnFailure = {
  /** What was being done: the folder to run in, its log file, or the program itself. */
  readonly stage: 'cwd' | 'log' | 'program';
  /** The system's code: ENOENT, EACCES, EAGAIN … */
  readonly code: string;
  /** One clause, with the path. */
  readonly message: string;
  /** For a program not found: the folders that were searched, as PATH has them, or `noPath`. Shown, never stored. */
  readonly searched?: string;
  /** The last line that it wrote, where another engine runs it. Shown, never stored. */
  readonly said?: string;
  /** True where the same spawn may work in a moment (EAGAIN, ENOMEM, EMFILE, ENFILE, ETXTBSY). */
  readonly passing: boolean;
};

/** Who listens on a port. Null fields are what the system does not let us see. */
export type PortHolder = {
  readonly port: number;
  readonly address: string;
  readonly process: ProcessIdentity | null;
  readonly uid: number | null;
  readonly user: string | null;
  readonly command: string | null;
  /** Epoch milliseconds of its start. */
  readonly since: number | null;
  /** Set when its environment carries a muster marker: of this project or another. */
  readonly marker: Marker | null;
  /** The folder of the stack that the marker names. Absent: it is not known, or nobody has looked. */
  readonly root?: string;
};

/** Why a service does not get its port. */
export type PortRefusal = {
  readonly port: number;
  readonly holders: readonly PortHolder[];
  /** `stranger`: held by somebody else. `invisible`: held, and we cannot see by whom. `stuck`: ours, but it does not let go. `none-free`: `next` found none. */
  readonly why: 'stranger' | 'invisible' | 'stuck' | 'none-free' | 'service-said-in-use';
  /** What the user can do about it, where there is something special to say; to follow a semicolon. */
  readonly advice?: string;
};

/** The ports a service really has on this run, by the port's name (null for the unnamed one), in the file's order. */
export type BoundPort = { readonly name: string | null; readonly port: number };

/** Result of one check of a probe. `detail` is for people: "connection refused", "503 Service Unavailable". */
export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/**
 * Where somebody stopped to read a log: an offset in the live file as it was when the place of its first byte was `base` (see
 * runtime/logs/arrival-format.ts); negative: in what was cut off before. Null: nobody keeps account of that.
 */
export type LogEnd = { readonly offset: number; readonly base: number | null };

/** What there was before a process was spawned: all of it is of earlier attempts, and proves nothing about this one. */
export type Earlier = {
  /** The ends of its logs: of stdout, then of a stderr that is kept apart. */
  readonly logs: readonly LogEnd[];
  /** Mark of what was at the path of `ready: {file}`; null: nothing, or it waits for no file. */
  readonly sign: string | null;
};
