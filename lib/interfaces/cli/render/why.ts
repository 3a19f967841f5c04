import { depthsOf } from '../../../domain/causes.ts';
import { excerptLength } from '../../../domain/excerpt.ts';
import type { RootCause } from '../../../domain/outcome.ts';
import type { ServiceSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { StackControl, Why, WhyStep } from '../../control.ts';
import { adviceFor, adviceForLate, adviceForMisplaced } from './advice.ts';
import { createTheme, type Look, type Theme } from './theme.ts';
import { wrapText } from './wrap.ts';
import { renderOutput } from './wrap-output.ts';

export type WhyOptions = Look & {
  readonly width: number | null;
  /** The log file as the user would type it. */
  readonly logFile: string | null;
  /** A log file, of another root, as the user would type it. */
  readonly toFile?: (file: string) => string;
  /** What to type next; null: nothing is wrong. */
  readonly next: string | null;
};

/** The chains of causes, one step a line from the service to the roots, what each of these said last, and what to do about it. */
export const renderWhy = (why: Why, { width, logFile, toFile = (file) => file, next, ...look }: WhyOptions): string[] => {
  const { steps, logLines, others = [] } = why;
  const theme = createTheme(look);
  const depths = depthsOf(steps);
  const chain = steps.flatMap((step, index) => renderStep(step, Math.min(depths[index] ?? 0, deepest), { theme, width }));
  // What a service that is well prints explains nothing.
  const last = steps.at(-1)?.state === 'ready' ? [] : [{ logLines, file: logFile ?? 'its log' }];
  const said = [...others.map((other) => ({ logLines: other.logLines, file: toFile(other.logFile) })), ...last];
  const lines = Math.max(fewest, Math.floor(excerptLength / said.length));
  const logs = said.flatMap((each) => {
    const rows = renderOutput(each.logLines, { theme, width, lines, rows: 2 * lines });
    return rows.length === 0 ? [] : [theme.cut(`  last lines of ${safe(each.file)}:`, width), ...rows];
  });
  // Never cut: it is there to be typed.
  return [...chain, ...logs, ...(next === null ? [] : [theme.paint('bold', `next: ${next}`)])];
};

type Drawn = { readonly theme: Theme; readonly width: number | null };

const renderStep = ({ service, state, because }: WhyStep, depth: number, { theme, width }: Drawn): string[] => {
  const indent = '  '.repeat(depth);
  const step = `${theme.shape(state)} ${theme.paint('bold', safe(service))} ${safe(theme.text(because))}`;
  const room = width === null ? null : Math.max(1, width - indent.length - 2);
  const rows = wrapText(step, { width: room, most: mostRows, cut: theme.cut });
  return rows.map((row, index) => theme.cut(`${indent}${index === 0 ? '' : '  '}${row}`, width));
};

/** Steps in a long chain are not moved further to the right than this. */
const deepest = 8;
/** A step that is told in more is cut. */
const mostRows = 4;
/** Lines of each log, however many there are. */
const fewest = 3;

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
export const toNext = (
  { steps, logLines, byHand }: Why,
  { causes, services = [], logFile, toCommand }: NextOptions,
): string | null => {
  const root: WhyStep | undefined = steps.at(-1);
  if (root === undefined) return null;
  const cause = causes.find(({ name, state }) => name === root.service && state.kind === 'failed');
  if (cause !== undefined && logFile !== null)
    return adviceFor({ cause, logLines, again: toCommand(['up']), toType: toCommand, byHand });
  const misplaced = services.find(({ name }) => name === root.service)?.misplaced;
  if (misplaced !== undefined && (root.state === 'starting' || root.state === 'unhealthy' || root.late === true))
    return adviceForMisplaced(root.service, misplaced, toCommand(['up']));
  if (root.late === true)
    return adviceForLate(root.service, { refused: root.refused, logLines, byHand, again: toCommand(['up']), toType: toCommand });
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
const nextFor = ({ service, state, restarts = 0 }: WhyStep, hasLines: boolean): readonly string[] | null => {
  if (state === 'ready' && restarts > 0) return ['logs', service];
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
