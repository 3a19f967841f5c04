import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PortHolder, ProcessIdentity } from '../domain/process.ts';
import { readNote, writeNote } from './note.ts';
import { isPrivate, runtimeBases } from './runtime-dir.ts';

/** What a supervisor leaves in its runtime folder, so that `muster ls` finds its project: the folder's own name is a hash. */
export type StackNote = {
  readonly root: string;
  /** The stack file, absolute; absent in those of an older version. */
  readonly file?: string;
  readonly name: string;
  readonly environment: string;
  readonly supervisor: ProcessIdentity;
  /** Epoch milliseconds. */
  readonly since: number;
};

export type NotedStack = {
  /** Its runtime folder. */
  readonly folder: string;
  /** As the runtime folder is named. */
  readonly project: string;
  /** Null: it left none, or one that cannot be believed. */
  readonly note: StackNote | null;
};

export const noteFile = 'stack.json';

export const writeStackNote = (folder: string, note: StackNote): void => writeNote(folder, noteFile, note);

export const removeStackNote = (folder: string): void => rmSync(join(folder, noteFile), { force: true });

/** All runtime folders of this user's projects. Only folders that nobody else can write into are looked at. */
export const listStackNotes = (env: NodeJS.ProcessEnv = process.env): readonly NotedStack[] =>
  runtimeBases(env).flatMap((base) =>
    readdirSync(base)
      .filter((project) => /^[0-9a-f]{16}$/.test(project) && isPrivate(join(base, project)))
      .sort()
      .map((project) => ({ folder: join(base, project), project, note: readStackNote(join(base, project)) })),
  );

/** The folder of the stack of that id; null: its supervisor has left no word of it. */
export const rootOfStack = (project: string, env: NodeJS.ProcessEnv = process.env): string | null =>
  listStackNotes(env).find((stack) => stack.project === project)?.note?.root ?? null;

/** With the folder of its stack, for people. */
export const withRoot = (holder: PortHolder): PortHolder => {
  const root = holder.marker === null ? null : rootOfStack(holder.marker.project);
  return root === null ? holder : { ...holder, root };
};

/** Null: none is there, or one that cannot be believed. */
export const readStackNote = (folder: string): StackNote | null => {
  try {
    const text = readNote(join(folder, noteFile));
    return text === null ? null : toNote(JSON.parse(text));
  } catch {
    // Absent, or not written by us: the folder is then only known by its name.
    return null;
  }
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const toNote = (value: unknown): StackNote | null => {
  if (!isFields(value)) return null;
  const { root, file, name, environment, supervisor, since } = value;
  if (typeof root !== 'string' || typeof name !== 'string' || typeof environment !== 'string') return null;
  if (!isFields(supervisor) || typeof since !== 'number' || !Number.isFinite(since)) return null;
  const { pid, startTime, bootId } = supervisor;
  if (typeof pid !== 'number' || typeof startTime !== 'string' || typeof bootId !== 'string') return null;
  const known = { root, name, environment, supervisor: { pid, startTime, bootId }, since };
  return typeof file === 'string' ? { ...known, file } : known;
};
