import { own } from '../util/own.ts';
import { blameOf, toBlame } from './blame.ts';
import { type Budget, describeValue, type Measure } from './budget-words.ts';
import { toCriticalPath } from './critical-path.ts';
import type { RunRecord } from './history.ts';
import type { Groups } from './replicas.ts';
import type { Ms } from './service.ts';
import { canTellShifts, type Shift } from './slower.ts';
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
  /** Names that stand for several services, of which the worst is judged. Absent: none. */
  readonly groups?: Groups;
};

/** A budget that cannot be judged is not kept: a check that has nothing to look at must not be green. */
export const judge = (budgets: readonly Budget[], input: BudgetInput): Verdict[] =>
  budgets.map((budget) => {
    const { value, of } = measureWorst(budget, input);
    if (value === null) return { budget, ok: false, value, reason: `${budget.text}: nothing to judge by; ${tellLack(of)}` };
    const ok = isWithin(value, budget);
    const shown = describeValue(value, budget.unit);
    return {
      budget,
      ok,
      value,
      reason: `${budget.text}: ${ok ? 'it is' : 'not kept, it is'} ${shown}${of === budget.measure ? '' : tellWorst(of)}${whereOf(of, input)}`,
    };
  });

type Measured = { readonly value: number | null; readonly of: Measure };

/** Of several replicas the worst; as long as one of them has nothing to judge by, all of them have not. */
const measureWorst = ({ measure: of, operator, unit }: Budget, input: BudgetInput): Measured => {
  const services = of.of === 'service' ? input.groups?.get(of.service) : undefined;
  if (of.of !== 'service' || services === undefined) return { value: measure(of, unit, input), of };
  const all = services.map((service): Measured => {
    const one = { ...of, service };
    return { value: measure(one, unit, input), of: one };
  });
  const isLimitedAbove = operator === '<' || operator === '<=';
  const badness = ({ value }: Measured): number => (value === null ? Infinity : isLimitedAbove ? value : -value);
  return all.reduce((worst, one) => (badness(one) > badness(worst) ? one : worst), all[0] ?? { value: null, of });
};

const tellLack = ({ of }: Measure): string =>
  of === 'slower' ? 'it takes ten boots of a service, or of the stack' : 'no boot tells it yet';

const tellWorst = (of: Measure): string => (of.of === 'service' ? ` (${of.service})` : '');

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

const measure = (measured: Measure, unit: Budget['unit'], { stats, shifts, run, groups }: BudgetInput): number | null => {
  switch (measured.of) {
    case 'slower':
      return canTellShifts(stats) ? shifts.filter(({ direction }) => direction === 'slower').length : null;
    case 'critical': {
      if (run === null || run.duration === 0) return null;
      const services = groups?.get(measured.service) ?? [measured.service];
      if (services.some((name) => own(run.services, name) === undefined)) return null;
      const blame = toBlame(run, toCriticalPath(run));
      const ms = services.reduce((sum, name) => sum + blameOf(blame, name), 0);
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
