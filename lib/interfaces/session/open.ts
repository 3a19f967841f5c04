import { join } from 'node:path';
import { buildGraph } from '../../domain/graph.ts';
import { memoryFileName } from '../../domain/memory-name.ts';
import { type Plan, toPlan } from '../../domain/plan.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import { type RecordedProcess, recordedProcesses } from '../../domain/recorded.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import { isLive } from '../../domain/state.ts';
import { forgetCrash, forgetWords, readLastWords, writeCrashNote } from '../../runtime/crash-note.ts';
import { removeDeadDrafts } from '../../runtime/drafts.ts';
import { ownUid, projectId } from '../../runtime/identity.ts';
import { openJournal } from '../../runtime/journal.ts';
import { hashMachineId, readMachineClass } from '../../runtime/memory-file/machine.ts';
import { createMemoryFile, type Memory } from '../../runtime/memory-file.ts';
import { closeInheritedDescriptors } from '../../runtime/processes/descriptors.ts';
import { readIdentity } from '../../runtime/processes/read-identity.ts';
import { takeProject } from '../../runtime/project-lock.ts';
import { removeStackNote, type StackNote, writeStackNote } from '../../runtime/stack-note.ts';
import { folderVariable } from '../../supervisor/addresses.ts';
import { createSession, type Session } from '../../supervisor/session.ts';
import type { SessionNotices } from '../../supervisor/session-types.ts';
import { type Ownership, openSystem } from '../../supervisor/system.ts';

export type OpenOptions = {
  readonly stack: Stack;
  /** The stack with those services too: an earlier supervisor left them running, and `stack` lacks them. Null: without. */
  readonly withSurvivors?: (names: readonly ServiceName[]) => Promise<Stack | null>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: { readonly failFast: boolean; readonly fresh: boolean; readonly watch?: boolean };
  readonly notices: SessionNotices;
  /** False: this process is somebody else's program, whose descriptors are none of our business. */
  readonly isOwnProcess?: boolean;
  /** The memory was damaged or cannot be written; absent: told by `warn`. */
  readonly warnOfMemory?: (text: string) => void;
  /** One sentence for people. */
  readonly warn: (text: string) => void;
};

export type Opened =
  | {
      readonly ok: true;
      readonly session: Session;
      readonly plan: Plan;
      readonly isFirstRun: boolean;
      /** The project's runtime folder. */
      readonly folder: string;
      readonly release: () => Promise<void>;
    }
  | { readonly ok: false; readonly why: 'held'; readonly holder: ProcessIdentity }
  | { readonly ok: false; readonly why: 'no-folder'; readonly reason: string };

/** Takes the project's lock, reads its memory, and puts a supervisor over the real system. Nothing is started yet. */
export const openStack = async (options: OpenOptions): Promise<Opened> => {
  const { env, flags, notices, warn, isOwnProcess = true, warnOfMemory = warn } = options;
  if (isOwnProcess) closeInheritedDescriptors();
  const project = projectId(options.stack.root);
  const self = readIdentity(process.pid);
  if (self === null) return { ok: false, why: 'no-folder', reason: 'the system does not show us our own process' };
  const ownership: { current: Ownership } = { current: { isRunning: () => false, recorded: () => [] } };
  const runtime = openSystem(
    {
      isRunning: (marker) => ownership.current.isRunning(marker),
      recorded: () => ownership.current.recorded(),
    },
    (path, reason) => warn(`${path} is not rotated: ${reason}`),
  );
  const given = env[folderVariable];
  const taken = await takeProject({
    root: options.stack.root,
    env,
    self,
    isAlive: runtime.processes.isAlive,
    ...(given === undefined ? {} : { folder: given }),
  });
  if (!taken.ok) return taken;
  const { folder } = taken;
  removeDeadDrafts(folder);

  const memoryFile = createMemoryFile({
    path: join(options.stack.root, memoryFileName),
    root: options.stack.root,
    facts: { uid: ownUid() === -1 ? null : ownUid(), machine: hashMachineId(), bootId: self.bootId },
    warnTo: warnOfMemory,
  });
  const { memory, warning } = await memoryFile.read();
  if (warning !== null) warnOfMemory(warning);
  const journal = openJournal({
    folder,
    self,
    onProblem: (reason) => warn(`what runs cannot be noted in ${folder}: ${reason}`),
  });
  const recorded = { ...memory.running, ...journal.recorded };
  const left = namesLeft(recorded).filter((name) => !options.stack.services.has(name));
  const stack = (left.length === 0 ? null : await options.withSurvivors?.(left)) ?? options.stack;
  const graph = buildGraph(stack.services);
  const machine = readMachineClass(env);
  const warm = !flags.fresh && isAnythingLeft(recorded);
  const plan = toPlan(stack, graph, memory.history, { machine, warm });
  const session = createSession({
    stack,
    graph,
    runtime,
    memoryFile,
    memory,
    journal,
    project,
    self,
    machine,
    environment: env,
    notifyDir: folder,
    warm,
    priority: (name) => plan.services.get(name)?.priority ?? 0,
    usualStarts: (name) => plan.services.get(name)?.starts ?? [],
    flags,
    notices,
  });
  ownership.current = toOwnership(session, recordedProcesses(recorded, project));
  const predecessor = journal.predecessor ?? memory.supervisor;
  // A reboot ended everything: that was none of its doing.
  const hasCrashed = predecessor !== null && predecessor.bootId === self.bootId;
  if (hasCrashed) writeCrashNote(folder, { pid: predecessor.pid, foundAt: session.wall(), words: readLastWords(folder) });
  const since = session.wall();
  const writeNote = (): void => writeStackNote(folder, toNote(session.stack, { supervisor: self, since }));
  writeNote();
  session.onExchange(writeNote);
  const release = (): Promise<void> => {
    removeStackNote(folder);
    forgetWords(folder);
    if (!hasCrashed) forgetCrash(folder);
    return taken.release();
  };
  return { ok: true, session, plan, isFirstRun: memory.history.runs.length === 0, folder, release };
};

const toNote = (
  { root, name, environment, files: [file] }: Stack,
  whose: Pick<StackNote, 'supervisor' | 'since'>,
): StackNote => ({ root, name, environment, ...whose, ...(file === undefined ? {} : { file }) });

/** What was to run when its supervisor was killed. */
const namesLeft = (running: Memory['running']): readonly ServiceName[] =>
  Object.entries(running).flatMap(([name, { desired, process: known }]) =>
    desired === 'running' || known !== null ? [name] : [],
  );

/** Something of it may be taken over: then the boot is a warm one. */
const isAnythingLeft = (running: Memory['running']): boolean =>
  Object.values(running).some(({ process: known }) => known !== null);

/** Which processes are ours: those of the running attempts, and those that the memory has recorded. */
const toOwnership = ({ records }: Session, recorded: readonly RecordedProcess[]): Ownership => ({
  isRunning: ({ service, attempt }) => {
    const record = records.get(service);
    return record !== undefined && record.attempt === attempt && isLive(record.state);
  },
  recorded: () => recorded,
});
