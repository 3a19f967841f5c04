import path from 'node:path';
import { countNew, mergeHistories } from '../../domain/merge-history.ts';
import type { CommandContext } from './context.ts';
import { openMemoryFile } from './read-memory.ts';

export type ImportRequest = {
  /** Real path of the project's folder. */
  readonly root: string;
  /** As the user named it. */
  readonly file: string;
};

/**
 * `stats --import FILE`: takes the runs of another memory file (a CI's cache, a colleague's) into that of this project, and says how
 * many were new. Answers with the exit code: 2 where the file cannot be read, 5 while a supervisor has the memory, 1 where it
 * cannot be saved.
 */
export const importHistory = async (context: CommandContext, { root, file }: ImportRequest): Promise<number> => {
  const { args, cwd, env, stdout, stderr } = context;
  const { readForeignHistory } = await import('../../runtime/memory-file/foreign.ts');
  const found = await readForeignHistory(path.resolve(cwd, file));
  if (!found.ok) {
    stderr.line(`muster stats: ${found.reason}`);
    return 2;
  }
  if (found.faults.length > 0)
    stderr.line(
      `muster stats: ${found.faults.length} of the entries of ${file} made no sense and were left out (${found.faults[0]}, …)`,
    );
  const held = await holdMemory(root, env);
  if (!held.ok) {
    stderr.line(`muster stats: ${held.reason}`);
    return held.exitCode;
  }
  try {
    const memoryFile = await openMemoryFile(root);
    const { memory, warning } = await memoryFile.read();
    if (warning !== null) stderr.line(`muster: ${warning}`);
    const history = mergeHistories(memory.history, found.history);
    const saved = await memoryFile.save({ ...memory, history });
    if (!saved.ok) {
      stderr.line(`muster stats: nothing was imported: ${saved.reason}`);
      return 1;
    }
    const counts = { imported: countNew(memory.history, found.history), inFile: found.history.runs.length };
    if (args.flag('json')) stdout.line(JSON.stringify(counts));
    else stdout.line(tell(file, counts));
    return 0;
  } finally {
    await held.release();
  }
};

const tell = (file: string, { imported, inFile }: { readonly imported: number; readonly inFile: number }): string => {
  const boots = (count: number): string => `${count} boot${count === 1 ? '' : 's'}`;
  if (inFile === 0) return `${file} holds no boots`;
  if (imported === 0) return `nothing new: ${inFile === 1 ? 'the boot' : `all ${boots(inFile)}`} of ${file} had been known`;
  return `${boots(imported)} of ${file} imported${imported === inFile ? '' : `; ${inFile - imported} had been known`}`;
};

type Held =
  | { readonly ok: true; readonly release: () => Promise<void> }
  | { readonly ok: false; readonly reason: string; readonly exitCode: 2 | 5 };

/** Whoever writes the memory must be the only one: a supervisor would put its own in the place of ours a moment later. */
export const holdMemory = async (root: string, env: CommandContext['env']): Promise<Held> => {
  const [{ takeProject }, { readIdentity }, { createProcesses }] = await Promise.all([
    import('../../runtime/project-lock.ts'),
    import('../../runtime/processes/read-identity.ts'),
    import('../../runtime/processes/create.ts'),
  ]);
  const self = readIdentity(process.pid);
  if (self === null) return { ok: false, reason: 'the system does not show us our own process', exitCode: 2 };
  const taken = await takeProject({ root, env, self, isAlive: createProcesses().isAlive });
  if (taken.ok) return taken;
  if (taken.why === 'no-folder') return { ok: false, reason: taken.reason, exitCode: 2 };
  const reason = `the stack is up, and its supervisor (pid ${taken.holder.pid}) keeps the memory; import after "muster down"`;
  return { ok: false, reason, exitCode: 5 };
};
