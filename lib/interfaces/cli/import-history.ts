import path from 'node:path';
import { type History, namesIn } from '../../domain/history.ts';
import { countNew, mergeHistories } from '../../domain/merge-history.ts';
import { groupOf } from '../../domain/replicas.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import { openMemoryFile } from '../open-memory.ts';
import { toCommandLine } from './connect.ts';
import type { CommandContext } from './context.ts';

export type ImportRequest = {
  /** Real path of the project's folder. */
  readonly root: string;
  /** As the user named it. */
  readonly file: string;
  readonly known: KnownServices;
};

/** What the stack has now: names, also those that stand for replicas, and fingerprints of definitions. */
type KnownServices = { readonly names: readonly string[]; readonly definitions: readonly string[] };

/**
 * `stats --import FILE`: takes the runs of another memory file (a CI's cache, a colleague's) into that of this project, and says how
 * many were new. Answers with the exit code: 2 where the file cannot be read, 5 while a supervisor has the memory, 1 where it
 * cannot be saved.
 */
export const importHistory = async (context: CommandContext, { root, file, known }: ImportRequest): Promise<number> => {
  const { args, cwd, stdout, stderr } = context;
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
  const held = await holdMemory(root, context);
  if (!held.ok) {
    stderr.line(`muster stats: ${held.reason}`);
    return held.exitCode;
  }
  try {
    const memoryFile = await openMemoryFile(root);
    const { memory, warning } = await memoryFile.read();
    if (warning !== null) stderr.line(`muster: ${warning}`);
    const strange = tellStrange(file, found.history, memory.history, known);
    if (strange !== null) stderr.line(`muster stats: ${strange}`);
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

/** Boots of another project would be mixed into those of here, service by service. A number at the end is that of a replica. */
const tellStrange = (file: string, theirs: History, ours: History, { names, definitions }: KnownServices): string | null => {
  const all = namesIn(theirs);
  const isKnown = (name: string): boolean => names.includes(name) || names.includes(groupOf(name) ?? name);
  const strange = all.filter((name) => !isKnown(name));
  const seen = new Set([...definitions, ...definitionsIn(ours)]);
  const isOfUs = definitionsIn(theirs).some((hash) => seen.has(hash));
  if (strange.length === 0)
    return isOfUs || theirs.runs.length === 0
      ? null
      : `no service in ${file} was ever defined as it is here: if it is the memory of another project, its times are now mixed with those of here`;
  const shown = toSafeText(strange.slice(0, 5).join(', '), { colours: false });
  const which = `${shown}${strange.length > 5 ? ', …' : ''}`;
  const count = `${strange.length} of the ${all.length} service${all.length === 1 ? '' : 's'} in ${file} ${strange.length === 1 ? 'is' : 'are'} not of this stack (${which})`;
  if (isOfUs) return count;
  return strange.length === all.length
    ? `${count}: it looks like the memory of another project`
    : `${count}, and no other was ever defined as it is here: it looks like the memory of another project, whose times are now mixed with those of here`;
};

const definitionsIn = ({ runs }: History): readonly string[] =>
  runs.flatMap(({ services }) => Object.values(services).map(({ definitionHash }) => definitionHash));

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
export const holdMemory = async (root: string, context: CommandContext): Promise<Held> => {
  const [{ takeProject }, { readIdentity }, { createProcesses }] = await Promise.all([
    import('../../runtime/project-lock.ts'),
    import('../../runtime/processes/read-identity.ts'),
    import('../../runtime/processes/create.ts'),
  ]);
  const self = readIdentity(process.pid);
  if (self === null) return { ok: false, reason: 'the system does not show us our own process', exitCode: 2 };
  const taken = await takeProject({ root, env: context.env, self, isAlive: createProcesses().isAlive });
  if (taken.ok) return taken;
  if (taken.why === 'no-folder') return { ok: false, reason: taken.reason, exitCode: 2 };
  const reason = `the stack is up, and its supervisor (pid ${taken.holder.pid}) keeps the memory; import after "${toCommandLine(context, ['down'])}"`;
  return { ok: false, reason, exitCode: 5 };
};
