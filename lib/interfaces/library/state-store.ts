import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { emptyHistory, type History, type RunRecord } from '../../domain/history.ts';
import { memoryFileName } from '../../domain/memory-name.ts';
import type { RecordedService } from '../../domain/recorded.ts';
import type { ServiceName } from '../../domain/service.ts';
import { type Stats, toStats } from '../../domain/stats.ts';
import type { MemoryFile } from '../../runtime/memory-file.ts';
import { createProcesses } from '../../runtime/processes/create.ts';
import { openMemoryFile } from '../open-memory.ts';
import { fail, type Result } from './errors.ts';
import { type StackPlace, variablesOf } from './load.ts';
import { takeFolder } from './orphans.ts';

/** What is remembered of the stack of a folder. */
export type State = {
  /** What ran when it was last written, each with its identity. */
  readonly running: Readonly<Record<ServiceName, RecordedService>>;
  readonly history: History;
  /** What was wrong with the file: it was set aside, and this is what could be told without it. Null: nothing. */
  readonly warning: string | null;
};

/** The memory of a folder, `.server_memory.json`, with or without a stack that runs. */
export type StateStore = {
  /** Absolute. */
  readonly file: string;
  /** A damaged, truncated, foreign or newer file is no error: it is set aside, and `warning` says so. */
  readonly read: () => Promise<Result<{ readonly state: State }>>;
  readonly lastRun: () => Promise<Result<{ readonly run: RunRecord | null }>>;
  readonly stats: () => Promise<Result<{ readonly stats: Stats }>>;
  /** Forgets the boots, and nothing of what runs. Refused while somebody supervises the folder. */
  readonly forget: () => Promise<Result>;
};

export const createStateStore = (place: Pick<StackPlace, 'cwd' | 'variables'> = {}): StateStore => {
  const folder = resolve(place.cwd ?? '.');

  const open = async (): Promise<Result<{ readonly memoryFile: MemoryFile }>> => {
    try {
      return { ok: true, memoryFile: await openMemoryFile(realpathSync(folder)) };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return fail({ kind: 'unusable', message: `folder "${folder}" cannot be used (${code})` });
    }
  };

  const read = async (): Promise<Result<{ readonly state: State }>> => {
    const opened = await open();
    if (!opened.ok) return opened;
    const { memory, warning } = await opened.memoryFile.read();
    return { ok: true, state: { running: memory.running, history: memory.history, warning } };
  };

  return {
    file: join(folder, memoryFileName),
    read,
    lastRun: async () => {
      const found = await read();
      return found.ok ? { ok: true, run: found.state.history.runs.at(-1) ?? null } : found;
    },
    stats: async () => {
      const found = await read();
      return found.ok ? { ok: true, stats: toStats(found.state.history) } : found;
    },
    forget: async () => {
      const taken = await takeFolder(folder, variablesOf(place), createProcesses());
      if (!taken.ok) return taken;
      try {
        const opened = await open();
        if (!opened.ok) return opened;
        const { memory } = await opened.memoryFile.read();
        const saved = await opened.memoryFile.save({ ...memory, history: emptyHistory });
        return saved.ok ? { ok: true } : fail({ kind: 'unusable', message: saved.reason });
      } finally {
        await taken.release();
      }
    },
  };
};
