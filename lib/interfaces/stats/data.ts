import type { Verdict } from '../../domain/budget.ts';
import type { RunView } from '../../domain/run-view.ts';
import { collectMemory } from '../../domain/usual-times.ts';
import { type Prediction, predict } from '../../domain/what-if.ts';
import { median } from '../../util/quantile.ts';
import type { Collected } from './collect.ts';
import type { StatsRequest } from './request.ts';

export const predictFrom = ({ stack, graph, history }: Collected, { run }: RunView, { changes }: StatsRequest): Prediction => {
  const memory = collectMemory([...stack.services.values()], history, run);
  return predict({ run, stack, graph, changes, usual: (name) => median(memory.get(name)?.holds ?? []) });
};

/** What `--json` prints; docs/stats.md tells its fields. Times in milliseconds, dates in epoch milliseconds. */
export const toData = (collected: Collected, request: StatsRequest): unknown => {
  const { stack, stats, shifts, hints, view, verdicts } = collected;
  return {
    name: stack.name,
    ...stats,
    shifts,
    hints,
    run: view === null ? null : toRunData(view),
    ...(request.changes.length === 0 || view === null ? {} : { prediction: predictFrom(collected, view, request) }),
    ...toBudgetData(verdicts),
  };
};

/** Nothing where nothing is to be checked. */
export const toBudgetData = (verdicts: readonly Verdict[]): { readonly budgets?: unknown } =>
  verdicts.length === 0
    ? {}
    : {
        budgets: verdicts.map(({ budget, ok, value, reason }) => ({
          budget: budget.text,
          ok,
          value,
          limit: budget.limit,
          unit: budget.unit,
          reason,
        })),
      };

const toRunData = ({ run, total, chain, blame, slack }: RunView): unknown => ({
  id: run.id,
  at: run.startedAt,
  environment: run.environment,
  trigger: run.trigger,
  outcome: run.outcome,
  total,
  chain,
  blame,
  slack,
});
