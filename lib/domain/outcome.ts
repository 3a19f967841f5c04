import { edgeState } from './gate.ts';
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

/** As it is told of a stack that lives on: null while something is still on its way. */
export const settledVerdict = ({ settled, verdict }: Pick<Outcome, 'settled' | 'verdict'>): Outcome['verdict'] | null =>
  settled ? verdict : null;

type Entry = { readonly service: Service; readonly record: ServiceRecord };

/** Where a stack stands. `degraded`: everything required is up, something optional is not. */
export const toOutcome = (entries: Iterable<Entry>): Outcome => {
  const all = new Map<ServiceName, Entry>();
  const open: ServiceName[] = [];
  const roots = new Map<ServiceName, Entry>();
  const skipped: Entry[] = [];
  const unwell: ServiceName[] = [];
  let requiredDown = false;
  let optionalDown = false;
  for (const entry of entries) all.set(entry.service.name, entry);
  for (const entry of all.values()) {
    const { service, record } = entry;
    const { state } = record;
    if (!isSettled(state) && !(record.late && service.optional)) open.push(service.name);
    const isDown = state.kind === 'failed' || state.kind === 'skipped' || (state.kind === 'completed' && state.exit.code !== 0);
    const isUnwell = state.kind === 'unhealthy' || (record.late && service.optional && !isSettled(state));
    if (isUnwell) unwell.push(service.name);
    if (isDown && !service.optional) requiredDown = true;
    if (isUnwell || (isDown && service.optional)) optionalDown = true;
    if (state.kind === 'skipped') skipped.push(entry);
    else roots.set(service.name, entry);
  }
  const causes = toCauses(roots, toChains(skipped, all));
  return { settled: open.length === 0, verdict: toVerdict(requiredDown, optionalDown, causes), causes, unwell, open };
};

/** A service is listed under this many of the roots that keep it from starting. */
const mostRoots = 4;

type Chain = readonly ServiceName[];

/** From each service that was skipped to what keeps it from starting: first the chain that it was skipped for, then those to other roots. */
const toChains = (skipped: readonly Entry[], all: ReadonlyMap<ServiceName, Entry>): readonly Chain[] => {
  const found = new Map<ServiceName, readonly Chain[]>();
  const chainsFrom = ({ service, record: { state } }: Entry): readonly Chain[] => {
    if (state.kind !== 'skipped') return [[service.name]];
    const known = found.get(service.name);
    if (known !== undefined) return known;
    const chains: Chain[] = [[service.name, ...state.chain]];
    const roots = new Set(chains.map((chain) => chain.at(-1)));
    for (const edge of service.dependsOn) {
      const entry = all.get(edge.on);
      if (entry === undefined || edgeState(edge, entry) !== 'broken') continue;
      for (const chain of chainsFrom(entry)) {
        if (roots.has(chain.at(-1)) || chains.length === mostRoots) continue;
        roots.add(chain.at(-1));
        chains.push([service.name, ...chain]);
      }
    }
    found.set(service.name, chains);
    return chains;
  };
  const lengthOf = ({ record: { state } }: Entry): number => (state.kind === 'skipped' ? state.chain.length : 0);
  // Those near a root first: what the others need of them is known by then, however long their own chain is.
  for (const entry of [...skipped].sort((a, b) => lengthOf(a) - lengthOf(b))) chainsFrom(entry);
  return skipped.flatMap(({ service }) => found.get(service.name) ?? []);
};

const toCauses = (roots: ReadonlyMap<ServiceName, Entry>, skipped: readonly Chain[]): RootCause[] => {
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

/** More time would have helped, each or the whole boot: nothing failed otherwise. */
const isTimeout = (failures: readonly Failure['kind'][]): boolean =>
  failures.length > 0 && failures.every((kind) => kind === 'not-ready' || kind === 'boot-timeout');

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
