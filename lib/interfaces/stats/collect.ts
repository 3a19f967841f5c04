import { judge, type Verdict } from '../../domain/budget.ts';
import { buildGraph, type ServiceGraph } from '../../domain/graph.ts';
import { type Hint, toHints } from '../../domain/hints.ts';
import type { History, RunRecord } from '../../domain/history.ts';
import { followRenames } from '../../domain/renames.ts';
import { findRun } from '../../domain/run-ref.ts';
import { type RunView, toRunView } from '../../domain/run-view.ts';
import type { Stack } from '../../domain/service.ts';
import { findShifts, type Shift } from '../../domain/slower.ts';
import { type Stats, toStats } from '../../domain/stats.ts';
import type { StatsRequest } from './request.ts';

/** What all views of `muster stats` are made from. */
export type Collected = {
  readonly stack: Stack;
  readonly graph: ServiceGraph;
  readonly history: History;
  readonly stats: Stats;
  readonly shifts: readonly Shift[];
  readonly hints: readonly Hint[];
  /** Those that were asked for by environment and date, oldest first. */
  readonly runs: readonly RunRecord[];
  /** The one that was named, else the newest of the whole stack, else the newest. Null: there is none. */
  readonly view: RunView | null;
  readonly verdicts: readonly Verdict[];
};

export const collect = (stack: Stack, remembered: History, request: StatsRequest): Collected | string => {
  const history = followRenames(remembered, stack.services.values());
  const { environment, since, services, budgets } = request;
  const names = [...stack.services.keys()];
  const all = toStats(history, { environment, since, stack: names });
  const stats = services.length === 0 ? all : toStats(history, { environment, since, stack: names, services });
  const graph = buildGraph(stack.services);
  const runs = history.runs.filter(
    (run) => (environment === null || run.environment === environment) && (since === null || run.startedAt >= since),
  );
  const named = request.isComparison ? null : (request.runs[0] ?? null);
  const chosen = named === null ? null : findRun(named, { runs, whole: all.stack.samples.map(({ run }) => run) });
  if (chosen?.ok === false) return `${chosen.problem}; ${chosen.hint}`;
  const newest = runs.find(({ id }) => id === all.stack.wholeRuns.at(-1)?.run) ?? null;
  const run = chosen === null ? (newest ?? runs.at(-1) ?? null) : chosen.value;
  const shifts = findShifts(stats);
  return {
    stack,
    graph,
    history,
    stats,
    shifts,
    hints: toHints(stats, stack, { runs, graph }),
    runs,
    view: run === null ? null : toRunView(run, stack, graph),
    verdicts:
      budgets.length === 0
        ? []
        : judge(budgets, { stats: all, shifts: findShifts(all), run: chosen === null ? newest : run, groups: request.groups }),
  };
};
