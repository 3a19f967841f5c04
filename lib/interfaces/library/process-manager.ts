import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fixedPorts } from '../../domain/fixed-ports.ts';
import { logFilesOf } from '../../domain/log-files.ts';
import type { Exit, ProcessIdentity, Survivor } from '../../domain/process.ts';
import type { Service } from '../../domain/service.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createProcesses } from '../../runtime/processes/create.ts';
import { endPolitely } from '../../runtime/processes/end-politely.ts';
import type { Tree } from '../../runtime/processes.ts';
import { renderCommand, renderEnvironment } from '../../supervisor/addresses.ts';
import { fail, invalid, type Result, survived } from './errors.ts';
import { createEvents, type Events } from './events.ts';
import { readStack, type StackPlace, variablesOf } from './load.ts';
import { createOrphans, type Orphans, type OwnedFolder, takeFolder } from './orphans.ts';
import { findUnheeded, type ProcessDefinition } from './process-definition.ts';

export type ManagedProcess = {
  readonly name: string;
  readonly identity: ProcessIdentity;
  /** Settles when the process has ended; what it has started may live on until `stop`. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly isAlive: () => boolean;
  /** Signal, grace, SIGKILL to the whole tree, also to what has left its group. Answers when nothing of it is left. */
  readonly stop: () => Promise<Result>;
};

/**
 * Starts and ends processes of a folder, each a whole tree that is known by its identity; no dependencies, no restarts. The
 * folder is its own from the first `spawn` until `close`: meanwhile nobody supervises it.
 */
export type ProcessManager = Pick<Events, 'events' | 'off' | 'on' | 'once'> & {
  readonly spawn: (name: string, definition: ProcessDefinition) => Promise<Spawned>;
  /** Those that were started here and live, in the order of their start. */
  readonly list: () => readonly ManagedProcess[];
  readonly orphans: Orphans;
  /** Stops what was started here, the newest first, also what a `spawn` that is under way still starts. Nothing starts after it. */
  readonly close: () => Promise<Result>;
};

type Spawned = Result<{ readonly process: ManagedProcess }>;

type Started = ManagedProcess & { readonly attempt: number };

const closed = () => fail({ kind: 'closed', message: 'the process manager is closed' });

export const createProcessManager = (place: StackPlace = {}): ProcessManager => {
  const folder = resolve(place.cwd ?? '.');
  const events = createEvents(Date.now);
  const processes = createProcesses();
  const started: Started[] = [];
  /** By name: a `spawn` that has not answered yet has its name and its attempt for itself. */
  const underWay = new Map<string, { readonly attempt: number; readonly answer: Promise<unknown> }>();
  let isClosed = false;
  let taking: Promise<Result<OwnedFolder>> | null = null;

  /** A folder that could not be had is asked for again at the next `spawn`. */
  const own = async (): Promise<Result<OwnedFolder>> => {
    taking ??= takeFolder(folder, variablesOf(place), processes);
    const taken = await taking;
    if (!taken.ok) taking = null;
    return taken;
  };

  const stop = async (tree: Tree, { name, stop: { signal, timeout } }: Service): Promise<Result> => {
    const left = await endPolitely({ processes, clock: systemClock, tree, signal, grace: timeout });
    return left.length === 0 ? { ok: true } : survived([{ name, processes: left }]);
  };

  const launch = async (service: Service, attempt: number, project: string): Promise<Spawned> => {
    const { name } = service;
    const marker = { project, service: name, attempt };
    const addressOf = () => ({ host: service.host, ports: fixedPorts(service) });
    const [stdout = service.log.file, stderr = stdout] = logFilesOf(service);
    let isAsked = false;
    const outcome = await processes.spawn({
      marker,
      command: renderCommand(service.command, addressOf),
      cwd: service.cwd,
      env: renderEnvironment({ service, ports: fixedPorts(service), base: variablesOf(place), addressOf }),
      stdout,
      stderr,
      notify: null,
      logRoot: realpathSync(folder),
    });
    if (!outcome.ok) return fail({ kind: 'unusable', message: outcome.failure.message });
    const { identity, exited } = outcome.running;
    const of = { service: name, attempt };
    events.emit({ type: 'serviceStarted', at: Date.now(), ...of, pid: identity.pid, ports: fixedPorts(service) });
    void exited.then((exit) => events.emit({ type: 'serviceExited', at: Date.now(), ...of, ...exit, asked: isAsked }));
    let hasExited = false;
    void exited.then(() => {
      hasExited = true;
    });
    /** Where nothing can be looked at just now (no file can be opened), what has not been told of its end lives. */
    const isAlive = (): boolean => {
      try {
        return processes.isAlive(identity);
      } catch {
        return !hasExited;
      }
    };
    const managed: Started = {
      name,
      attempt,
      identity,
      exited,
      isAlive,
      stop: () => {
        isAsked = true;
        return stop({ leader: identity, marker }, service);
      },
    };
    started.push(managed);
    return { ok: true, process: managed };
  };

  const start = async (name: string, attempt: number, definition: ProcessDefinition): Promise<Spawned> => {
    const loaded = await readStack({ ...place, kind: 'program', fields: {}, services: () => [[name, definition]] });
    if (!loaded.ok) return loaded;
    const unheeded = findUnheeded(name, definition, loaded.text ?? '');
    if (unheeded.length > 0) return invalid(unheeded, loaded.text);
    const service = loaded.stack.services.get(name);
    if (service === undefined) return fail({ kind: 'unusable', message: `"${name}" does not take part` });
    if (isClosed) return closed();
    const taken = await own();
    if (!taken.ok) return taken;
    return isClosed ? closed() : launch(service, attempt, taken.project);
  };

  const list = (): readonly ManagedProcess[] => started.filter(({ isAlive }) => isAlive());

  return {
    on: events.on,
    once: events.once,
    off: events.off,
    events: events.events,
    list,
    spawn: async (name, definition) => {
      if (isClosed) return closed();
      const known = started.filter((each) => each.name === name);
      if (underWay.has(name) || known.some(({ isAlive }) => isAlive())) {
        return fail({ kind: 'unusable', message: `"${name}" runs already` });
      }
      const attempt = Math.max(0, ...known.map((each) => each.attempt)) + 1;
      const answer = start(name, attempt, definition);
      underWay.set(name, { attempt, answer });
      try {
        return await answer;
      } finally {
        underWay.delete(name);
      }
    },
    orphans: createOrphans({
      root: folder,
      env: variablesOf(place),
      processes,
      supervised: () =>
        taking === null
          ? null
          : async () => [
              ...started.map(({ name, attempt }) => ({ name, attempt, state: 'ready' as const })),
              ...[...underWay].map(([name, { attempt }]) => ({ name, attempt, state: 'starting' as const })),
            ],
      stack: () => null,
      events,
    }),
    close: async () => {
      isClosed = true;
      await Promise.allSettled([...underWay.values()].map(({ answer }) => answer));
      const left: { readonly name: string; readonly processes: readonly Survivor[] }[] = [];
      for (const managed of started.toReversed()) {
        const stopped = await managed.stop();
        if (!stopped.ok && stopped.error.kind === 'survived') left.push(...stopped.error.survivors);
      }
      const owned = taking;
      taking = null;
      const taken = await owned;
      if (taken?.ok === true) await taken.release();
      events.close();
      return left.length === 0 ? { ok: true } : survived(left);
    },
  };
};
