import type { ServiceName } from './service.ts';
import type { StateKind } from './state.ts';

export type Cause = {
  readonly service: ServiceName;
  readonly state: StateKind;
  /** One clause without its subject: "waits for db", "exited with code 1". */
  readonly because: string;
  /** How far below the service itself it stands. Absent: one further than the step before. */
  readonly depth?: number;
  /** How often it failed lately and was started again, of one that is up all the same. Absent: it did not. */
  readonly restarts?: number;
};

/** How far below the first each step stands. */
export const depthsOf = (steps: readonly Pick<Cause, 'depth'>[]): readonly number[] => {
  const depths: number[] = [];
  for (const { depth } of steps) depths.push(depth ?? (depths.at(-1) ?? -1) + 1);
  return depths;
};

/** Those that nobody else explains: the ends of the chains. */
export const rootsOf = (steps: readonly Cause[]): readonly Cause[] => {
  const depths = depthsOf(steps);
  return steps.filter((_, at) => (depths[at + 1] ?? 0) <= (depths[at] ?? 0));
};
