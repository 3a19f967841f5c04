import { relative } from 'node:path';
import { type FailedBoot, failedLast, hadNoPort, interruptedLast } from '../../domain/last-boot.ts';
import { logFilesOf } from '../../domain/log-files.ts';
import type { Stack } from '../../domain/service.ts';
import { isPredicate } from '../../domain/words.ts';
import { plainFileAt } from '../../runtime/logs/file-facts.ts';
import { toMoment } from '../../util/local-time.ts';
import { toSafeText } from '../../util/terminal-text.ts';
import { findPlace } from './connect.ts';
import type { CommandContext, ReadStack } from './context.ts';
import { readMemory } from './read-memory.ts';

/** The last boot that nothing came of, for whoever comes after its end. */
export type LastBoot = FailedBoot & {
  /**
   * Where the first of those that failed wrote, as the user would type it; null: it printed nothing, or its file does not have it
   * any more.
   */
  readonly log: string | null;
};

type Where = {
  readonly root: string;
  readonly cwd: string;
  readonly stack: Stack | null;
  /** Also one that was ended by somebody before it was over. */
  readonly alsoInterrupted?: boolean;
};

export const readLastBoot = async ({ root, cwd, stack, alsoInterrupted = false }: Where): Promise<LastBoot | null> => {
  const { history } = await readMemory(root, null);
  const isOptional = (name: string): boolean => stack?.services.get(name)?.optional === true;
  const boot = failedLast(history, isOptional) ?? (alsoInterrupted ? interruptedLast(history) : null);
  if (boot === null) return null;
  const [first] = boot.failed;
  const service = stack?.services.get(first?.name ?? '');
  const file = service === undefined ? undefined : logFilesOf(service).find(hasWords);
  // What had no port was not started: its log tells of another time.
  const isThere = file !== undefined && (first === undefined || !hadNoPort(first));
  return { ...boot, log: isThere ? relative(cwd, file) || file : null };
};

/** Nobody is sent to an empty file. */
const hasWords = (file: string): boolean => (plainFileAt(file)?.size ?? 0) > 0;

/** The same for a command that has found nobody, and what its file says by now. */
export const lookAtLastBoot = async (
  context: CommandContext,
  { alsoInterrupted = false }: { readonly alsoInterrupted?: boolean } = {},
): Promise<{ readonly boot: LastBoot; readonly read: ReadStack } | null> => {
  const place = await findPlace(context, false);
  if (!place.ok) return null;
  const read = await context.read({ checkSystem: false, isTold: true });
  const boot = await readLastBoot({ root: place.root, cwd: context.cwd, stack: read.stack, alsoInterrupted });
  return boot === null ? null : { boot, read };
};

/** `the last boot, at 12:30, failed: api exited with code 3, web had no time left` */
export const tellLastBoot = ({ run, failed }: FailedBoot): string => {
  if (run.outcome === 'interrupted') return `the last boot, at ${toMoment(run.startedAt)}, was interrupted`;
  const told = failed.slice(0, most).map(({ name, reason }) => tellOne(name, reason ?? 'failed'));
  const more = failed.length - told.length;
  const word = run.outcome === 'timed-out' ? 'timed out' : 'failed';
  const who = `${told.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
  return toSafeText(`the last boot, at ${toMoment(run.startedAt)}, ${word}: ${who}`, { colours: false });
};

const tellOne = (name: string, reason: string): string =>
  isPredicate(reason) || reason === 'failed' ? `${name} ${reason}` : `${name} (${reason})`;

const most = 3;

export const tellLastLog = ({ log }: LastBoot): string =>
  log === null ? '' : `; its log: ${toSafeText(log, { colours: false })}`;

export const toLastBootData = ({ run, failed, log }: LastBoot): Readonly<Record<string, unknown>> => ({
  id: run.id,
  startedAt: run.startedAt,
  outcome: run.outcome,
  failed: failed.map(({ name, reason }) => ({ name, reason })),
  log,
});
