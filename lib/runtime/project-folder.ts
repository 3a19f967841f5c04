import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryFileName } from '../domain/memory-name.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import { projectId } from './identity.ts';
import { plainFileAt } from './logs/file-facts.ts';
import { glanceAtProcText } from './processes/read-proc.ts';
import { folderOfOwner } from './root-lock.ts';
import { isPrivate, type RuntimeDir, runtimeBases, runtimeDir } from './runtime-dir.ts';
import { noteFile, readStackNote } from './stack-note.ts';

/** Bytes above which a memory is no memory. */
const longestMemory = 64 * 1024 * 1024;

/**
 * The runtime folder of a project: where its supervisor is to be found, or would be. That is by the caller's environment, and two
 * sessions of one user may differ in it (`su`, cron, a container's shell have no XDG_RUNTIME_DIR): then the supervisor that lives
 * says where it is, by its lock in the project or, where that cannot be, by its own environment. Throws the system's error when
 * `root` does not exist.
 */
export const projectFolder = (
  root: string,
  env: NodeJS.ProcessEnv = process.env,
  project: string = projectId(root),
): RuntimeDir => {
  const owner = folderOfOwner(root, project);
  return owner !== null && isPrivate(owner) ? { ok: true, path: owner } : folderToOwnIn(root, env, project);
};

/** The same for whoever is about to become the owner: one that only tries to is not where to go. */
export const folderToOwnIn = (root: string, env: NodeJS.ProcessEnv, project: string): RuntimeDir => {
  const usual = runtimeDir(project, env);
  if (!usual.ok || existsSync(join(usual.path, noteFile))) return usual;
  const elsewhere = [...runtimeBases(env), ...basesOfSupervisor(root)]
    .map((base) => join(base, project))
    .find((folder) => folder !== usual.path && isPrivate(folder) && readStackNote(folder) !== null);
  return elsewhere === undefined ? usual : { ok: true, path: elsewhere };
};

/** Of the one that the project's memory names. What is read there only tells where to look: only folders that are ours count. */
const basesOfSupervisor = (root: string): readonly string[] => {
  const supervisor = readSupervisor(join(root, memoryFileName));
  const environment = supervisor === null ? null : glanceAtProcText(`/proc/${supervisor.pid}/environ`);
  if (environment === null) return [];
  const variables = environment
    .split('\0')
    .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]);
  return runtimeBases(Object.fromEntries(variables) as NodeJS.ProcessEnv);
};

const readSupervisor = (path: string): Pick<ProcessIdentity, 'pid'> | null => {
  const size = plainFileAt(path)?.size ?? 0;
  if (size === 0 || size > longestMemory) return null;
  try {
    const memory: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const supervisor = isObject(memory) ? memory.supervisor : null;
    const pid = isObject(supervisor) ? supervisor.pid : null;
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? { pid } : null;
  } catch {
    // Damaged or unreadable: what is wrong with it is told by whoever needs it.
    return null;
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
