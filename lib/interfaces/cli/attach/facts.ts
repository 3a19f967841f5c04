import { relative } from 'node:path';
import { toCriticalPath } from '../../../domain/critical-path.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { ServiceSnapshot, StackSnapshot } from '../../../domain/snapshot.ts';
import type { StateKind } from '../../../domain/state.ts';
import type { Mirror } from '../../control/mirror.ts';
import type { BootReport, FailureFacts, News } from '../../control.ts';
import { type FailureOptions, renderFailure } from '../render/failure.ts';
import type { Look } from '../render/theme.ts';
import { renderTiming } from '../render/timing.ts';
import { addSearched, type PathOf } from './searched.ts';

/** What the views have in common: the same facts, told in the same words. */
export type Facts = {
  readonly mirror: Mirror;
  /** Null: nothing is known of how long it should take. */
  readonly plan: Plan | null;
  /** The user's folder: paths are told as seen from there. */
  readonly cwd: string;
  /** The command to type again. */
  readonly again: string;
  /** Makes a command of the words after `muster`. */
  readonly toType: (words: readonly string[]) => string;
  readonly pathOf: PathOf;
  /** False: Ctrl-C only leaves it, whatever it does. */
  readonly canHurry?: boolean;
};

const isUpState: ReadonlySet<StateKind> = new Set(['starting', 'ready', 'unhealthy', 'stopping']);

/** There is, or may be, a process of some service. */
export const isAnythingUp = ({ services }: Pick<StackSnapshot, 'services'>): boolean =>
  services.some(({ state }) => isUpState.has(state));

/** A service that has failed just now. Where nothing is booted or stopped, the report of it follows at once, and is enough. */
export const isReported = ({ state }: ServiceSnapshot, news: News | null): boolean =>
  state === 'failed' && news !== null && news.from !== 'failed';

export const renderFailures = (
  { cwd, again, toType, pathOf }: Facts,
  failures: readonly FailureFacts[],
  look: FailureOptions,
): string[] =>
  failures.flatMap(({ cause, label, logLines, logFile, logCommand = null, byHand, notes }) => {
    const { state } = cause;
    const lastProbe = state.kind === 'failed' && state.failure.kind === 'not-ready' ? state.failure.lastProbe : null;
    const file = relative(cwd, logFile) || logFile;
    const report = {
      cause: addSearched(cause, pathOf(cause.name)),
      label,
      logLines,
      logFile: file,
      logCommand,
      lastProbe,
      again,
      toType,
      byHand,
      notes,
    };
    return ['', ...renderFailure(report, look)];
  });

export const renderTimes = ({ run }: BootReport, { mirror }: Facts, look: Look & { readonly width: number | null }): string[] =>
  renderTiming(run, {
    ...look,
    critical: toCriticalPath(run).chain,
    order: mirror.snapshot().services.map(({ name }) => name),
  });
