import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { projectId } from '../../runtime/identity.ts';
import { projectFolder } from '../../runtime/project-folder.ts';
import { readStackNote } from '../../runtime/stack-note.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import { connectControl, type NotConnected, type RemoteControl } from '../control/client.ts';
import { quoteWord } from '../exporters/shell.ts';
import type { CommandContext } from './context.ts';
import { findStackFile } from './find-file.ts';
import { findOtherThanNamed, type OtherFile, tellOther } from './other-file.ts';
import { toOwnName } from './own-name.ts';

/** Where the supervisor of a project is to be found; or why there can be none. `services.yaml` is not read: it may be broken meanwhile. */
export type Place =
  | {
      readonly ok: true;
      readonly folder: string;
      readonly root: string;
      readonly project: string;
      /** As it was named, or would be called: it may not be there. */
      readonly file: string;
    }
  | { readonly ok: false; readonly reason: string };

/** `isTold`: says which file was found, where that is not the obvious one. */
export const findPlace = async ({ args, cwd, env, stderr }: CommandContext, isTold = true): Promise<Place> => {
  let file = args.text('file');
  if (file === null) {
    const found = findStackFile({ cwd, home: env['HOME'] ?? null, uid: process.getuid?.() ?? null });
    if (isTold && found.note !== null) stderr.line(`muster: ${found.note}`);
    file = found.file;
  }
  const root = path.dirname(path.resolve(cwd, file));
  const project = identify(root);
  if (!project.ok) return project;
  const runtime = projectFolder(root, env, project.id);
  return runtime.ok ? { ok: true, folder: runtime.path, root: realpathSync.native(root), project: project.id, file } : runtime;
};

