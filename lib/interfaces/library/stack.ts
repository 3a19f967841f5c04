import type { History } from '../../domain/history.ts';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import type { FailureFacts, StackControl, Why } from '../control.ts';
import type { Definitions, ServiceDefinition, StackFields } from './definition.ts';
import type { Result } from './errors.ts';
import type { Events } from './events.ts';
import type { FileSource, StackPlace, StackSource } from './load.ts';
import { openHandle } from './orchestrator.ts';
import type { Orphans } from './orphans.ts';
import type { StartOptions } from './run-session.ts';
import type { StateStore } from './state-store.ts';

/** A stack that a program defines: the fields of the stack level of `services.yaml`, and where and how it runs. */
export type StackOptions = StackFields & Place;

type Place = StackPlace & {
  /** True: others of this user may see and steer it with the `muster` command, as one that `muster up` started. Default: true. */
  readonly shared?: boolean;
};

/** What came of a start or a restart: everything required is up. `degraded`: something optional is not. */
export type Up = {
  /** Of what was asked for. */
  readonly verdict: 'up' | 'degraded';
  readonly snapshot: StackSnapshot;
  /** Of what is optional. */
  readonly failures: readonly FailureFacts[];
};

export type Health = {
  readonly state: StackSnapshot['services'][number]['state'];
  /** Null: it does not run, or is not ready yet. A task that has done its work is well. */
  readonly healthy: boolean | null;
  /** What is wrong with it, or what it waits for. */
  readonly detail: string | null;
};

/**
 * One stack. No call throws for what a definition or a service does: each answers with a `Result`. Nothing is touched before
 * the first `start`; the process is neither ended nor are its signals listened to. What takes names is a method, so that a
 * stack whose names are known is one whose names are not.
 */
export type Stack<Name extends string = string> = Events & {
  /** Adds a service, which may depend on those before it. On a running stack it takes part after the next `reload`. */
  defineService<New extends string>(name: New, definition: ServiceDefinition<Name>): Stack<Name | New>;
  /**
   * Boots (all, or the named ones with what they need); on a running stack starts what is not up. Resolves when all of it has
   * settled. What came up of a boot that failed stays up, so that one can look at it, unless `rollback` says otherwise.
   */
  start(names?: Names<Name>, options?: StartOptions): Promise<Result<Up>>;
  /**
   * Without names: everything in reverse order, and the supervisor with it; resolves when nothing is left. With names: those;
   * `dependents` says what happens to those that need them, and nothing is done when there are any and it is absent.
   */
  stop(names?: Names<Name>, options?: StopOptions): Promise<Result>;
  /** Resolves when they, and those that follow them, have settled. */
  restart(names?: Names<Name>): Promise<Result<Up>>;
  /** Makes a running stack what its definition or its file says now, and nothing else. */
  readonly reload: () => Promise<Result<Up>>;
  readonly status: () => Promise<Result<{ readonly snapshot: StackSnapshot }>>;
  readonly health: () => Promise<Result<{ readonly services: Readonly<Record<string, Health>> }>>;
  /** Why a service is in its state: the chain of causes, the root last. */
  why(name: NameOf<Name>): Promise<Result<{ readonly why: Why }>>;
  /** Everything that is wrong with the definition; starts nothing. */
  readonly check: () => Promise<Result>;
  /** The boots that are remembered; empty before the first `start`. */
  readonly history: () => History;
  readonly orphans: Orphans;
  /** What is remembered in the folder, also of earlier runs. */
  readonly state: StateStore;
  /** What `muster` itself uses; null while the stack does not run. */
  readonly control: () => StackControl | null;
  /** The definition as a `services.yaml`; null: it is in a file. */
  readonly toText: () => string | null;
  /** Stops everything, ends every iteration over events, and takes no further call. */
  readonly close: () => Promise<Result>;
};

/** A service, or one of its replicas. */
type NameOf<Name extends string> = Name | `${Name}-${number}`;

type Names<Name extends string> = NameOf<Name> | readonly NameOf<Name>[];

export type StopOptions = { readonly dependents?: 'refuse' | 'with-dependents' | 'force' };

/** The stack that a `services.yaml` describes, for `createStack`. A path is relative to `cwd`. */
export const fromFile = (file: string, place: StackPlace = {}): FileSource => ({ ...place, kind: 'file', file });

/** From a file its names are not known to the compiler. */
export function createStack(file: FileSource & { readonly shared?: boolean }): Stack<string>;
export function createStack(options: StackOptions): Stack<never>;
export function createStack(options: StackOptions | (FileSource & { readonly shared?: boolean })): Stack<string> | Stack<never> {
  const services: Definitions[number][] = [];
  const { shared = true, ...rest } = options;
  return openHandle(isFile(rest) ? rest : toProgramSource(rest, () => services), services, shared);
}

const isFile = (options: object): options is FileSource => 'kind' in options && options.kind === 'file';

const toProgramSource = (
  { cwd, environment, profiles, variables, ...fields }: StackOptions,
  services: () => Definitions,
): StackSource => ({
  kind: 'program',
  ...(cwd === undefined ? {} : { cwd }),
  ...(environment === undefined ? {} : { environment }),
  ...(profiles === undefined ? {} : { profiles }),
  ...(variables === undefined ? {} : { variables }),
  fields,
  services,
});
