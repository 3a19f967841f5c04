import { realpathSync } from 'node:fs';
import { defaultStop } from '../../domain/defaults.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { Orphan } from '../../domain/stack-events.ts';
import { systemClock } from '../../runtime/clock.ts';
import { projectId } from '../../runtime/identity.ts';
import { createProcesses } from '../../runtime/processes/create.ts';
import { endPolitely } from '../../runtime/processes/end-politely.ts';
import { findOrphans, type Supervised } from '../../runtime/processes/orphans.ts';
import { readIdentity } from '../../runtime/processes/read-identity.ts';
import type { MarkedProcess, Processes } from '../../runtime/processes.ts';
import { takeProject } from '../../runtime/project-lock.ts';
import { openOutside } from '../open-outside.ts';
import { fail, held, type Result } from './errors.ts';
import type { EventSource } from './events.ts';

export type { Orphan } from '../../domain/stack-events.ts';

export const toOrphan = ({ identity, marker, command }: MarkedProcess): Orphan => ({
  service: marker.service,
  pid: identity.pid,
  command,
  startTime: identity.startTime,
});

/** The project of a folder, in our hands until `release`: meanwhile nobody else puts a supervisor in charge of it. */
export type OwnedFolder = { readonly project: string; readonly folder: string; readonly release: () => Promise<void> };

export const takeFolder = async (
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  { isAlive }: Pick<Processes, 'isAlive'>,
): Promise<Result<OwnedFolder>> => {
  const self = readIdentity(process.pid);
  if (self === null) return fail({ kind: 'unusable', message: 'the system does not show us our own process' });
  const found = findRoot(root);
  if (!found.ok) return found;
  const taken = await takeProject({ root: found.root, env, self, isAlive });
  if (taken.ok) return { ...found, ...taken };
  return taken.why === 'held' ? held(taken.holder) : fail({ kind: 'unusable', message: taken.reason });
};

const findRoot = (root: string): Result<{ readonly project: string; readonly root: string }> => {
  try {
    return { ok: true, project: projectId(root), root: realpathSync(root) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return fail({ kind: 'unusable', message: `folder "${root}" cannot be used (${code})` });
  }
};

export type OrphanHunt = {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What our own supervisor knows of its services now; null: there is none. */
  readonly supervised: () => (() => Promise<readonly Supervised[]>) | null;
  /** For each service its own way to end; null: it is not known. */
  readonly stack: () => Stack | null;
  readonly events: EventSource;
  readonly processes?: Processes;
};

export type Orphans = {
  /** Processes of this project that nobody supervises. Refused while another process supervises the folder. */
  find(): Promise<Result<{ readonly orphans: readonly Orphan[] }>>;
  /**
   * Ends them (all when absent) as a stop would: signal, grace, SIGKILL, each with all that belongs to the same start of its
   * service. Only what `find` would find is ended, by its identity, never by a bare pid. Answers with what is gone.
   */
  end(wanted?: readonly Orphan[]): Promise<Result<{ readonly ended: readonly Orphan[]; readonly survived: readonly Orphan[] }>>;
};

export const createOrphans = ({ root, env, supervised, stack, events, ...rest }: OrphanHunt): Orphans => {
  const told = new Set<string>();

  /** Nobody else may come to be in charge between the look and what follows. */
  const hunt = async <Found extends object>(
    act: (marked: readonly MarkedProcess[], processes: Processes) => Promise<Found>,
  ): Promise<Result<Found>> => {
    const ask = supervised();
    const found = ask === null ? await takeFolder(root, env, createProcesses()) : findRoot(root);
    if (!found.ok) return found;
    try {
      const processes = rest.processes ?? (await openOutside(root, env)).processes;
      const marked = await processes.findMarked(found.project);
      const orphans = ask === null ? marked : findOrphans(marked, await ask());
      for (const orphan of orphans.map(toOrphan)) {
        if (told.has(keyOf(orphan))) continue;
        told.add(keyOf(orphan));
        events.emit({ type: 'orphanFound', at: Date.now(), ...orphan });
      }
      return { ok: true, ...(await act(orphans, processes)) };
    } finally {
      if ('release' in found) await (found as OwnedFolder).release();
    }
  };

  return {
    find: () => hunt(async (orphans) => ({ orphans: orphans.map(toOrphan) })),
    end: (wanted) =>
      hunt(async (orphans, processes) => {
        const keys = wanted === undefined ? null : new Set(wanted.map(keyOf));
        const chosen = orphans.filter((orphan) => keys === null || keys.has(keyOf(toOrphan(orphan))));
        await Promise.all([...newestOf(chosen).values()].map((orphan) => endTree(processes, orphan, stack())));
        const gone = chosen.filter(({ identity }) => !processes.isAlive(identity)).map(toOrphan);
        const left = chosen.filter(({ identity }) => processes.isAlive(identity)).map(toOrphan);
        for (const orphan of gone) events.emit({ type: 'orphanKilled', at: Date.now(), ...orphan });
        for (const orphan of left) events.emit({ type: 'orphanSurvived', at: Date.now(), ...orphan });
        return { ended: gone, survived: left };
      }),
  };
};

const keyOf = ({ pid, startTime }: Orphan): string => `${pid} ${startTime}`;

/** A tree is ended whole, up to the newest of the attempts that are orphaned. */
const newestOf = (orphans: readonly MarkedProcess[]): ReadonlyMap<ServiceName, MarkedProcess> => {
  const newest = new Map<ServiceName, MarkedProcess>();
  for (const orphan of orphans) {
    const known = newest.get(orphan.marker.service);
    if (known === undefined || known.marker.attempt < orphan.marker.attempt) newest.set(orphan.marker.service, orphan);
  }
  return newest;
};

const endTree = (processes: Processes, { marker }: MarkedProcess, stack: Stack | null): Promise<unknown> => {
  const { signal, timeout } = stack?.services.get(marker.service)?.stop ?? defaultStop;
  return endPolitely({ processes, clock: systemClock, tree: { leader: null, marker }, signal, grace: timeout });
};
