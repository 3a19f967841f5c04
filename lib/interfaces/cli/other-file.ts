import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { StackSnapshot } from '../../domain/snapshot.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import type { CommandContext } from './context.ts';

/** A folder has one stack at a time, and this is it. Both as they are shown to the user. */
export type OtherFile = { readonly running: string; readonly meant: string };

/** What says which file it was read from: a snapshot, or what a killed supervisor has left. */
export type Running = { readonly file?: StackSnapshot['file'] | undefined };

/**
 * The file that what runs was read from, where `meant` is another one. Null: it is the same, also by another name; it is not
 * there any more, so that nobody can mean it; or it is not known.
 */
export const findOtherFile = ({ cwd }: Pick<CommandContext, 'cwd'>, { file }: Running, meant: string): OtherFile | null => {
  if (file === undefined || !existsSync(file)) return null;
  const other = path.resolve(cwd, meant);
  if (realpathSync.native(file) === toReal(other)) return null;
  return { running: path.relative(cwd, file), meant: path.relative(cwd, other) };
};

/** As it is called where it is not there. */
const toReal = (file: string): string => (existsSync(file) ? realpathSync.native(file) : file);

/** The same, of a file that was named on the command line; without `-f` what runs is meant, whatever its file. */
export const findOtherThanNamed = (context: Pick<CommandContext, 'args' | 'cwd'>, running: Running): OtherFile | null => {
  const named = context.args.text('file');
  return named === null ? null : findOtherFile(context, running, named);
};

export const tellOther = ({ running, meant }: OtherFile): string =>
  `what runs in this folder is ${safe(running)}, and not ${safe(meant)}`;

const safe = (text: string): string => toSafeText(text, { colours: false });
