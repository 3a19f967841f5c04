import type { StateKind } from '../../../domain/state.ts';
import { truncateToWidth } from '../../../util/ansi.ts';
import { toSafeText } from '../../../util/terminal-text.ts';
import type { Why, WhyStep } from '../../control.ts';
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
  const said = logLines.map((line) => theme.text(`  │ ${toSafeText(line, { colours: theme.colour })}`));
  // What a service that is well prints explains nothing.
  const log = said.length === 0 || steps.at(-1)?.state === 'ready' ? [] : [`  last lines of ${file}:`, ...said];
  const lines = [...chain, ...log].map((line) => (width === null ? line : truncateToWidth(line, width)));
  // Never cut: it is there to be typed.
  return next === null ? lines : [...lines, theme.paint('bold', `next: ${next}`)];
};

/** Steps in a long chain are not moved further to the right than this. */
const deepest = 8;

/** The words after `muster` that help most with the root of the chain; null where there is nothing to be done. */
export const toNextCommand = (why: Why): readonly string[] | null => {
  const root: WhyStep | undefined = why.steps.at(-1);
  return root === undefined ? null : nextFor(root, why.logLines.length > 0);
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
