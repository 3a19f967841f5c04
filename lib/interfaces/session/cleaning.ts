import path from 'node:path';
import { logFilesOf } from '../../domain/log-files.ts';
import type { Stack } from '../../domain/service.ts';
import { type Cleanable, type Cleaned, findCleanable, removeAll } from '../../runtime/clean.ts';
import { toSafeText } from '../../util/terminal-text.ts';

/** What `clean` means for the services that take part: found, and not touched. */
export const findCaches = (stack: Stack): Promise<readonly Cleanable[]> => {
  const services = [...stack.services.values()];
  return findCleanable({
    root: stack.root,
    rules: [...stack.clean, ...services.flatMap(({ clean }) => clean ?? [])],
    keep: stack.files,
    logs: [path.join(stack.root, 'logs', 'muster.log'), ...services.flatMap(logFilesOf)],
  });
};

/** Before a fresh start: what was removed, and what could not be, as sentences. */
export const cleanBeforeStart = async (stack: Stack, tell: (text: string) => void): Promise<void> => {
  const found = await findCaches(stack);
  if (found.length === 0) return;
  const { removed, failed } = await removeAll(found);
  if (removed.length > 0) tell(`cleaned: ${tellSome(stack, removed)}`);
  for (const line of tellFailed(stack, failed)) tell(line);
};

export const tellFailed = (stack: Stack, failed: Cleaned['failed']): readonly string[] =>
  failed.map(
    ({ path: file, reason }) => `${tellPath(stack, { path: file, isFolder: false })} could not be removed: ${safe(reason)}`,
  );

/** As seen from the project's folder; a folder ends in a slash. */
export const tellPath = ({ root }: Stack, { path: file, isFolder }: Cleanable): string =>
  `${safe(path.relative(root, file))}${isFolder ? '/' : ''}`;

const shown = 5;

const tellSome = (stack: Stack, items: readonly Cleanable[]): string => {
  const rest = items.length - shown;
  return `${items
    .slice(0, shown)
    .map((item) => tellPath(stack, item))
    .join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

const safe = (text: string): string => toSafeText(text, { colours: false });
