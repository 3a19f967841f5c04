import type { History, RunRecord } from './history.ts';
import type { ServiceName } from './service.ts';

/** What failed for good in a boot; `reason`: one clause without its subject, null where nobody wrote one down. */
export type FailedService = { readonly name: ServiceName; readonly reason: string | null };

export type FailedBoot = {
  readonly run: RunRecord;
  /** Required services first. Never empty. */
  readonly failed: readonly FailedService[];
};

/** The newest boot of a history, when it came to nothing; null: it did not, or there is none. */
export const failedLast = ({ runs }: History, isOptional: (name: ServiceName) => boolean): FailedBoot | null => {
  const run = runs.at(-1);
  if (run === undefined || (run.outcome !== 'failed' && run.outcome !== 'timed-out')) return null;
  const failed = Object.entries(run.services)
    .flatMap(([name, { outcome, reason }]) => (outcome === 'failed' ? [{ name, reason }] : []))
    .sort((a, b) => Number(isOptional(a.name)) - Number(isOptional(b.name)));
  return failed.length === 0 ? null : { run, failed };
};