const identify = (root: string): { readonly ok: true; readonly id: string } | { readonly ok: false; readonly reason: string } => {
  try {
    return { ok: true, id: projectId(root) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const isAbsent = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    return {
      ok: false,
      reason: isAbsent ? `there is no folder ${root}` : `the folder ${root} cannot be read (${String(error.code)})`,
    };
  }
};

export type Talk = {
  /** The command, for messages. */
  readonly command: string;
  /** A supervisor answers. What comes back is the exit code. */
  readonly some: (control: RemoteControl) => Promise<number>;
  readonly none: (nobody: Nobody) => number | Promise<number>;
  /** It begins with a snapshot. */
  readonly withSnapshot?: boolean;
  /** It changes what runs: that is refused where a file was named, and another one runs. */
  readonly acts?: true;
  /** One of another version answers; without this, that is an error. */
  readonly other?: (control: OtherVersion) => Promise<number>;
};

export type Nobody = Extract<NotConnected, { readonly why: 'none' }>;
export type OtherVersion = Extract<NotConnected, { readonly why: 'version' }>;

/** Finds the supervisor of the project and talks to it. What stands in the way of that is told, and is an exit code. */
export const talk = async (
  context: CommandContext,
  { command, some, none, other, withSnapshot = false, acts }: Talk,
): Promise<number> => {
  const refuse = (reason: string, code: number): number => {
    context.stderr.line(`muster ${command}: ${toSafeText(reason, { colours: false })}`);
    return code;
  };
  const place = await findPlace(context);
  if (!place.ok) return refuse(place.reason, 2);
  const found = await connectControl(place.folder, { withSnapshot });
  const isNobody = !found.ok && found.why === 'none';
  if (isNobody && !found.stale && !existsSync(path.resolve(context.cwd, place.file)))
    return refuse(tellNoFile(context, place.file), 2);
  if (isNobody) {
    const left = acts && found.stale ? findOtherThanNamed(context, { file: readStackNote(place.folder)?.file }) : null;
    return left === null ? none(found) : refuse(refuseOther(context, left, [command, ...context.args.positionals]), 2);
  }
  if (!found.ok && found.why === 'refused') return refuse(found.reason, 5);
  try {
    const isNamed = context.args.text('file') !== null;
    const another = found.ok && isNamed ? findOtherThanNamed(context, await found.snapshot()) : null;
    if (another !== null && acts) return refuse(refuseOther(context, another, [command, ...context.args.positionals]), 2);
    if (another !== null) context.stderr.line(`muster ${command}: ${tellOther(another)}`);
    if (found.ok) return await some(found);
    return other === undefined ? refuse(found.reason, 5) : await other(found);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return refuse(`${error.message}; "${toCommandLine(context, ['status'])}" shows what is left`, 1);
  } finally {
    found.close();
  }
};

/** "Nothing is running" would be believed, and the stack that is meant may run in another folder. */
const tellNoFile = ({ args }: CommandContext, file: string): string => {
  const where = args.text('file') === null ? `no ${file} here, or above in the same repository` : `no file ${file}`;
  return `nothing is running here, and there is ${where}; is this the folder that you mean? "muster ls" shows what runs`;
};

/** What runs is another file's stack than the one that was named, and what to type for it. */
export const refuseOther = (context: CommandContext, other: OtherFile, words: readonly string[]): string =>
  `${tellOther(other)}; "${toCommandOfRunning(context, other, words)}" is about that one`;

/** The supervisor vanished, or dropped us: by name, so that the classes need not be loaded here. */
export const isConnectionError = (error: unknown): error is Error =>
  error instanceof Error && (error.name === 'ConnectionLost' || error.name === 'RequestRefused');

/** What to say, and to answer, where nothing runs. `next`: what would start what was asked for. */
export const tellNobody = (context: CommandContext, { stale }: Nobody, next: readonly string[] = ['up']): void => {
  const { args, stdout } = context;
  if (args.flag('json')) stdout.line(JSON.stringify(stale ? { running: false, stale } : { running: false }));
  else stdout.line(sentenceOfNobody(context, stale, next));
};

/** The same, and why the last boot came to nothing, if it did. */
export const tellNobodyAndWhy = async (context: CommandContext, nobody: Nobody): Promise<void> => {
  const { args, stdout } = context;
  const { lookAtLastBoot, tellLastBoot, tellLastLog, toLastBootData } = await import('./last-boot.ts');
  const boot = nobody.stale ? null : ((await lookAtLastBoot(context))?.boot ?? null);
  if (boot === null) tellNobody(context, nobody);
  else if (args.flag('json')) stdout.line(JSON.stringify({ running: false, lastBoot: toLastBootData(boot) }));
  else stdout.lines([sentenceOfNobody(context, false, ['up']), `${tellLastBoot(boot)}${tellLastLog(boot)}`]);
};

export const sentenceOfNobody = (context: CommandContext, stale: boolean, next: readonly string[]): string => {
  const command = toCommandLine(context, next);
  return stale
    ? `the supervisor of this stack did not end in order, and services may still run; "${command}" takes them over`
    : `nothing is running here; "${command}" starts it`;
};

export const sentenceOfBackground = (context: CommandContext): string =>
  `it runs in the background: ${commandsOfBackground(context)}`;

/** Of a supervisor whose services are all over. */
export const sentenceOfIdle = (context: CommandContext): string => {
  const [status, logs, up, down] = [['status'], ['logs'], ['up'], ['down']].map((words) => toCommandLine(context, words));
  return `nothing of it runs; its supervisor stays so that you can look: ${status}, ${logs}; ${up} tries again, ${down} ends it`;
};

/** What is to be done with a stack that one is not attached to. */
export const commandsOfBackground = (context: Pick<CommandContext, 'args' | 'env' | 'cwd'>): string =>
  [['status'], ['logs', '-f'], ['down']].map((words) => toCommandLine(context, words)).join(', ');

/** A command to be typed next, safe to paste. `file`: what it is about; null: the one that is read without a word. */
export const toCommandLine = (
  { args, env, cwd }: Pick<CommandContext, 'args' | 'env' | 'cwd'>,
  words: readonly string[],
  file: string | null = args.text('file'),
): string => {
  const own = toOwnName({ env, cwd, script: process.argv[1] ?? 'muster' });
  return [...own, ...(file === null ? [] : ['-f', file]), ...words]
    .map((word) => quoteWord(toSafeText(word, { colours: false })))
    .join(' ');
};

/** The same, about the file that runs. */
export const toCommandOfRunning = (
  context: Pick<CommandContext, 'args' | 'env' | 'cwd'>,
  { running }: OtherFile,
  words: readonly string[],
): string => toCommandLine(context, words, running);
