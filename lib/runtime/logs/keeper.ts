import type { Stats } from 'node:fs';
import { resolve } from 'node:path';
import type { Ms } from '../../domain/service.ts';
import type { Clock, Timer } from '../clock.ts';
import { recordArrivals } from './arrivals.ts';
import { liveSize, plainFileAt } from './file-facts.ts';
import { type RotationOptions, rotateLog, settleRotation } from './rotate.ts';

export type LogKeeperOptions = {
  readonly clock: Clock;
  /** Told once for each log that cannot be rotated now; its service goes on writing. */
  readonly onProblem: (path: string, reason: string) => void;
};

export type LogKeeper = {
  /**
   * Records when its lines come, and keeps the log within its limits, until the returned function is called. Keeping it again
   * replaces the earlier limits. `isSettled`: nothing of a rotation that was killed is left.
   */
  keep(log: RotationOptions, isSettled?: boolean): () => void;
  /**
   * Resolves when no rotation is under way any more: one that is cut off leaves its lines twice. Each ends with the part that it
   * is at, so that nobody waits for a backlog of a hundred logs.
   */
  stop(): Promise<void>;
};

/** Until a log that does not grow is looked at for the first time: whoever kept it before may have left it too long. */
const firstLook: Ms = 500;
/** Between two rotations of a log, each of which starts a program; where several have much to say, each waits for the others. */
const rest: Ms = 50;
const longestRest: Ms = 500;
const tryAgainAfter: Ms = 60_000;

type Kept = {
  readonly log: RotationOptions;
  /** Was longer than its limit when that could not be seen to. */
  isWaiting: boolean;
  isRotating: boolean;
  wasTold: boolean;
  notBefore: Ms;
  stopRecording: () => void;
};

/**
 * Writes down when live logs grow, and rotates those that outgrow their limit, when they do: each growth is seen by whoever
 * writes it down, a few milliseconds later. What comes until then, during the rest after a rotation, and while a rotation is under
 * way is what a log may be longer than its limit. Where nothing is printed, nothing is done.
 */
export const createLogKeeper = ({ clock, onProblem }: LogKeeperOptions): LogKeeper => {
  const logs = new Map<string, Kept>();
  const rotations = new Set<Promise<void>>();
  let isOver = false;
  let timer: Timer | null = null;

  const restNow = (): Ms => {
    const soon = clock.now() + longestRest;
    // Those that cannot be rotated now are in nobody's way.
    const isBusy = ({ isRotating, isWaiting, notBefore }: Kept): boolean => isRotating || (isWaiting && notBefore <= soon);
    const busy = [...logs.values()].filter(isBusy).length;
    return Math.min(longestRest, rest * Math.max(1, busy));
  };

  const rotate = async (kept: Kept): Promise<void> => {
    kept.isRotating = true;
    const result = await rotateLog({ ...kept.log, isOver: () => isOver });
    kept.isRotating = false;
    if (result.kind !== 'postponed') {
      kept.wasTold = false;
      kept.notBefore = clock.now() + restNow();
      return;
    }
    // Where the file system cannot do it, the log is rotated when its service starts again.
    kept.notBefore = result.passing ? clock.now() + tryAgainAfter : Number.POSITIVE_INFINITY;
    kept.isWaiting = result.passing;
    if (!kept.wasTold) onProblem(kept.log.path, result.reason);
    kept.wasTold = true;
  };

  const begin = (kept: Kept): void => {
    kept.isWaiting = false;
    const rotation = rotate(kept).finally(() => {
      rotations.delete(rotation);
      setTimer();
    });
    rotations.add(rotation);
  };

  const lookAt = (kept: Kept, stats: Stats | null): void => {
    if (stats === null || liveSize(stats) <= kept.log.maxSize) kept.isWaiting = false;
    else if (kept.isRotating || kept.notBefore > clock.now()) kept.isWaiting = true;
    else begin(kept);
  };

  const look = (): void => {
    timer = null;
    for (const kept of logs.values())
      if (kept.isWaiting && kept.notBefore <= clock.now()) lookAt(kept, plainFileAt(kept.log.path));
    setTimer();
  };

  const setTimer = (): void => {
    timer?.cancel();
    const times = [...logs.values()].flatMap(({ isWaiting, isRotating, notBefore }) =>
      isWaiting && !isRotating && notBefore < Number.POSITIVE_INFINITY ? [notBefore] : [],
    );
    timer = times.length === 0 ? null : clock.setTimer(Math.max(1, Math.min(...times) - clock.now()), look);
  };

  const release = (path: string, kept: Kept): void => {
    kept.stopRecording();
    if (logs.get(path) === kept) logs.delete(path);
    if (logs.size > 0) return;
    timer?.cancel();
    timer = null;
  };

  const onGrowth = (kept: Kept, stats: Stats): void => {
    const wasWaiting = kept.isWaiting;
    lookAt(kept, stats);
    if (kept.isWaiting && !wasWaiting) setTimer();
  };

  return {
    keep: (log, isSettled = false) => {
      const path = resolve(log.path);
      const earlier = logs.get(path);
      if (earlier !== undefined) release(path, earlier);
      const kept: Kept = {
        log: { ...log, path },
        isWaiting: true,
        isRotating: false,
        wasTold: false,
        notBefore: 0,
        stopRecording: () => undefined,
      };
      logs.set(path, kept);
      if (!isSettled) {
        const settled = settleRotation(kept.log).finally(() => rotations.delete(settled));
        rotations.add(settled);
      }
      kept.stopRecording = recordArrivals({ path, onGrowth: (stats) => onGrowth(kept, stats) });
      timer ??= clock.setTimer(firstLook, look);
      return () => release(path, kept);
    },
    stop: async () => {
      isOver = true;
      for (const [path, kept] of logs) release(path, kept);
      await Promise.all(rotations);
    },
  };
};
