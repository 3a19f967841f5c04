import type { ContainerStatus, Pod } from '../../domain/kubernetes/status.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Cluster, Labels, LogSpan, PodLine } from '../../runtime/kubernetes/cluster.ts';
import { createObserver } from './observer.ts';

export type FollowOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly labels: Labels;
  /** Objects whose pods are followed, also those that come later. */
  readonly objectNames: ReadonlySet<string>;
  /** Of each pod that is there when it begins; of one that comes later, everything. */
  readonly span: LogSpan;
  readonly onLine: (objectName: string, pod: string, line: PodLine) => void;
};

export type Following = {
  /** Null once it follows; else why it cannot. */
  start(): Promise<string | null>;
  stop(): void;
};

/** What a pod is followed by. `stream` is null between two connections. */
type Followed = {
  stream: { stop(): void } | null;
  /** Of the container that the stream began with. */
  restarts: number;
  /** Of the last line that was told: what comes again after a broken connection is older, or the same. */
  stamp: string;
};

/** A connection that was lost is made again after this, in milliseconds. */
const pause = 500;

/**
 * The lines of all pods of some services, as they come, until it is stopped: a pod that comes later is followed from its first line, and
 * a container that was started again, or a connection that was lost, from the last line that was told.
 */
export const followClusterLogs = (options: FollowOptions): Following => {
  const { cluster, clock, labels, objectNames, span, onLine } = options;
  const followed = new Map<string, Followed>();
  const timers = new Set<Timer>();
  let isOver = false;
  let hasBegun = false;

  const observer = createObserver({
    cluster,
    clock,
    labels,
    onChange: (objectName) => {
      if (hasBegun) look(objectName);
    },
  });

  const look = (objectName: string): void => {
    if (isOver || !objectNames.has(objectName)) return;
    const pods = observer.podsOf(objectName, null);
    for (const pod of pods) lookAt(objectName, pod);
  };

  const lookAt = (objectName: string, pod: Pod): void => {
    const name = pod.metadata?.name ?? '';
    const container = containerOf(pod);
    if (container === null || !hasStarted(container)) return;
    const { restartCount = 0 } = container;
    const known = followed.get(name);
    if (known === undefined) open(objectName, name, { restarts: restartCount, from: hasBegun ? everything : span, stamp: '' });
    else if (known.stream === null && (known.restarts !== restartCount || container.state?.running !== undefined))
      open(objectName, name, { restarts: restartCount, from: sinceStamp(known.stamp), stamp: known.stamp });
  };

  type Opening = { readonly restarts: number; readonly from: LogSpan; readonly stamp: string };

  const open = (objectName: string, pod: string, { restarts, from, stamp }: Opening): void => {
    const state: Followed = { stream: null, restarts, stamp };
    followed.set(pod, state);
    state.stream = cluster.followLogs(pod, from, {
      onLine: (line) => {
        if (isOver || line.stamp <= state.stamp) return;
        state.stamp = line.stamp;
        onLine(objectName, pod, line);
      },
      onEnd: () => {
        state.stream = null;
        again(objectName);
      },
    });
  };

  /** Its container has ended, or the connection was lost: the next look tells. */
  const again = (objectName: string): void => {
    if (isOver) return;
    const timer = clock.setTimer(pause, () => {
      timers.delete(timer);
      look(objectName);
    });
    timers.add(timer);
  };

  return {
    start: async () => {
      const problem = await observer.start();
      if (problem !== null || isOver) return problem;
      for (const objectName of objectNames) look(objectName);
      hasBegun = true;
      return null;
    },
    stop: () => {
      isOver = true;
      observer.stop();
      for (const timer of timers) timer.cancel();
      for (const { stream } of followed.values()) stream?.stop();
    },
  };
};

const everything: LogSpan = { tail: null, since: null };

const sinceStamp = (stamp: string): LogSpan => ({ tail: null, since: stamp === '' ? null : Date.parse(stamp) });

const containerOf = ({ status }: Pod): ContainerStatus | null =>
  status?.containerStatuses?.find(({ name }) => name === 'main') ?? status?.containerStatuses?.[0] ?? null;

const hasStarted = ({ state, lastState }: ContainerStatus): boolean =>
  (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined;
