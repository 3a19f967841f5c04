import type { Adoption, Change } from '../domain/events.ts';
import type { RunOutcome, RunRecord } from '../domain/history.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { ServiceName } from '../domain/service.ts';
import { isSettled, isUp } from '../domain/state.ts';
import type { Input } from '../domain/world.ts';
import { createRecorder } from './recorder.ts';
import type { Runtime } from './runtime.ts';
import type { Supervisor } from './supervisor.ts';

export type BootOptions = {
  readonly supervisor: Supervisor;
  readonly runtime: Pick<Runtime, 'clock' | 'ownCpuTime'>;
  /** Must hold everything that they need, unless that is to be left out. */
  readonly names: readonly ServiceName[];
  readonly trigger: string;
  /** Processes of an earlier supervisor that are taken over before anything else. */
  readonly adoptions?: ReadonlyMap<ServiceName, Adoption>;
  readonly definitionHash: string;
  readonly runId: number;
  /** Random: says which run it is wherever its record goes. */
  readonly runUid: string;
  /** As `toMachineClass` has it. */
  readonly machine: string;
  /** At the first required failure give up what is not up yet. */
  readonly failFast: boolean;
  /** Ends the wait, not the services: a stop has come. */
  readonly interrupted: AbortSignal;
};

export type BootResult = {
  readonly outcome: Outcome;
  readonly run: RunRecord;
  /** Why nothing was started at all, in a sentence. */
  readonly refused?: string;
};

/** Starts the services, each as early as its edges allow, and resolves when nothing more will happen by itself. */
export const boot = (options: BootOptions): Promise<BootResult> =>
  new Promise((resolve) => {
    const { supervisor, runtime, interrupted } = options;
    const { stack } = supervisor;
    const { clock } = runtime;
    const began = clock.now();
    const ownCpu = runtime.ownCpuTime();
    const isWarm = [...supervisor.records.values()].some(({ state }) => isUp(state));
    const recorder = createRecorder({ ...options, uid: options.runUid, stack, began, startedAt: clock.wall(), isWarm });
    const wanted = new Set(options.names);
    const order = supervisor.graph.order.filter((name) => wanted.has(name));
    // What is up already changes nothing, so nothing would ever tell that it has settled.
    const open = new Set(order.filter((name) => !isUpNow(supervisor, name)));

    const finish = (verdict: RunOutcome | null): void => {
      unsubscribe();
      timeout?.cancel();
      interrupted.removeEventListener('abort', onInterrupt);
      const outcome = supervisor.outcome();
      const end = { outcome: verdict ?? outcome.verdict, now: clock.now(), ownCpu: runtime.ownCpuTime() - ownCpu };
      resolve({ outcome, run: recorder.finish(options.runId, end) });
    };

    const giveUp = (names: Iterable<ServiceName>, input: (name: ServiceName) => Input): void =>
      supervisor.post(...[...names].reverse().map(input));

    // When the time is over, what is under way is given up, and with it what waits for that; nothing begins any more.
    let isOver = false;
    const toTimeout = (name: ServiceName): Input => ({
      name,
      event: { type: 'startGivenUp', failure: { kind: 'boot-timeout', after: stack.bootTimeout ?? 0, last: null } },
    });
    const isBeginning = (name: ServiceName): boolean => {
      const state = supervisor.records.get(name)?.state;
      if (state === undefined || !open.has(name)) return false;
      if (state.kind === 'waiting') return state.forSlot || !state.on.some((on) => open.has(on));
      return state.kind === 'starting' || state.kind === 'delayed';
    };
    const isBusy = (name: ServiceName): boolean => {
      const kind = supervisor.records.get(name)?.state.kind;
      return isBeginning(name) || kind === 'backoff' || kind === 'stopping';
    };

    const onChanges = (changes: readonly Change[]): void => {
      recorder.note(changes);
      for (const { name, after } of changes) {
        if (!wanted.has(name)) continue;
        const service = stack.services.get(name);
        if (isSettled(after.state) || (after.late && service?.optional === true)) open.delete(name);
        else open.add(name);
      }
      const failure = options.failFast ? firstFailure(supervisor, changes) : null;
      if (failure !== null)
        giveUp(open, (name) => ({ name, event: { type: 'stopRequested', reason: { kind: 'aborted', because: failure } } }));
      if (isOver) giveUp(changes.map(({ name }) => name).filter(isBeginning), toTimeout);
      if (open.size === 0) finish(null);
    };

    const adoptions = options.adoptions ?? new Map<ServiceName, Adoption>();
    // Dependents first: a stop that goes on waits for those that need it, and finds them on their way down.
    const toAdopt = supervisor.graph.order.toReversed().flatMap((name): Input[] => {
      const adoption = adoptions.get(name);
      return adoption === undefined ? [] : [{ name, event: { type: 'adopted', adoption } }];
    });
    // A task that has done its work for those that run on is not asked to do it again.
    const toStart = order.filter((name) => adoptions.get(name)?.as.kind !== 'completed');
    const goesOn = adoptions.size > 0;
    const onInterrupt = (): void => finish('interrupted');
    const unsubscribe = supervisor.subscribe(onChanges);
    interrupted.addEventListener('abort', onInterrupt, { once: true });
    const limit = stack.bootTimeout;
    const timeout =
      limit === null
        ? null
        : clock.setTimer(limit, () => {
            isOver = true;
            giveUp([...open].filter(isBusy), toTimeout);
          });
    // A stop that came before there was anything to stop: nothing is started any more.
    if (interrupted.aborted) finish('interrupted');
    else if (open.size === 0) finish(null);
    else supervisor.post(...toAdopt, ...toStart.map((name): Input => ({ name, event: { type: 'startRequested', goesOn } })));
  });

const isUpNow = ({ records }: Supervisor, name: ServiceName): boolean => {
  const state = records.get(name)?.state;
  return state !== undefined && isUp(state);
};

const firstFailure = ({ stack }: Supervisor, changes: readonly Change[]): ServiceName | null =>
  changes.find(({ name, after }) => after.state.kind === 'failed' && stack.services.get(name)?.optional === false)?.name ?? null;
