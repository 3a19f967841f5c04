import { relative } from 'node:path';
import { toCriticalPath } from '../../../domain/critical-path.ts';
import type { Progress } from '../../../domain/eta.ts';
import type { Change } from '../../../domain/events.ts';
import type { RootCause } from '../../../domain/outcome.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { Ms, ServiceName } from '../../../domain/service.ts';
import { isSettled } from '../../../domain/state.ts';
import type { BootResult } from '../../../supervisor/boot.ts';
import type { Session } from '../../../supervisor/session.ts';
import { type FailureOptions, renderFailure } from '../render/failure.ts';
import { renderChange } from '../render/plain.ts';
import type { Theme } from '../render/theme.ts';
import { toClockTime, toMoment } from '../render/time.ts';
import { renderTiming } from '../render/timing.ts';
import type { FailureLogs } from './view.ts';

/** What the views for people have in common: the same facts, told in the same words. */
export type Facts = {
  readonly session: Session;
  readonly plan: Plan;
  /** The user's folder: paths are told as seen from there. */
  readonly cwd: string;
  /** What else was said of a service, which may explain its failure. */
  readonly notes: ReadonlyMap<ServiceName, readonly string[]>;
  /** The command to type again. */
  readonly again: string;
};

export const renderFailures = (
  { session, cwd, again, notes }: Facts,
  causes: readonly RootCause[],
  logs: FailureLogs,
  look: FailureOptions,
): string[] =>
  causes.flatMap((cause) => {
    const service = session.stack.services.get(cause.name);
    if (service === undefined) return [];
    const { state } = cause;
    const lastProbe = state.kind === 'failed' && state.failure.kind === 'not-ready' ? state.failure.lastProbe : null;
    const logFile = relative(cwd, service.log.file) || service.log.file;
    return [
      '',
      ...renderFailure(
        {
          cause,
          label: service.label,
          logLines: logs.get(cause.name) ?? [],
          logFile,
          lastProbe,
          again,
          notes: notes.get(cause.name) ?? [],
        },
        look,
      ),
    ];
  });

export const renderTimes = (
  result: BootResult,
  { session }: Facts,
  look: { colour: boolean; unicode: boolean; width: number | null },
): string[] => renderTiming(result.run, { ...look, critical: toCriticalPath(result.run).chain, order: session.graph.order });

/** Follows a boot for the estimate: when each service began, and when it settled. */
export const createProgress = (began: Ms): { readonly progress: Progress; note(changes: readonly Change[]): void } => {
  const progress = new Map<ServiceName, { begun: Ms | null; settled: Ms | null }>();
  return {
    progress,
    note: (changes) => {
      for (const { name, after, at } of changes) {
        const entry = progress.get(name) ?? { begun: null, settled: null };
        if (after.state.kind === 'starting') entry.begun ??= at - began;
        entry.settled = isSettled(after.state) ? (entry.settled ?? at - began) : null;
        progress.set(name, entry);
      }
    },
  };
};

/** One line for each change worth telling. */
export const tellChanges = ({ session }: Facts, changes: readonly Change[], theme: Theme): string[] => {
  const time = toClockTime(Date.now());
  return changes.flatMap((change) => {
    const service = session.stack.services.get(change.name);
    return service === undefined ? [] : (renderChange(change, { service, time, theme, toTime: toMoment }) ?? []);
  });
};
