import type { ServiceName } from './service.ts';
import type { Refused, StateKind } from './state.ts';

export type Cause = {
  readonly service: ServiceName;
  readonly state: StateKind;
  /** One clause without its subject: "waits for db", "exited with code 1". */
  readonly because: string;
  /** How far below the service itself it stands. Absent: one further than the step before. */
  readonly depth?: number;
  /** How often it failed lately and was started again, of one that is up all the same. Absent: it did not. */
  readonly restarts?: number;
  /** It is tried again after it was not ready in time. Absent: it is not, or failed of something else. */
  readonly late?: true;
  /** The answer that it was not ready for. */
  readonly refused?: Refused;
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
