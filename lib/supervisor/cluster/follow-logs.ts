import type { ContainerStatus, Pod } from '../../domain/kubernetes/status.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Cluster, Labels, LogSpan, PodLine, Refusal } from '../../runtime/kubernetes/cluster.ts';
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
  /** What a pod writes is not given, and was not a moment ago. Once for an object and a status; it is asked for again all the same. */
  readonly onRefused: (objectName: string, pod: string, refusal: Refusal) => void;
};

export type Following = {
  /** Null once it follows; else why it cannot. */
  start(): Promise<string | null>;
  stop(): void;
};

/** What a pod is followed by. */
type Followed = {
  readonly objectName: string;
  readonly pod: string;
  /** Null between two connections. */
  stream: { stop(): void } | null;
  /** Of the container that the stream began with. */
  restarts: number;
  /** It is asked for since its container was known to have ended: there is no more to come. */
  isLast: boolean;
  /** What is asked for as long as no line was told. */
  span: LogSpan;
  /** Of the last line that was told: what comes again after a broken connection is older, or the same. Empty: none was. */
  stamp: string;
  /** In a row, up to now. */
  refusals: number;
  /** It was refused just now, and is not asked for at every change of its pod. */
  isHeld: boolean;
};

/** A connection that was lost is made again after this, in milliseconds. */
const pause = 500;

/** What is refused is asked for again after this, in milliseconds: somebody may give the right to it. */
export const refusedPause = 10_000;

/**
 * The lines of all pods of some services, as they come, until it is stopped: a pod that comes later is followed from its first line, and
 * a container that was started again, or a connection that was lost, from the last line that was told.
 */
export const followClusterLogs = (options: FollowOptions): Following => {
  const { cluster, clock, labels, objectNames, span, onLine, onRefused } = options;
  const followed = new Map<string, Followed>();
  const timers = new Set<Timer>();
  const told = new Set<string>();
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
    const names = new Set(pods.map(nameOf));
    // One that is gone may still have lines on their way.
    for (const { pod, stream, objectName: of } of followed.values())
      if (of === objectName && stream === null && !names.has(pod)) followed.delete(pod);
    for (const pod of pods) lookAt(objectName, pod);
  };

  const lookAt = (objectName: string, pod: Pod): void => {
    const name = nameOf(pod);
    const container = containerOf(pod);
    if (container === null || !hasStarted(container)) return;
    const { restartCount: restarts = 0 } = container;
    const isRunning = container.state?.running !== undefined;
    const known = followed.get(name);
    if (known === undefined) {
      const first = { span: hasBegun ? everything : span, stamp: '', refusals: 0, isHeld: false, isLast: !isRunning };
      const state: Followed = { objectName, pod: name, stream: null, restarts, ...first };
      followed.set(name, state);
      connect(state);
      return;
    }
    if (known.stream !== null || known.isHeld) return;
    const isAnother = known.restarts !== restarts;
    // Once more: it may have ended while a connection that was lost was not made again yet, and the last lines tell why.
    if (!isAnother && known.refusals === 0 && known.isLast) return;
    known.isLast = !isRunning;
    // All that a container that was started since then writes is new.
    if (isAnother) known.span = { ...known.span, tail: null };
    known.restarts = restarts;
    connect(known);
  };

  const connect = (state: Followed): void => {
    const from = state.stamp === '' ? state.span : { tail: null, since: Date.parse(state.stamp) };
    state.stream = cluster.followLogs(state.pod, from, {
      onLine: (line) => {
        state.refusals = 0;
        if (isOver || line.stamp <= state.stamp) return;
        state.stamp = line.stamp;
        onLine(state.objectName, state.pod, line);
      },
      onEnd: (refusal) => {
        state.stream = null;
        if (!isOver) ended(state, refusal);
      },
    });
  };

  /** Its container has ended, the connection was lost, or it was refused: the next look tells. */
  const ended = (state: Followed, refusal: Refusal | null): void => {
    state.refusals = refusal === null ? 0 : state.refusals + 1;
    state.isHeld = refusal !== null;
    // The first time, it may be that the pod has gone, or that the cluster is too busy.
    const isLasting = refusal !== null && state.refusals > 1;
    if (isLasting) tellRefused(state, refusal);
    const timer = clock.setTimer(isLasting ? refusedPause : pause, () => {
      timers.delete(timer);
      state.isHeld = false;
      look(state.objectName);
    });
    timers.add(timer);
  };

  const tellRefused = ({ objectName, pod }: Followed, refusal: Refusal): void => {
    const key = `${refusal.status} ${objectName}`;
    if (told.has(key)) return;
    told.add(key);
    onRefused(objectName, pod, refusal);
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

const nameOf = ({ metadata }: Pod): string => metadata?.name ?? '';

const containerOf = ({ status }: Pod): ContainerStatus | null =>
  status?.containerStatuses?.find(({ name }) => name === 'main') ?? status?.containerStatuses?.[0] ?? null;

const hasStarted = ({ state, lastState }: ContainerStatus): boolean =>
  (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined;
