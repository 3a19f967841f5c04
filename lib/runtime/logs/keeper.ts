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

/** A look costs a few microseconds a log; this often, a flood of 200 MB a second overshoots by 100 MB at most. */
const lookEvery: Ms = 500;
const tryAgainAfter: Ms = 60_000;

type Kept = {
  readonly log: RotationOptions;
  hasGrown: boolean;
  isRotating: boolean;
  wasTold: boolean;
  notBefore: Ms;
  stopRecording: () => void;
};

/** Writes down when live logs grow, and rotates those that outgrow their limit. Where nothing is printed, nothing is done. */
export const createLogKeeper = ({ clock, onProblem }: LogKeeperOptions): LogKeeper => {
  const logs = new Map<string, Kept>();
  const rotations = new Set<Promise<void>>();
  let isOver = false;
  let timer: Timer | null = null;

  const rotate = async (kept: Kept): Promise<void> => {
    kept.isRotating = true;
    const result = await rotateLog({ ...kept.log, isOver: () => isOver });
    kept.isRotating = false;
    if (result.kind !== 'postponed') {
      kept.wasTold = false;
      return;
    }
    // Where the file system cannot do it, the log is rotated when its service starts again.
    kept.notBefore = result.passing ? clock.now() + tryAgainAfter : Number.POSITIVE_INFINITY;
    if (!kept.wasTold) onProblem(kept.log.path, result.reason);
    kept.wasTold = true;
  };

  const begin = (kept: Kept): void => {
    const rotation = rotate(kept).finally(() => rotations.delete(rotation));
    rotations.add(rotation);
  };

  const lookAt = (kept: Kept): void => {
    if (kept.isRotating || kept.notBefore > clock.now()) return;
    const stats = plainFileAt(kept.log.path);
    if (stats !== null && liveSize(stats) > kept.log.maxSize) begin(kept);
    else kept.hasGrown = false;
  };

  const look = (): void => {
    timer = null;
    for (const kept of logs.values()) if (kept.hasGrown) lookAt(kept);
    lookSoon();
  };

  const lookSoon = (): void => {
    if (timer === null && [...logs.values()].some(({ hasGrown }) => hasGrown)) timer = clock.setTimer(lookEvery, look);
  };

  const release = (path: string, kept: Kept): void => {
    kept.stopRecording();
    if (logs.get(path) === kept) logs.delete(path);
    if (logs.size > 0) return;
    timer?.cancel();
    timer = null;
  };

  const onGrowth = (kept: Kept): void => {
    kept.hasGrown = true;
    timer ??= clock.setTimer(lookEvery, look);
  };

  return {
    keep: (log, isSettled = false) => {
      const path = resolve(log.path);
      const earlier = logs.get(path);
      if (earlier !== undefined) release(path, earlier);
      const kept: Kept = {
        log: { ...log, path },
        hasGrown: true,
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
      kept.stopRecording = recordArrivals({ path, onGrowth: () => onGrowth(kept) });
      onGrowth(kept);
      return () => release(path, kept);
    },
    stop: async () => {
      isOver = true;
      for (const [path, kept] of logs) release(path, kept);
      await Promise.all(rotations);
    },
  };
};
