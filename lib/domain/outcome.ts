import type { RunOutcome } from './history.ts';
import type { Service, ServiceName } from './service.ts';
import { type Failure, isSettled, type ServiceRecord, type StateOf } from './state.ts';

/** One cause, told once, with everything that it kept from starting. */
export type RootCause = {
  readonly name: ServiceName;
  readonly state: StateOf<'failed'> | StateOf<'stopped'> | StateOf<'completed'> | StateOf<'unhealthy'>;
  readonly optional: boolean;
  /** Each with the chain that leads from it to the root: `web → api → db`. */
  readonly skipped: readonly (readonly ServiceName[])[];
};

export type Outcome = {
  /** Nothing more will happen by itself. A late optional service is not waited for. */
  readonly settled: boolean;
  readonly verdict: Exclude<RunOutcome, 'interrupted'>;
  readonly causes: readonly RootCause[];
  /** Neither down nor quite well: late optional ones, and any that is unhealthy. They make a stack degraded. */
  readonly unwell?: readonly ServiceName[];
  /** Services that are not settled. */
  readonly open: readonly ServiceName[];
};

type Entry = { readonly service: Service; readonly record: ServiceRecord };

/** Where a stack stands. `degraded`: everything required is up, something optional is not. */
export const toOutcome = (entries: Iterable<Entry>): Outcome => {
  const open: ServiceName[] = [];
  const roots = new Map<ServiceName, Entry>();
  const skipped: (readonly ServiceName[])[] = [];
  const unwell: ServiceName[] = [];
  let requiredDown = false;
  let optionalDown = false;
  for (const entry of entries) {
    const { service, record } = entry;
    const { state } = record;
    if (!isSettled(state) && !(record.late && service.optional)) open.push(service.name);
    const isDown = state.kind === 'failed' || state.kind === 'skipped' || (state.kind === 'completed' && state.exit.code !== 0);
    const isUnwell = state.kind === 'unhealthy' || (record.late && service.optional && !isSettled(state));
    if (isUnwell) unwell.push(service.name);
    if (isDown && !service.optional) requiredDown = true;
    if (isUnwell || (isDown && service.optional)) optionalDown = true;
    if (state.kind === 'skipped') skipped.push([service.name, ...state.chain]);
    else roots.set(service.name, entry);
  }
  const causes = toCauses(roots, skipped);
  return { settled: open.length === 0, verdict: toVerdict(requiredDown, optionalDown, causes), causes, unwell, open };
};

const toCauses = (roots: ReadonlyMap<ServiceName, Entry>, skipped: readonly (readonly ServiceName[])[]): RootCause[] => {
  const causes: RootCause[] = [];
  for (const [name, { service, record }] of roots) {
    const { state } = record;
    const chains = skipped.filter((chain) => chain.at(-1) === name);
    const keeps = state.kind === 'stopped' || state.kind === 'completed' || state.kind === 'unhealthy';
    if (state.kind === 'failed' || (chains.length > 0 && keeps))
      causes.push({ name, state, optional: service.optional, skipped: chains });
  }
  return causes;
};

const toVerdict = (requiredDown: boolean, optionalDown: boolean, causes: readonly RootCause[]): Outcome['verdict'] => {
  if (!requiredDown) return optionalDown ? 'degraded' : 'up';
  return isTimeout(requiredFailures(causes)) ? 'timed-out' : 'failed';
};

/** More time would have helped: nothing failed otherwise, or the time of the whole boot was over first. */
const isTimeout = (failures: readonly Failure['kind'][]): boolean =>
  failures.includes('boot-timeout') || (failures.length > 0 && failures.every((kind) => kind === 'not-ready'));

/** The exit code of a boot, as the contract has it. */
export const exitCodeOf = ({ verdict, causes }: Outcome, strict: boolean): 0 | 1 | 3 | 4 | 6 => {
  if (verdict === 'up') return 0;
  if (verdict === 'degraded') return strict ? 6 : 0;
  return exitCodeOfFailures(requiredFailures(causes));
};

/** A port conflict is told before all else. */
export const exitCodeOfFailures = (failures: readonly Failure['kind'][]): 1 | 3 | 4 =>
  failures.includes('port') ? 3 : isTimeout(failures) ? 4 : 1;

const requiredFailures = (causes: readonly RootCause[]): readonly Failure['kind'][] =>
  causes.flatMap(({ state, optional }) => (state.kind === 'failed' && !optional ? [state.failure.kind] : []));
