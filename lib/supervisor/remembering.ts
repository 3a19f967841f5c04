import type { Change } from '../domain/events.ts';
import { appendRun, nextRunId } from '../domain/fold.ts';
import type { History, RunRecord, StopRecord } from '../domain/history.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import { followRenames } from '../domain/renames.ts';
import type { ServiceName } from '../domain/service.ts';
import { processOf, type ServiceRecord } from '../domain/state.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Journal } from '../runtime/journal.ts';
import type { Memory, MemoryFile } from '../runtime/memory-file.ts';
import { isWorthNoting, toRecorded } from './recorded.ts';
import type { Supervisor } from './supervisor.ts';

export type RememberingOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: { readonly clock: Clock };
  readonly memoryFile: MemoryFile;
  readonly memory: Memory;
  readonly journal: Journal;
  /** What an earlier supervisor had recorded. */
  readonly recorded: Memory['running'];
  readonly self: ProcessIdentity;
  /** Fingerprints of tasks that need not run again. */
  readonly done: ReadonlyMap<ServiceName, string>;
  readonly notices: { readonly onUnsaved: (reason: string) => void };
};

export type Remembering = {
  /** Writes down what was decided, before it is done. */
  note(changes: readonly Change[]): void;
  readonly history: () => History;
  readonly nextRunId: () => number;
  addRun(run: RunRecord): Promise<void>;
  /** The stop that ended what the first run of this session began; saved at the end. */
  noteStop(stop: StopRecord): void;
  /** Saves once more, with nobody in charge any longer; `isClean`: what an earlier run had left is gone, too. */
  close(isClean: boolean): Promise<void>;
};

/** Changes come in bursts; the memory file is at most this old, and the journal holds also what it does not have yet. */
const saveEvery = 250;

/** Keeps `.server_memory.json` true while the stack lives. A save that fails is told once and tried again at the next change. */
export const createRemembering = (options: RememberingOptions): Remembering => {
  const { supervisor, memoryFile, notices, journal } = options;
  const { clock } = options.runtime;
  let { history } = options.memory;
  let timer: Timer | null = null;
  let unsavedSince: string | null = null;
  const spawnTimes = new Map<ServiceName, { readonly attempt: number; readonly at: number }>();
  for (const [name, { attempt, startedAt: at }] of Object.entries(options.recorded)) {
    if (at !== null) spawnTimes.set(name, { attempt, at });
  }

  let noted = 0;
  const toWall = (at: number): number => Math.round(clock.wall() - (clock.now() - at));
  const recordedOf = (name: ServiceName, record: ServiceRecord) =>
    toRecorded(record, {
      definitionHash: supervisor.stack.services.get(name)?.definitionHash ?? '',
      startedAt: startedAt(name, record),
      toWall,
    });

  const toMemory = (owner: ProcessIdentity | null): Memory => ({
    running: Object.fromEntries(
      [...supervisor.records].flatMap(([name, record]) =>
        record.state.kind === 'idle' ? [] : [[name, recordedOf(name, record)]],
      ),
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
    const upTo = noted;
    const memory = toMemory(owner);
    const saved = await memoryFile.save(memory);
    if (!saved.ok) journal.shorten(toMemory(owner).running);
    else if (noted === upTo) journal.beginAnew(memory.running);
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
    note: (changes) => {
      const names = new Set(changes.filter(isWorthNoting).map(({ name }) => name));
      if (names.size === 0) return;
      noted += 1;
      const entries = [...names].flatMap((name) => {
        const record = supervisor.records.get(name);
        return record === undefined ? [] : [[name, recordedOf(name, record)] as const];
      });
      journal.note(Object.fromEntries(entries));
    },
    history: () => history,
    nextRunId: () => nextRunId(history),
    addRun: async (run) => {
      firstRun ??= run.uid;
      // For good: once a run has the new name, it could not be told any more which one it had been.
      history = followRenames(history, supervisor.stack.services.values());
      history = appendRun(history, run.uid === firstRun ? { ...run, stop } : run);
      // Also of a boot of nothing: it says that we are in charge, and must be taken back.
      hasChanged = true;
      await save(options.self);
    },
    noteStop: (noted) => {
      stop = noted;
      const runs = history.runs.map((run) => (run.uid === firstRun ? { ...run, stop } : run));
      if (firstRun !== null) history = { ...history, runs };
    },
    close: async (isClean) => {
      unsubscribe();
      timer?.cancel();
      // A session in which nothing happened knows nothing better than what is recorded.
      const isOver = hasChanged || isClean;
      if (isOver) await save(null);
      // Once more, so that the copy of before does not have all of it running either: whoever damages the file is left with that one.
      if (isOver && unsavedSince === null) await save(null);
      journal.close(isOver && unsavedSince === null);
    },
  };
};
