import { emptyHistory, type History } from '../../domain/history.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import type { RecordedService } from '../../domain/recorded.ts';
import type { ServiceName } from '../../domain/service.ts';

export type { RecordedService } from '../../domain/recorded.ts';

/** Everything in `.server_memory.json`. No environment values, no output of services. */
export type Memory = {
  readonly running: Readonly<Record<ServiceName, RecordedService>>;
  /** The supervisor that wrote it; null after an ordered end. */
  readonly supervisor: ProcessIdentity | null;
  /** Fingerprint of a task's inputs at its last success: while it is the same, the task need not run. */
  readonly done: Readonly<Record<ServiceName, string>>;
  readonly history: History;
};

export const emptyMemory: Memory = { running: {}, supervisor: null, done: {}, history: emptyHistory };

export type ReadMemory = {
  readonly memory: Memory;
  /** For people, at most one: "the memory was damaged; it was set aside as …". */
  readonly warning: string | null;
  /** False: whatever is saved is not written (a newer version's file, a foreign file, a read-only folder …). */
  readonly writable: boolean;
};

/** Who and where we are. What runs according to the file is believed only where all of this is the same. */
export type MemoryFacts = {
  /** Null where the system has none (Windows). */
  readonly uid: number | null;
  /** As `hashMachineId` has it; null: not told apart. */
  readonly machine: string | null;
  /** As in our own `ProcessIdentity`; null: not known. */
  readonly bootId: string | null;
};

/** Where the previous copy is kept. */
export const toPrevious = (path: string): string => `${path}.previous`;
