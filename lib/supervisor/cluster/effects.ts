import { nowhereHere } from '../../domain/engine.ts';
import type { Effect, ServiceEvent } from '../../domain/events.ts';
import type { Observation } from '../../domain/kubernetes/observe.ts';
import type { SpawnFailure } from '../../domain/process.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { ServiceRecord } from '../../domain/state.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/kubernetes/cluster.ts';
import type { Effects } from '../effects.ts';
import { createTimers } from '../timers.ts';
import { applyService, type ClusterObjects, refusal, toFailure } from './apply.ts';
import type { ClusterHooks } from './hooks.ts';
import { createLasting } from './lasting.ts';
import { lookAtService, tailOf } from './look.ts';
import type { Observer } from './observer.ts';
import { createOldJobs } from './old-jobs.ts';

export type ClusterEffectsOptions = {
  readonly stack: Stack;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly objectsOf: (name: ServiceName) => ClusterObjects;
  /** Also over fields that belong to somebody else. */
  readonly force: boolean;
  /** New pods and Jobs, also where nothing is another. */
  readonly anew: boolean;
  /** Of its services; null: they have none that are to run. */
  readonly hooks: ClusterHooks | null;
  readonly post: (name: ServiceName, event: ServiceEvent) => void;
  readonly recordOf: (name: ServiceName) => ServiceRecord;
};

export type ClusterEffects = Effects & {
  /** Something of the workload of this name is another. */
  look(objectName: string): void;
};

type Actions = { readonly [Type in Effect['type']]: (effect: Extract<Effect, { type: Type }>) => void };

/**
 * The way from a decision to a cluster: the same effects as on this machine, of which a spawn is an application, and readiness and
 * ends are what the cluster says.
 */
