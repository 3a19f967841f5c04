import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCrashNote, readLastWords } from '../../../runtime/crash-note.ts';
import { readIdentity } from '../../../runtime/processes/read-identity.ts';
import { toMoment } from '../../../util/local-time.ts';
import type { Check, Finding } from './finding.ts';

/** The supervisor: there, gone without a word, of another version; and what it left in its runtime folder. */
export const checkSupervisor: Check = ({ supervision, runtime, toType }) => {
  if (!runtime.ok) return [{ code: 'runtime-folder', severity: 'error', text: runtime.reason, mend: mendFolder(runtime.reason) }];
  switch (supervision.kind) {
    case 'running':
      return toCrash(runtime.path);
    case 'none':
      return [...toCrash(runtime.path), ...toStaleLocks(runtime.path)];
    case 'stale':
      return [
        {
          code: 'supervisor-killed',
          severity: 'warning',
          text: `the supervisor did not end in order, and services may still run${tellLastWords(readLastWords(runtime.path))}`,
          mend: `${toType(['recover'])} (or ${toType(['down'])} to end them)`,
        },
        ...toStaleLocks(runtime.path),
      ];
    case 'other-version':
      return [{ code: 'supervisor-version', severity: 'error', text: supervision.reason, mend: toType(['down']) }];
    case 'silent':
      return [{ code: 'supervisor-silent', severity: 'error', text: supervision.reason, mend: `look at ${runtime.path}` }];
  }
};

const mendFolder = (reason: string): string => {
  const path = /(\/\S+)/.exec(reason)?.[1];
  return path === undefined ? 'set XDG_RUNTIME_DIR to a folder of your own' : `ls -ld ${path}`;
};

/** A lock of the dead stops nobody: the next boot takes the next number. */
const toStaleLocks = (folder: string): Finding[] =>
  namesIn(folder)
    .filter((name) => /^lock\.\d+$/.test(name))
    .flatMap((name): Finding[] => {
      const holder = readHolder(join(folder, name));
      const alive = holder === null ? null : readIdentity(holder.pid);
      if (holder !== null && alive?.startTime === holder.startTime && alive.bootId === holder.bootId) {
        const text = `a supervisor with pid ${holder.pid} has the lock and no socket; it is starting, or stuck`;
        return [{ code: 'supervisor-stuck', severity: 'error', text, mend: `ps -fp ${holder.pid}` }];
      }
      const text = `the lock ${name} belongs to a process that is gone; the next boot takes over`;
      return [{ code: 'lock-stale', severity: 'note', text, mend: null }];
    });

type Holder = { readonly pid: number; readonly startTime: string; readonly bootId: string };

const readHolder = (path: string): Holder | null => {
  try {
    const { pid, startTime, bootId } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
      ? { pid, startTime, bootId }
      : null;
  } catch {
    // Gone since it was listed, or not written by us: nobody's lock.
    return null;
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const tellLastWords = (words: string | null): string => (words === null ? '' : `; its last words: ${words}`);

/** Services lived on, and another supervisor went on with them; but it should not have died. */
const toCrash = (folder: string): Finding[] => {
  const note = readCrashNote(folder);
  if (note === null) return [];
  const text = `an earlier supervisor (pid ${note.pid}) did not end in order, as was found at ${toMoment(note.foundAt)}${tellLastWords(note.words)}`;
  return [{ code: 'supervisor-crashed', severity: 'note', text, mend: null }];
};
