import type { BoundPort, Earlier, Marker, ProcessIdentity } from './process.ts';
import type { ServiceName } from './service.ts';

/**
 * What a later supervisor has to know of a service to go on with it: what runs, or was about to. Written before a decision is
 * acted upon, so that nothing of ours ever runs that was not told of. Every time is in epoch milliseconds: another supervisor
 * has another clock.
 */
export type RecordedService = {
  readonly attempt: number;
  /** Restarts since it was last ready. */
  readonly restarts: number;
  /** When restarts were granted, as far as the breaker still counts them. Null: not told. */
  readonly restartTimes: readonly number[] | null;
  /** Restarts since it was last ready for long; decides the next delay. Null: not told. */
  readonly streak: number | null;
  readonly desired: 'running' | 'stopped';
  /** The last state, by its name in the contract. */
  readonly state: string;
  /** When that state began. */
  readonly since: number | null;
  readonly process: ProcessIdentity | null;
  readonly ports: readonly BoundPort[];
  /** Of the spawn. */
  readonly startedAt: number | null;
  /** Null: not told, or nothing of it runs. */
  readonly earlier: Earlier | null;
  readonly lastHealth: 'healthy' | 'unhealthy' | null;
  /** In its back-off: when it is tried again. */
  readonly until: number | null;
  /** One clause, without any output: how its last attempt failed. */
  readonly failure: string | null;
  /** While it stops: when it was asked to. Null: it waits for those that need it. */
  readonly askedAt: number | null;
  /** While it stops: what follows. */
  readonly next: 'stopped' | 'start' | 'retry' | 'fail' | null;
  /** Stopped, or about to be: the service whose end took it down. Null: somebody asked for it. */
  readonly stoppedFor: ServiceName | null;
  readonly definitionHash: string;
};

/** A process as its supervisor has recorded it, and whose it is. */
export type RecordedProcess = { readonly identity: ProcessIdentity; readonly marker: Marker };

export const recordedProcesses = (
  running: Readonly<Record<ServiceName, RecordedService>>,
  project: string,
): readonly RecordedProcess[] =>
  Object.entries(running).flatMap(([service, { process: identity, attempt }]) =>
    identity === null ? [] : [{ identity, marker: { project, service, attempt } }],
  );