export const createClusterEffects = (options: ClusterEffectsOptions): ClusterEffects => {
  const { stack, cluster, observer, post, recordOf } = options;
  const hooks = options.hooks?.ofBoot({ post, recordOf }) ?? null;
  const timers = createTimers(options.clock, (name, timer) => post(name, { type: 'timerFired', timer }));
  const names = new Map([...stack.services.keys()].map((name) => [options.objectsOf(name).objectName, name]));
  /** Services that somebody waits for, with the attempt that he waits for. */
  const awaited = new Map<ServiceName, number>();
  /** Those that have become ready, with their attempt: until the boot is over, one that ends is waited for again. */
  const standing = new Map<ServiceName, number>();
  const lasting = createLasting(options);
  /** When those that are on their way are looked at again: what their checks meet is told by events, which nobody watches. */
  const again = new Map<ServiceName, Timer>();
  /** Those that have ended after they were ready. */
  const fallen = new Set<ServiceName>();
  /** Generations of what was applied. */
  const applied = new Map<ServiceName, number>();
  const oldJobs = createOldJobs(options);
  /** One look at a time; what changes meanwhile is looked at once more. */
  const looking = new Map<ServiceName, { isStale: boolean }>();
  let isOver = false;

  const spawn = async (name: ServiceName, attempt: number): Promise<void> => {
    const failure = await putUp(name);
    if (failure !== null) {
      post(name, { type: 'spawnFailed', attempt, failure });
      return;
    }
    awaited.set(name, attempt);
    post(name, { type: 'spawned', attempt, identity: nowhereHere });
    lookAt(name);
  };

  /** Null, or what the cluster refuses. */
  const putUp = async (name: ServiceName): Promise<SpawnFailure | null> => {
    const own = options.objectsOf(name);
    const { main } = own;
    const inTheWay = await oldJobs.makeRoom(name);
    if (inTheWay !== null) return refusal(inTheWay);
    const done = await applyService(cluster, own, options.force);
    if (!done.ok) return toFailure(done.object, done.applied);
    applied.set(name, done.generation);
    if (!options.anew || main.kind !== 'Deployment') return null;
    const renewed = await cluster.renewPods(main.name);
    if (!renewed.ok) return toFailure({ ...main, apiVersion: '', metadata: { name: main.name } }, renewed);
    applied.set(name, renewed.generation);
    return null;
  };

  const lookAt = (name: ServiceName): void => {
    const running = looking.get(name);
    if (running !== undefined) {
      running.isStale = true;
      return;
    }
    const look = { isStale: false };
    looking.set(name, look);
    void report(name).finally(() => {
      looking.delete(name);
      if (look.isStale && !isOver) lookAt(name);
    });
  };

  const report = async (name: ServiceName): Promise<void> => {
    oldJobs.look(name);
    const attempt = awaited.get(name) ?? standing.get(name);
    if (attempt === undefined) return;
    const seen = await lookAtService({ cluster, observer, own: options.objectsOf(name), generation: applied.get(name) ?? 0 });
    if (standing.get(name) === attempt) noteEnd(name, attempt, seen);
    if (awaited.get(name) === attempt) tell(name, attempt, seen);
  };

  /** Without a check it is ready as soon as it runs: that it ends at once is seen only now. */
  const noteEnd = (name: ServiceName, attempt: number, seen: Observation): void => {
    const hasFallen = seen.kind === 'failed' || (seen.kind === 'progressing' && seen.hasEnded === true);
    if (!hasFallen) return;
    standing.delete(name);
    fallen.add(name);
    post(name, { type: 'restartedElsewhere', attempt, detail: seen.reason ?? 'has ended' });
    awaited.set(name, attempt);
  };

  const noteReady = (name: ServiceName, attempt: number): void => {
    awaited.delete(name);
    standing.set(name, attempt);
    post(name, { type: 'probed', attempt, purpose: 'ready', result: { ok: true }, missedAt: null });
  };

  const tell = (name: ServiceName, attempt: number, seen: Observation): void => {
    again.get(name)?.cancel();
    again.delete(name);
    if (seen.kind !== 'ready') lasting.end(name);
    switch (seen.kind) {
      case 'ready':
        lasting.begin(name, fallen.has(name), () => {
          if (awaited.get(name) === attempt) noteReady(name, attempt);
        });
        break;
      case 'completed':
        awaited.delete(name);
        post(name, { type: 'exited', attempt, exit: { code: 0, signal: null } });
        break;
      case 'failed':
        awaited.delete(name);
        post(name, {
          type: 'spawnFailed',
          attempt,
          failure: { ...refusal(seen.reason), ...(seen.said === undefined ? {} : { said: seen.said }) },
        });
        break;
      case 'progressing':
        tellProgress(name, attempt, seen);
        break;
      case 'absent':
        break;
    }
  };

  /** What is over in a moment is told only where it is not. */
  const tellProgress = (name: ServiceName, attempt: number, { reason, said, isBrief }: Progress): void => {
    const tellReason = (): void => {
      if (reason === null || awaited.get(name) !== attempt) return;
      const result = { ok: false, detail: toDetail(reason, said) } as const;
      post(name, { type: 'probed', attempt, purpose: 'ready', result, missedAt: null });
    };
    const timer = options.clock.setTimer(betweenLooks, () => {
      if (isBrief === true) tellReason();
      lookAt(name);
    });
    again.set(name, timer);
    if (isBrief !== true) tellReason();
  };

  /** What has failed stays where it is, to be looked at: only `down` takes anything away. */
  const leave = ({ name, attempt }: { readonly name: ServiceName; readonly attempt: number }): void => {
    awaited.delete(name);
    standing.delete(name);
    now(name, { type: 'treeEnded', attempt });
  };

  const now = (name: ServiceName, event: ServiceEvent): void => queueMicrotask(() => post(name, event));

  const actions: Actions = {
    adopt: () => undefined,
    claimPorts: ({ name, attempt }) => {
      const ports = (stack.services.get(name)?.ports ?? []).flatMap(({ name: port, wanted }) =>
        wanted === null ? [] : [{ name: port, port: wanted }],
      );
      now(name, { type: 'portsClaimed', attempt, ports });
    },
    spawn: ({ name, attempt }) => void spawn(name, attempt),
    startProbing: ({ name }) => lookAt(name),
    stopProbing: ({ name }) => void awaited.delete(name),
    setTimer: ({ name, timer, after }) => timers.set(name, timer, after),
    cancelTimer: ({ name, timer }) => timers.cancel(name, timer),
    cancelTimers: ({ name }) => timers.cancelAll(name),
    runHook: ({ name, attempt, hook }) =>
      hooks === null ? now(name, { type: 'hookEnded', attempt, hook, problem: null }) : hooks.run(name, attempt, hook),
    endHook: ({ name }) => hooks?.end(name),
    stopTree: leave,
    killTree: leave,
    sweep: () => undefined,
  };

  return {
    // The cast only says that an action gets the effect of its own kind, which the table's type guarantees.
    run: (effect) => (actions[effect.type] as (effect: Effect) => void)(effect),
    treeOf: () => null,
    // Nobody on this machine is where a service of the cluster is.
    addressOf: () => null,
    tail: (name, lines) => tailOf({ cluster, observer, own: options.objectsOf(name) }, lines),
    look: (objectName) => {
      const name = names.get(objectName);
      if (name !== undefined && !isOver && recordOf(name).state.kind !== 'idle') lookAt(name);
    },
    lookAhead: () => undefined,
    dispose: () => {
      isOver = true;
      hooks?.dispose();
      timers.dispose();
      lasting.dispose();
      oldJobs.dispose();
      for (const timer of again.values()) timer.cancel();
      awaited.clear();
      standing.clear();
    },
  };
};

const betweenLooks = 1_000;

type Progress = Extract<Observation, { kind: 'progressing' }>;

const toDetail = (reason: string, said: string | undefined): string =>
  said === undefined ? reason : `${reason}; it said: ${said}`;
