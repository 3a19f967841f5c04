import { blameOf, toBlame } from './blame.ts';
import { type Budget, describeValue, type Measure } from './budget-words.ts';
import { toCriticalPath } from './critical-path.ts';
import type { RunRecord } from './history.ts';
import type { Ms } from './service.ts';
import type { Shift } from './slower.ts';
import type { ServiceStats, Spread, Stats } from './stats.ts';

export type Verdict = {
  readonly budget: Budget;
  readonly ok: boolean;
  /** Milliseconds, a share from 0 to 1, or a count; as the budget's own limit. Null: nothing to judge by. */
  readonly value: number | null;
  /** One sentence without a full stop. */
  readonly reason: string;
};

export type BudgetInput = {
  readonly stats: Stats;
  readonly shifts: readonly Shift[];
  /** The boot that is judged where one is meant: the newest of the whole stack. Null: there is none. */
  readonly run: RunRecord | null;
};

/** A budget that cannot be judged is not kept: a check that has nothing to look at must not be green. */
export const judge = (budgets: readonly Budget[], input: BudgetInput): Verdict[] =>
  budgets.map((budget) => {
    const value = measure(budget.measure, budget.unit, input);
    if (value === null) return { budget, ok: false, value, reason: `${budget.text}: nothing to judge by; no boot tells it yet` };
    const ok = isWithin(value, budget);
    const shown = describeValue(value, budget.unit);
    return {
      budget,
      ok,
      value,
      reason: `${budget.text}: ${ok ? 'it is' : 'not kept, it is'} ${shown}${whereOf(budget.measure, input)}`,
    };
  });

const isWithin = (value: number, { operator, limit }: Budget): boolean => {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
};

const whereOf = (measured: Measure, { run, stats }: BudgetInput): string => {
  const isOfRun = measured.of === 'critical' || (measured.of === 'stack' && measured.stat === 'last');
  if (isOfRun && run !== null) return ` in run ${run.id}`;
  if (measured.of === 'slower') return '';
  const boots =
    measured.of === 'service' ? stats.services.find(({ name }) => name === measured.service)?.boots : stats.stack.runs;
  return boots === undefined ? '' : ` over ${boots} ${boots === 1 ? 'boot' : 'boots'}`;
};

const measure = (measured: Measure, unit: Budget['unit'], { stats, shifts, run }: BudgetInput): number | null => {
  switch (measured.of) {
    case 'slower':
      return shifts.filter(({ direction }) => direction === 'slower').length;
    case 'critical': {
      if (run === null || run.duration === 0) return null;
      const ms = blameOf(toBlame(run, toCriticalPath(run)), measured.service);
      return unit === 'share' ? ms / run.duration : ms;
    }
    case 'stack': {
      const { stack } = stats;
      // The boot at hand counts also when it failed: a failed boot is not a fast one.
      if (measured.stat === 'last') return run === null ? null : run.duration;
      const failures = stack.outcomes.failed + stack.outcomes['timed-out'];
      return measured.stat === 'failures' ? toFailures(failures, stack.runs, unit) : toSpreadValue(stack, measured.stat);
    }
    case 'service': {
      const service = stats.services.find(({ name }) => name === measured.service);
      return service === undefined ? null : measureService(service, measured.stat, unit);
    }
  }
};

const measureService = (
  service: ServiceStats,
  stat: Extract<Measure, { of: 'service' }>['stat'],
  unit: Budget['unit'],
): number | null => {
  if (stat === 'flakiness') return service.flakiness;
  if (stat === 'failures') return toFailures(service.failures, service.boots, unit);
  return toSpreadValue(service, stat);
};

const toFailures = (failures: number, boots: number, unit: Budget['unit']): number | null => {
  if (boots === 0) return null;
  return unit === 'share' ? failures / boots : failures;
};

const toSpreadValue = ({ last, p50, p95, p99, samples }: Spread, stat: 'last' | 'p50' | 'p95' | 'p99' | 'max'): Ms | null => {
  if (stat !== 'max') return { last, p50, p95, p99 }[stat];
  return samples.length === 0 ? null : Math.max(...samples.map(({ ms }) => ms));
};
