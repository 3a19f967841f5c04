import { dirname } from 'node:path';
import { type FoldLimits, foldHistory, usualLimits } from '../domain/fold.ts';
import type { History } from '../domain/history.ts';
import { type FileMark, isSameContent, isSameFile, sweepTemporaries, writeAtomically } from './atomic-write.ts';
import { keepPrevious, setAside } from './memory-file/aside.ts';
import { createEncoder } from './memory-file/encode.ts';
import { type Memory, type MemoryFacts, type ReadMemory, toPrevious } from './memory-file/memory.ts';
import { readMark, whyUnwritable } from './memory-file/place.ts';
import { recall } from './memory-file/recall.ts';
import { joinSaves, type Saved } from './memory-file/saves.ts';

export {
  emptyMemory,
  type Memory,
  type MemoryFacts,
  type ReadMemory,
  type RecordedService,
} from './memory-file/memory.ts';

export type MemoryFile = {
  read(): Promise<ReadMemory>;
  /** Replaces the file atomically and durably. Saves that come while one runs are joined; resolves with the reason when it could not be saved. */
  save(memory: Memory): Promise<Saved>;
};

export type MemoryFileOptions = {
  /** Usually `.server_memory.json` in the project's folder. */
  readonly path: string;
  /** Real path of the project's folder. */
  readonly root: string;
  readonly facts: MemoryFacts;
  /** Gets what people should know of a save that worked all the same: one sentence, without a full stop. */
  readonly warnTo?: (sentence: string) => void;
  readonly limits?: FoldLimits;
  /** Epoch milliseconds, for the names of files that are set aside. */
  readonly wall?: () => number;
};

/**
 * The memory in a file: mode 0600, checked by a checksum, replaced atomically with the previous copy kept beside it, bounded by
 * folding. Whatever is in its place, reading ends with a memory and at most one warning. The one who saves must be the only one
 * who does (the supervisor's lock); anybody may read at any time.
 */
export const createMemoryFile = (options: MemoryFileOptions): MemoryFile => {
  const { path, root, facts, warnTo = () => undefined, limits = usualLimits, wall = Date.now } = options;
  const encode = createEncoder({ root, uid: facts.uid, machine: facts.machine });
  const fold = remember((history: History) => foldHistory(history, limits));
  /** What is in the file is ours and good, so it may become the previous copy. */
  let ours: FileMark | null = null;
  /** It was damaged, and it was set aside. */
  let dealtWith: FileMark | null = null;
  let refusal: string | null = null;
  let hasRead = false;
  let isPrepared = false;
  /** Of a previous copy that cannot be kept; once is enough. */
  let hasWarned = false;

  const read = async (): Promise<ReadMemory> => {
    const recalled = await recall({ path, root, facts, wall });
    hasRead = true;
    ours = recalled.ours;
    dealtWith = recalled.damaged;
    refusal = recalled.refusal;
    const folder = refusal === null ? await whyUnwritable(dirname(path)) : null;
    const sentences = folder === null ? recalled.sentences : [...recalled.sentences, `nothing new will be remembered: ${folder}`];
    return {
      memory: recalled.memory,
      warning: sentences.length === 0 ? null : sentences.join('; '),
      writable: refusal === null && folder === null,
    };
  };

  const prepare = async (): Promise<void> => {
    if (!hasRead) {
      const { warning } = await read();
      if (warning !== null) warnTo(warning);
    }
    for (const name of [path, toPrevious(path)]) await sweepTemporaries(name);
    isPrepared = true;
  };

  /** What is about to be replaced becomes the previous copy if it is ours, and is set aside if somebody else put it there. */
  const retire = async (): Promise<void> => {
    const present = await readMark(path);
    if (present === null) return;
    if (ours !== null && isSameContent(present, ours)) {
      const isKept = await keepPrevious(path, toPrevious(path));
      if (!isKept && !hasWarned) warnTo(`no previous copy of ${path} could be kept`);
      hasWarned ||= !isKept;
      return;
    }
    if (dealtWith !== null && isSameFile(present, dealtWith)) return;
    const name = await setAside({ path, kind: 'replaced', mark: present, isFolder: present.isFolder, wall: wall() });
    warnTo(`${path} was changed by somebody else; ${name === null ? 'it is written anew' : `that file is kept as ${name}`}`);
  };

  const write = async (memory: Memory): Promise<Saved> => {
    try {
      if (!isPrepared) await prepare();
      // Somebody may have mended it meanwhile.
      if (refusal !== null) await read();
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
    if (refusal !== null) return { ok: false, reason: refusal };
    const chunks = encode({ ...memory, history: fold(memory.history) });
    const outcome = await writeAtomically({ path, chunks, mode: 0o600, beforeReplace: retire });
    ours = outcome.mark ?? ours;
    return outcome.ok ? { ok: true } : { ok: false, reason: outcome.reason };
  };

  return { read, save: joinSaves(write) };
};

/** Answers again what it answered last, as long as it is asked the same. */
const remember = <In, Out>(ask: (question: In) => Out): ((question: In) => Out) => {
  let last: { readonly question: In; readonly answer: Out } | null = null;
  return (question) => {
    if (last?.question !== question) last = { question, answer: ask(question) };
    return last.answer;
  };
};
