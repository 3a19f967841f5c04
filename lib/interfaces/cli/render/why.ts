import { excerptLength, toExcerpt } from '../../../domain/excerpt.ts';
import type { RootCause } from '../../../domain/outcome.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { truncateToWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { StackControl, Why, WhyStep } from '../../control.ts';
import { adviceFor, adviceForMisplaced } from './advice.ts';
import { createTheme, type Look } from './theme.ts';

export type WhyOptions = Look & {
  readonly width: number | null;
  /** The log file as the user would type it. */
  readonly logFile: string | null;
  /** What to type next; null: nothing is wrong. */
  readonly next: string | null;
};

/** The chain of causes, one step a line from the service to the root, what the root said last, and what to do about it. */
export const renderWhy = ({ steps, logLines }: Why, { width, logFile, next, ...look }: WhyOptions): string[] => {
  const theme = createTheme(look);
  const chain = steps.map(({ service, state, because }, index) => {
    const step = `${theme.shape(state)} ${theme.paint('bold', safe(service))} ${safe(theme.text(because))}`;
    return `${'  '.repeat(Math.min(index, deepest))}${step}`;
  });
  const file = logFile === null ? 'its log' : safe(logFile);
  const said = toExcerpt(logLines, excerptLength).map((line) => theme.text(`  │ ${toSafeText(line, { colours: theme.colour })}`));
  // What a service that is well prints explains nothing.
  const log = said.length === 0 || steps.at(-1)?.state === 'ready' ? [] : [`  last lines of ${file}:`, ...said];
  const lines = [...chain, ...log].map((line) => (width === null ? line : truncateToWidth(line, width)));
  // Never cut: it is there to be typed.
  return next === null ? lines : [...lines, theme.paint('bold', `next: ${next}`)];
};

/** Steps in a long chain are not moved further to the right than this. */
const deepest = 8;

export type NextOptions = {
  /** Of the stack as it is: what has failed is advised upon in the words of the report of the boot. */
  readonly causes: readonly RootCause[];
  readonly services?: readonly ServiceSnapshot[];
  /** As the user would type it. */
  readonly logFile: string | null;
  /** Makes a command of the words after `muster`. */
  readonly toCommand: (words: readonly string[]) => string;
};

/** What helps most with the root of the chain; null where there is nothing to be done. */
export const toNext = ({ steps, logLines }: Why, { causes, services = [], logFile, toCommand }: NextOptions): string | null => {
  const root: WhyStep | undefined = steps.at(-1);
  if (root === undefined) return null;
  const cause = causes.find(({ name, state }) => name === root.service && state.kind === 'failed');
  if (cause !== undefined && logFile !== null) return adviceFor({ cause, logFile, logLines, again: toCommand(['up']) });
  const misplaced = services.find(({ name }) => name === root.service)?.misplaced;
  if (misplaced !== undefined && (root.state === 'starting' || root.state === 'unhealthy'))
    return adviceForMisplaced(root.service, misplaced, toCommand(['up']));
  const words = nextFor(root, logLines.length > 0);
  return words === null ? null : toCommand(words);
};

/** The same, of a stack that runs. */
export const askNext = async (
  control: Pick<StackControl, 'snapshot'>,
  why: Why,
  options: Omit<NextOptions, 'causes' | 'services'>,
): Promise<string | null> => {
  const { outcome, services } = await control.snapshot();
  return toNext(why, { ...options, causes: outcome.causes, services });
};

/** `hasLines`: its last lines are shown already. */
const nextFor = ({ service, state }: WhyStep, hasLines: boolean): readonly string[] | null => {
  switch (advice[state]) {
    case 'none':
      return null;
    case 'start':
      return ['start', service];
    case 'watch':
      return ['status', '--watch'];
    case 'logs':
      return ['logs', service];
    case 'follow':
      return ['logs', service, '--follow'];
    case 'mend':
      return hasLines ? ['logs', service] : ['start', service];
  }
};

const advice: Readonly<Record<StateKind, 'none' | 'start' | 'watch' | 'logs' | 'follow' | 'mend'>> = {
  idle: 'start',
  waiting: 'watch',
  delayed: 'watch',
  starting: 'follow',
  ready: 'none',
  unhealthy: 'logs',
  backoff: 'mend',
  stopping: 'watch',
  stopped: 'start',
  completed: 'none',
  failed: 'mend',
  skipped: 'watch',
};

const safe = (text: string): string => toSafeText(text, { colours: false });
