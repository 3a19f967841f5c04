import { nowhereHere } from '../../domain/engine.ts';
import type { Effect, ServiceEvent } from '../../domain/events.ts';
import type { KubernetesObject } from '../../domain/kubernetes/object.ts';
import { type Observation, observe } from '../../domain/kubernetes/observe.ts';
import type { ClusterEvent, Pod } from '../../domain/kubernetes/status.ts';
import type { SpawnFailure } from '../../domain/process.ts';
import type { ServiceName, Stack } from '../../domain/service.ts';
import type { ServiceRecord } from '../../domain/state.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Applied, Cluster, Kind } from '../../runtime/kubernetes/cluster.ts';
import type { Effects } from '../effects.ts';
import { createTimers } from '../timers.ts';
import type { ClusterHooks } from './hooks.ts';
import type { Observer } from './observer.ts';

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

/** What a service is on a cluster. */
export type ClusterObjects = {
  /** What all of its objects are labelled with. */
  readonly objectName: string;
  /** In the order in which they are applied. */
  readonly objects: readonly KubernetesObject[];
  /** The Deployment or Job among them. */
  readonly main: { readonly kind: Kind; readonly name: string };
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
  /** Generations of what was applied, and those who wait for a Job to be gone. */
  const applied = new Map<ServiceName, number>();
  const leaving = new Map<ServiceName, () => void>();
  /** One look at a time; what changes meanwhile is looked at once more. */
  const looking = new Map<ServiceName, { isStale: boolean }>();
  let isOver = false;

  const spawn = async (name: ServiceName, attempt: number): Promise<void> => {
    const { main, objects } = options.objectsOf(name);
    await removeOldJob(name);
    for (const object of objects) {
      const result = await cluster.apply(object, options.force);
      if (!result.ok) {
        post(name, { type: 'spawnFailed', attempt, failure: toFailure(object, result) });
        return;
      }
      if (object.kind === main.kind) applied.set(name, result.generation);
    }
    const renewed = options.anew && main.kind === 'Deployment' ? await cluster.renewPods(main.name) : null;
    if (renewed !== null && !renewed.ok) {
      post(name, {
        type: 'spawnFailed',
        attempt,
        failure: toFailure({ ...main, apiVersion: '', metadata: { name: main.name } }, renewed),
      });
      return;
    }
    if (renewed !== null) applied.set(name, renewed.generation);
    awaited.set(name, attempt);
    post(name, { type: 'spawned', attempt, identity: nowhereHere });
    lookAt(name);
  };

  /** One that has failed stays failed, however often it is applied: a further try is a further Job. */
  const removeOldJob = async (name: ServiceName): Promise<void> => {
    const { main } = options.objectsOf(name);
    if (main.kind !== 'Job') return;
    const object = observer.objectOf(main.kind, main.name);
    const isFailed = observe({ object, pods: [], events: [], logLine: null }).kind === 'failed';
    if (object === null || !(isFailed || options.anew)) return;
    if ((await cluster.remove(main)) !== null) return;
    await new Promise<void>((resolve) => {
      leaving.set(name, resolve);
      lookAt(name);
    });
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
    const { main } = options.objectsOf(name);
    if (observer.objectOf(main.kind, main.name) === null) leaving.get(name)?.();
    const attempt = awaited.get(name);
    if (attempt === undefined) return;
    const seen = await observeNow(name);
    if (awaited.get(name) === attempt) tell(name, attempt, seen);
  };

  /** Events and the log are asked for only where they could say something. */
  const observeNow = async (name: ServiceName): Promise<Observation> => {
    const { main, objectName } = options.objectsOf(name);
    const object = observer.objectOf(main.kind, main.name);
    // The watch is behind what we have applied: all of this is about the form before.
    if ((object?.metadata?.generation ?? 0) < (applied.get(name) ?? 0)) return { kind: 'progressing', reason: null };
    const known = observer.podsOf(objectName, jobOf(main));
    const first = observe({ object, pods: known, events: [], logLine: null });
    if (first.kind !== 'progressing' && first.kind !== 'failed') return first;
    // Each kind has a watch of its own: that a Job has failed may be heard before anything of its pod.
    const pods = first.kind === 'failed' && known.length === 0 ? await findPods(objectName, jobOf(main)) : known;
    const [events, logLine] = await Promise.all([eventsOf(pods), lastLineOf(pods)]);
    return observe({ object, pods, events, logLine });
  };

  const findPods = async (objectName: string, job: string | null): Promise<readonly Pod[]> => {
    const labels = { 'app.kubernetes.io/name': objectName, ...(job === null ? {} : { 'job-name': job }) };
    const listed = await cluster.list('Pod', labels);
    return listed.ok ? listed.items : [];
  };

  const eventsOf = async (pods: readonly Pod[]): Promise<readonly ClusterEvent[]> =>
    (
      await Promise.all(pods.slice(-3).map(({ metadata }) => cluster.eventsOf(metadata?.name ?? '')))
    ).flat() as readonly ClusterEvent[];

  const lastLineOf = async (pods: readonly Pod[]): Promise<string | null> => {
    const crashed = pods.find(({ status }) =>
      status?.containerStatuses?.some(({ state, lastState }) => (state?.terminated ?? lastState?.terminated) !== undefined),
    );
    const lines = crashed === undefined ? [] : await cluster.tail(crashed.metadata?.name ?? '', 1);
    return lines.at(-1) ?? null;
  };

  const tell = (name: ServiceName, attempt: number, seen: Observation): void => {
    switch (seen.kind) {
      case 'ready':
        awaited.delete(name);
        post(name, { type: 'probed', attempt, purpose: 'ready', result: { ok: true }, missedAt: null });
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
          failure: { stage: 'program', code: 'CLUSTER', message: seen.reason, passing: false },
        });
        break;
      case 'progressing':
        if (seen.reason !== null)
          post(name, { type: 'probed', attempt, purpose: 'ready', result: { ok: false, detail: seen.reason }, missedAt: null });
        break;
      case 'absent':
        break;
    }
  };

  /** What has failed stays where it is, to be looked at: only `down` takes anything away. */
  const leave = ({ name, attempt }: { readonly name: ServiceName; readonly attempt: number }): void => {
    awaited.delete(name);
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
    tail: async (name, lines) => {
      const { main, objectName } = options.objectsOf(name);
      const known = observer.podsOf(objectName, jobOf(main));
      const [pod] = (known.length > 0 ? known : await findPods(objectName, jobOf(main))).slice(-1);
      return pod === undefined ? [] : await cluster.tail(pod.metadata?.name ?? '', lines);
    },
    look: (objectName) => {
      const name = names.get(objectName);
      if (name !== undefined && !isOver && recordOf(name).state.kind !== 'idle') lookAt(name);
    },
    dispose: () => {
      isOver = true;
      hooks?.dispose();
      timers.dispose();
      awaited.clear();
    },
  };
};

const jobOf = ({ kind, name }: ClusterObjects['main']): string | null => (kind === 'Job' ? name : null);

/** A field that somebody else owns is shown with whose it is; nothing is taken from anybody without being told to. */
const toFailure = ({ kind, metadata }: KubernetesObject, applied: Exclude<Applied, { ok: true }>): SpawnFailure => {
  const what = `${kind} ${metadata.name}`;
  const message =
    'conflicts' in applied
      ? `${what} was not applied: ${applied.conflicts.map(({ field, manager }) => `${field} belongs to ${manager}`).join(', ')}; --force takes it over`
      : `${what} was not applied: ${applied.problem}`;
  return { stage: 'program', code: 'CLUSTER', message, passing: false };
};
