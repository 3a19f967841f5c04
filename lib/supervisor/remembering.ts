import { appendRun, nextRunId } from '../domain/fold.ts';
import type { History, RunRecord, StopRecord } from '../domain/history.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import type { ServiceName } from '../domain/service.ts';
import { processOf, type ServiceRecord } from '../domain/state.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Memory, MemoryFile, RecordedService } from '../runtime/memory-file.ts';
import type { Supervisor } from './supervisor.ts';

export type RememberingOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: { readonly clock: Clock };
  readonly memoryFile: MemoryFile;
  readonly memory: Memory;
  readonly self: ProcessIdentity;
  /** Fingerprints of tasks that need not run again. */
  readonly done: ReadonlyMap<ServiceName, string>;
  readonly notices: { readonly onUnsaved: (reason: string) => void };
};

export type Remembering = {
  readonly history: () => History;
  readonly nextRunId: () => number;
  addRun(run: RunRecord): Promise<void>;
  /** The stop that ended what the first run of this session began; saved at the end. */
  noteStop(stop: StopRecord): void;
  /** Saves once more, with nobody in charge any longer. */
  close(): Promise<void>;
};

/** Changes come in bursts; what is on disk is at most this old. A process is found by its marker however old it is. */
const saveEvery = 250;

/** Keeps `.server_memory.json` true while the stack lives. A save that fails is told once and tried again at the next change. */
export const createRemembering = (options: RememberingOptions): Remembering => {
  const { supervisor, memoryFile, notices } = options;
  const { clock } = options.runtime;
  let { history } = options.memory;
  let timer: Timer | null = null;
  let unsavedSince: string | null = null;
  const spawnTimes = new Map<ServiceName, { readonly attempt: number; readonly at: number }>();

  const toMemory = (owner: ProcessIdentity | null): Memory => ({
    running: Object.fromEntries(
      [...supervisor.records].flatMap(([name, record]) => {
        const hash = supervisor.stack.services.get(name)?.definitionHash ?? '';
        return record.state.kind === 'idle' ? [] : [[name, toRecorded(record, hash, startedAt(name, record))]];
      }),
    ),
    supervisor: owner,
    done: Object.fromEntries(options.done),
    history,
  });

  const startedAt = (name: ServiceName, record: ServiceRecord): number | null => {
    if (processOf(record.state) === null) return null;
    const known = spawnTimes.get(name);
    if (known?.attempt === record.attempt) return known.at;
    const at = clock.wall();
    spawnTimes.set(name, { attempt: record.attempt, at });
    return at;
  };

  const save = async (owner: ProcessIdentity | null): Promise<void> => {
    timer?.cancel();
    timer = null;
    const saved = await memoryFile.save(toMemory(owner));
    const reason = saved.ok ? null : saved.reason;
    if (reason !== null && reason !== unsavedSince) notices.onUnsaved(reason);
    unsavedSince = reason;
  };

  let firstRun: string | null = null;
  let stop: StopRecord | null = null;
  let hasChanged = false;
  const unsubscribe = supervisor.subscribe((changes) => {
    hasChanged = true;
    for (const { name, after } of changes) startedAt(name, after);
    timer ??= clock.setTimer(saveEvery, () => void save(options.self));
  });

  return {
    history: () => history,
    nextRunId: () => nextRunId(history),
    addRun: async (run) => {
      firstRun ??= run.uid;
      history = appendRun(history, run.uid === firstRun ? { ...run, stop } : run);
      await save(options.self);
    },
    noteStop: (noted) => {
      stop = noted;
      const runs = history.runs.map((run) => (run.uid === firstRun ? { ...run, stop } : run));
      if (firstRun !== null) history = { ...history, runs };
    },
    close: async () => {
      unsubscribe();
      timer?.cancel();
      // A session in which nothing happened knows nothing better than what is recorded.
      if (hasChanged) await save(null);
    },
  };
};

const toRecorded = (record: ServiceRecord, definitionHash: string, startedAt: number | null): RecordedService => ({
  attempt: record.attempt,
  restarts: record.restarts.sinceReady,
  desired: record.desired,
  state: record.state.kind,
  process: processOf(record.state)?.identity ?? null,
  ports: record.ports,
  startedAt,
  lastHealth: record.state.kind === 'ready' ? 'healthy' : record.state.kind === 'unhealthy' ? 'unhealthy' : null,
  definitionHash,
});
